//! What must not change the f64 transformers: later tokens, a shift of rotary places, the order of heads,
//! copies of shared heads, the company in a batch.

use lora_checkpoint::{Config, Family, Positions};
use lora_conformance::transformer::cases::{self, Case};
use lora_conformance::transformer::{
    Adapter, Head, Sequence, Target, Weights, gradients, hidden, logits, loss, random_adapters,
    random_weights,
};
use ndarray::{Array2, Axis, s};
use proptest::prelude::*;

const IDS: [u32; 6] = [4, 9, 0, 3, 3, 10];

fn far(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    (a - b).fold(0.0, |most, d| most.max(d.abs()))
}

#[test]
fn a_later_token_changes_no_earlier_logits() {
    for case in cases::all().into_iter().filter(|case| case.head == Head::NextToken) {
        let weights = random_weights(&case.config, 1);
        let adapters = random_adapters(&case.config, 2, 1.0, 2);
        let of = |ids: &[u32]| logits(&case.config, &weights, &adapters, case.head, ids);
        let whole = of(&IDS);
        for place in 0..IDS.len() {
            let mut ids = IDS;
            ids[place] = 7;
            let other = of(&ids);
            assert_eq!(other.slice(s![..place, ..]), whole.slice(s![..place, ..]));
            for later in place..IDS.len() {
                assert_ne!(other.row(later), whole.row(later), "{}: {place}", case.name);
            }
        }
    }
}

#[test]
fn every_token_of_an_encoder_sees_every_other() {
    for family in [Family::Bert, Family::Roberta, Family::DistilBert] {
        let config = cases::encoder(family);
        let weights = random_weights(&config, 1);
        let whole = hidden(&config, &weights, &[], &IDS);
        for place in 0..IDS.len() {
            let mut ids = IDS;
            ids[place] = 7;
            let other = hidden(&config, &weights, &[], &ids);
            assert!(other.rows().into_iter().zip(whole.rows()).all(|(a, b)| a != b));
        }
    }
}

/// R_p R_c = R_{p + c}: rotating the outputs of query and key by a constant shifts all places by c.
#[test]
fn logits_depend_on_differences_of_places() {
    for case in cases::all().into_iter().filter(|case| case.config.family.is_causal()) {
        let weights = random_weights(&case.config, 3);
        let adapters = random_adapters(&case.config, 2, 1.0, 4);
        let of = |w: &Weights, a: &[Adapter]| logits(&case.config, w, a, case.head, &IDS);
        let shifted = |modules: &[&str]| {
            let (mut weights, mut adapters) = (weights.clone(), adapters.clone());
            let hit = |name: &str| modules.iter().any(|module| name.contains(module));
            for (name, weight) in weights.iter_mut().filter(|(name, _)| hit(name)) {
                let bias = name.ends_with(".bias");
                let column = if bias { weight.t().to_owned() } else { weight.clone() };
                let turned = turned(&case.config, &column);
                *weight = if bias { turned.reversed_axes() } else { turned };
            }
            for adapter in adapters.iter_mut().filter(|adapter| hit(&adapter.module)) {
                adapter.b = turned(&case.config, &adapter.b);
            }
            of(&weights, &adapters)
        };
        let base = of(&weights, &adapters);
        assert!(far(&shifted(&["q_proj", "k_proj"]), &base) < 1e-12, "{}", case.name);
        assert!(
            far(&shifted(&["q_proj"]), &base) > 1e-3,
            "{}: a shift of queries alone",
            case.name
        );
    }
}

/// Rows of a weight, rotated as at place 5.
fn turned(config: &Config, weight: &Array2<f64>) -> Array2<f64> {
    let Positions::Rotary { inverse_frequencies } = &config.positions else { panic!("rotary") };
    let mut out = weight.clone();
    for start in (0..weight.nrows()).step_by(config.head_dim) {
        for (i, frequency) in inverse_frequencies.iter().enumerate() {
            let [first, second] = [start + i, start + i + config.head_dim / 2];
            let (sin, cos) = (5.0 * frequency).sin_cos();
            let [u, v] = [weight.row(first), weight.row(second)];
            out.row_mut(first).assign(&(&u * cos - &v * sin));
            out.row_mut(second).assign(&(&v * cos + &u * sin));
        }
    }
    out
}

/// Parts of the module names of query, key, value and the attention's output.
fn attention_modules(family: Family) -> [&'static str; 4] {
    match family {
        Family::Bert | Family::Roberta => {
            ["self.query", "self.key", "self.value", "attention.output.dense"]
        }
        Family::DistilBert => ["q_lin", "k_lin", "v_lin", "out_lin"],
        Family::Llama | Family::Qwen2 => ["q_proj", "k_proj", "v_proj", "o_proj"],
    }
}

/// Groups of query heads move with the head of keys that they share.
#[test]
fn the_order_of_heads_does_not_matter() {
    for case in cases::all() {
        let Config { heads, key_value_heads, head_dim, family, .. } = case.config;
        let group = heads / key_value_heads;
        let spread = |order: &[usize], size: usize| -> Vec<usize> {
            order.iter().flat_map(|&head| head * size..(head + 1) * size).collect()
        };
        let backwards: Vec<usize> = (0..key_value_heads).rev().collect();
        // Within a group, the order of query heads turns too.
        let queries: Vec<usize> =
            backwards.iter().flat_map(|&key| (key * group..(key + 1) * group).rev()).collect();
        let [queries, keys] = [queries, backwards].map(|order| spread(&order, head_dim));
        let permuted = |name: &str, weight: &Array2<f64>, is_bias: bool| {
            let [q, k, v, o] = attention_modules(family);
            if name.contains(o) {
                return if is_bias { weight.clone() } else { weight.select(Axis(1), &queries) };
            }
            let axis = Axis(usize::from(is_bias));
            if name.contains(q) {
                weight.select(axis, &queries)
            } else if name.contains(k) || name.contains(v) {
                weight.select(axis, &keys)
            } else {
                weight.clone()
            }
        };
        let weights = random_weights(&case.config, 5);
        let adapters = random_adapters(&case.config, 2, 1.0, 6);
        let moved: Weights = weights
            .iter()
            .map(|(name, w)| (name.clone(), permuted(name, w, name.ends_with(".bias"))))
            .collect();
        let moved_adapters: Vec<Adapter> = adapters
            .iter()
            .map(|adapter| {
                let is_output = adapter.module.contains(attention_modules(family)[3]);
                let mut moved = adapter.clone();
                if is_output {
                    moved.a = permuted(&adapter.module, &adapter.a, false);
                } else {
                    moved.b = permuted(&adapter.module, &adapter.b, false);
                }
                moved
            })
            .collect();
        let of = |w: &Weights, a: &[Adapter]| logits(&case.config, w, a, case.head, &IDS);
        let base = of(&weights, &adapters);
        assert!(far(&of(&moved, &moved_adapters), &base) < 1e-12, "{}", case.name);
        assert!(far(&of(&moved, &adapters), &base) > 1e-6, "{}: adapters stay", case.name);
    }
}

/// A head of keys that queries share is the same as a copy for each.
#[test]
fn shared_heads_are_copies() {
    for config in [cases::decoder(Family::Llama), cases::decoder(Family::Qwen2)] {
        let group = config.heads / config.key_value_heads;
        let rows: Vec<usize> = (0..config.heads)
            .flat_map(|head| {
                let shared = head / group;
                shared * config.head_dim..(shared + 1) * config.head_dim
            })
            .collect();
        let weights = random_weights(&config, 7);
        let mut copied = weights.clone();
        for (name, weight) in &mut copied {
            if name.contains("k_proj") || name.contains("v_proj") {
                *weight = weight.select(Axis(usize::from(name.ends_with(".bias"))), &rows);
            }
        }
        let all = Config { key_value_heads: config.heads, ..config.clone() };
        let base = logits(&config, &weights, &[], Head::NextToken, &IDS);
        assert!(far(&logits(&all, &copied, &[], Head::NextToken, &IDS), &base) < 1e-12);
    }
}

/// The mean over the targets of the batch is the mean of the sequences' means, weighted by their targets.
fn compare_batch(case: &Case, batch: &[Sequence]) -> Result<(), TestCaseError> {
    let targets = |sequence: &Sequence| match &sequence.target {
        Target::Next(targets) => targets.iter().flatten().count(),
        Target::Label(_) => 1,
    };
    let weights = random_weights(&case.config, 8);
    let adapters = random_adapters(&case.config, 2, 1.0, 9);
    let of = |batch: &[Sequence]| gradients(&case.config, &weights, &adapters, case.head, batch);
    let total = batch.iter().map(targets).sum::<usize>() as f64;
    let whole = of(batch);
    let mut mean = 0.0;
    let mut left = whole.clone();
    for sequence in batch.iter().filter(|sequence| targets(sequence) > 0) {
        let alone = std::slice::from_ref(sequence);
        let share = targets(sequence) as f64 / total;
        mean += share * loss(&case.config, &weights, &adapters, case.head, alone);
        let part = of(alone);
        for (rest, part) in left.weights.values_mut().zip(part.weights.values()) {
            rest.scaled_add(-share, part);
        }
        for (rest, part) in left.adapters.iter_mut().zip(&part.adapters) {
            rest.0.scaled_add(-share, &part.0);
            rest.1.scaled_add(-share, &part.1);
        }
    }
    prop_assert!((whole.loss - mean).abs() < 1e-13, "{}: {} {mean}", case.name, whole.loss);
    let most = |m: &Array2<f64>| m.fold(0.0f64, |most, v| most.max(v.abs()));
    prop_assert!(left.weights.values().all(|rest| most(rest) < 1e-14));
    prop_assert!(left.adapters.iter().all(|rest| most(&rest.0).max(most(&rest.1)) < 1e-14));
    Ok(())
}

/// Sequences of ids with masked targets.
fn tokens() -> impl Strategy<Value = Vec<Vec<(u32, Option<u32>)>>> {
    let token = (0u32..11, proptest::option::of(0u32..11));
    proptest::collection::vec(proptest::collection::vec(token, 1..8), 1..5)
}

proptest! {
    #![proptest_config(share(8))]

    #[test]
    fn a_batch_is_the_weighted_mean_of_its_sequences(
        drawn in tokens(), which in 0..cases::all().len()
    ) {
        let case = cases::all().swap_remove(which);
        let batch: Vec<Sequence> = drawn
            .iter()
            .map(|tokens| {
                let (ids, targets): (Vec<u32>, Vec<Option<u32>>) = tokens.iter().copied().unzip();
                let label = ids.iter().sum::<u32>() % 3;
                let target = match case.head {
                    Head::NextToken => Target::Next(targets),
                    Head::Classifier { .. } => Target::Label(label),
                };
                Sequence { ids, target }
            })
            .collect();
        let masked = |sequence: &Sequence| match &sequence.target {
            Target::Next(targets) => targets.iter().all(Option::is_none),
            Target::Label(_) => false,
        };
        prop_assume!(!batch.iter().all(masked));
        compare_batch(&case, &batch)?;
    }
}

/// An `of`-th of the usual number of cases; PROPTEST_CASES scales it.
fn share(of: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: (usual.cases / of).max(1), ..usual }
}

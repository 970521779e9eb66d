//! What adapters are to the f64 transformers: nothing if B = 0, and else a change of the weight.

use lora_checkpoint::{Config, Family};
use lora_conformance::transformer::cases;
use lora_conformance::transformer::{
    Adapter, Weights, gradients, logits, random_adapters, random_weights,
};
use ndarray::Array2;

const IDS: [u32; 6] = [4, 9, 0, 3, 3, 10];

fn far(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    (a - b).fold(0.0, |most, d| most.max(d.abs()))
}

#[test]
fn an_adapter_with_a_zero_factor_changes_nothing() {
    for case in cases::all() {
        let weights = random_weights(&case.config, 1);
        let of = |adapters: &[Adapter]| logits(&case.config, &weights, adapters, case.head, &IDS);
        let full = random_adapters(&case.config, 3, 2.0, 2);
        let [mut without_a, mut without_b] = [full.clone(), full.clone()];
        without_a.iter_mut().for_each(|adapter| adapter.a.fill(0.0));
        without_b.iter_mut().for_each(|adapter| adapter.b.fill(0.0));
        let base = of(&[]);
        assert_eq!(of(&without_a), base, "{}", case.name);
        assert_eq!(of(&without_b), base, "{}", case.name);
        assert!(far(&of(&full), &base) > 1e-2, "{}", case.name);
    }
}

/// Each adapter alone, so that none can stand in for another.
#[test]
fn an_adapter_is_a_change_of_its_weight() {
    for case in cases::all().into_iter().filter(|case| !case.config.tied_head) {
        let weights = random_weights(&case.config, 5);
        for adapter in random_adapters(&case.config, 2, 0.5, 6) {
            let mut merged = weights.clone();
            merge(&adapter, &mut merged);
            let alone = std::slice::from_ref(&adapter);
            let adapted = logits(&case.config, &weights, alone, case.head, &IDS);
            let want = logits(&case.config, &merged, &[], case.head, &IDS);
            assert!(far(&adapted, &want) < 1e-12, "{}: {}", case.name, adapter.module);
        }
    }
}

#[test]
fn two_adapters_on_a_module_add_up() {
    let config = cases::decoder(Family::Llama);
    let weights = random_weights(&config, 7);
    let module = "model.layers.1.self_attn.v_proj";
    let both: Vec<Adapter> = [(2, 8), (3, 9)]
        .into_iter()
        .flat_map(|(rank, seed)| random_adapters(&config, rank, 1.5, seed))
        .filter(|adapter| adapter.module == module)
        .collect();
    let mut merged = weights.clone();
    both.iter().for_each(|adapter| merge(adapter, &mut merged));
    let of = |weights: &Weights, adapters: &[Adapter]| {
        logits(&config, weights, adapters, cases::all()[6].head, &IDS)
    };
    assert_eq!(both.len(), 2);
    assert!(far(&of(&weights, &both), &of(&merged, &[])) < 1e-12);
}

/// An adapter on a tied head leaves the embedding alone, and one on the embedding the head.
#[test]
fn a_tied_head_is_adapted_alone() {
    for case in cases::all().into_iter().filter(|case| case.config.tied_head) {
        let tied = random_weights(&case.config, 10);
        let adapters = random_adapters(&case.config, 2, 1.0, 11);
        let untied_config = Config { tied_head: false, ..case.config.clone() };
        let mut untied = tied.clone();
        untied.insert("lm_head.weight".into(), tied["model.embed_tokens.weight"].clone());
        for module in ["lm_head", "model.embed_tokens"] {
            let alone: Vec<_> =
                adapters.iter().filter(|adapter| adapter.module == module).cloned().collect();
            let mut merged = untied.clone();
            merge(&alone[0], &mut merged);
            let got = logits(&case.config, &tied, &alone, case.head, &IDS);
            let want = logits(&untied_config, &merged, &[], case.head, &IDS);
            assert!(far(&got, &want) < 1e-12, "{}: {module}", case.name);
        }
    }
}

/// The token embedding of a tied model has the gradients of both its uses.
#[test]
fn a_tied_embedding_has_both_gradients() {
    for case in cases::all().into_iter().filter(|case| case.config.tied_head) {
        let batch = cases::batch(&case);
        let tied = random_weights(&case.config, 12);
        let untied_config = Config { tied_head: false, ..case.config.clone() };
        let mut untied = tied.clone();
        untied.insert("lm_head.weight".into(), tied["model.embed_tokens.weight"].clone());
        let got = gradients(&case.config, &tied, &[], case.head, &batch).weights;
        let parts = gradients(&untied_config, &untied, &[], case.head, &batch).weights;
        let want = &parts["model.embed_tokens.weight"] + &parts["lm_head.weight"];
        assert!(far(&got["model.embed_tokens.weight"], &want) < 1e-14, "{}", case.name);
    }
}

#[test]
#[should_panic(expected = "model.norm is a norm and takes no adapter")]
fn a_norm_takes_no_adapter() {
    let config = cases::decoder(Family::Llama);
    let mut adapters = random_adapters(&config, 1, 1.0, 1);
    adapters[0].module = "model.norm".into();
    logits(&config, &random_weights(&config, 1), &adapters, cases::all()[6].head, &IDS);
}

#[test]
#[should_panic(expected = "no module model.layers.0.q_proj to adapt")]
fn an_unknown_module_takes_no_adapter() {
    let config = cases::decoder(Family::Llama);
    let mut adapters = random_adapters(&config, 1, 1.0, 1);
    adapters[0].module = "model.layers.0.q_proj".into();
    logits(&config, &random_weights(&config, 1), &adapters, cases::all()[6].head, &IDS);
}

/// W + s B A; an embedding's table is the transpose of such a weight.
fn merge(Adapter { module, a, b, scaling }: &Adapter, weights: &mut Weights) {
    let weight = weights.get_mut(&format!("{module}.weight")).expect("an adapted weight");
    let product = *scaling * b.dot(a);
    *weight += &if module.contains("embed") { product.reversed_axes() } else { product };
}

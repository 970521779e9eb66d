//! Heads of next tokens: places without a target, and vocabularies whose logits are taken in groups.

use std::collections::BTreeMap;

use lora_checkpoint::{Config, Family};
use lora_conformance::transformer as reference;
use lora_conformance::transformer::cases::decoder;
use lora_conformance::transformer::difference::derivative;
use lora_transformer::adapter::Adapter;
use lora_transformer::base::Base;
use lora_transformer::batch::{Batch, Sequence, Target};
use lora_transformer::dropout::Dropout;
use lora_transformer::loss::Loss;
use lora_transformer::model::{self, Keep};
use lora_transformer::net::{Net, Site, Task};
use lora_transformer::pass::{Gradients, Pass, Values, Wants};

use super::common::flat;

/// So many tokens that 16 MiB of logits are 69 rows: a sequence of 150 tokens makes three groups.
const VOCABULARY: usize = 60_000;
const LENGTH: usize = 150;

struct Wide {
    base: Base,
    adapters: Vec<Option<Adapter>>,
    wants: Wants,
    head: Site,
    own: BTreeMap<lora_transformer::net::Param, Vec<f32>>,
}

impl Wide {
    fn new() -> Self {
        let config = Config {
            vocabulary: VOCABULARY,
            depth: 1,
            max_positions: LENGTH,
            ..decoder(Family::Llama)
        };
        let net = Net::new(&config, Task::NextToken);
        let weights = reference::random_weights(&config, 1);
        let values = net.params.iter().map(|info| flat(&weights[&info.name])).collect();
        let mut adapters = vec![None; net.sites.len()];
        let mut wants = Wants::nothing(&net);
        for one in reference::random_adapters(&config, 2, 0.7, 2) {
            let site = net.site(&one.module).expect("a site").0;
            // The table's adapter would be as long as the vocabulary, and is not looked at.
            if !net.sites[site].embedding {
                let (a, b) = (flat(&one.a), flat(&one.b));
                adapters[site] = Some(Adapter { a, b, rank: 2, scaling: 0.7 });
                wants.sites[site] = [true; 2];
            }
        }
        let head = net.site("lm_head").expect("a head");
        let base = Base::of(net, values, "wide".to_owned());
        Self { base, adapters, wants, head, own: BTreeMap::new() }
    }

    fn pass(&self, dropout: Option<Dropout>) -> Pass<'_> {
        Pass {
            net: &self.base.net,
            values: Values { base: &self.base.weights, own: &self.own },
            adapters: &self.adapters,
            wants: &self.wants,
            dropout,
            observer: None,
            first_row: 0,
        }
    }

    fn gradients(&self, sequence: &Sequence) -> (Loss, Gradients) {
        model::gradients(&self.pass(None), &Batch::new([sequence]), Keep::All)
    }
}

fn id(place: usize) -> u32 {
    (place * 7919 % VOCABULARY) as u32
}

/// Targets at the places that `at` takes.
fn sequence(at: impl Fn(usize) -> bool) -> Sequence {
    let next = (0..LENGTH).map(|place| at(place).then(|| id(place + 1))).collect();
    Sequence { ids: (0..LENGTH).map(id).collect(), target: Target::Next(next) }
}

fn norm<'v>(values: impl Iterator<Item = &'v f64>) -> f64 {
    values.map(|v| v * v).sum::<f64>().sqrt()
}

/// Losses and gradients are sums over places, so three parts of one group each must give the whole.
#[test]
fn groups_of_logits_add_up() {
    let wide = Wide::new();
    let (loss, whole) = wide.gradients(&sequence(|_| true));
    assert_eq!(loss.count, LENGTH);
    let mut sum = Loss::default();
    let count = whole.arrays().map(Vec::len).sum();
    let mut added = vec![0.0f64; count];
    // Not at the borders of groups, and scattered over the sequence.
    for part in 0..3 {
        let sequence = sequence(|place| place % 3 == part);
        let (loss, gradients) = wide.gradients(&sequence);
        sum += loss;
        let share = loss.count as f64 / LENGTH as f64;
        let values = gradients.arrays().flatten();
        added.iter_mut().zip(values).for_each(|(sum, &g)| *sum += share * f64::from(g));
    }
    assert_eq!((sum.count, sum.right), (loss.count, loss.right));
    assert!((sum.sum / loss.sum - 1.0).abs() < 1e-6, "{} {}", sum.sum, loss.sum);
    let whole: Vec<f64> = whole.arrays().flatten().map(|&g| f64::from(g)).collect();
    let off: Vec<f64> = whole.iter().zip(&added).map(|(x, y)| x - y).collect();
    assert!(norm(off.iter()) < 1e-5 * norm(whole.iter()), "{}", norm(off.iter()));
    assert!(norm(whole.iter()) > 1e-3);
}

/// The loss is the cross-entropy of the outputs, at the places that have a target.
#[test]
fn the_loss_is_that_of_the_outputs_where_there_are_targets() {
    let wide = Wide::new();
    let sequence = sequence(|place| place % 5 != 2);
    let batch = Batch::new([&sequence]);
    let loss = model::loss(&wide.pass(None), &batch);
    let outputs = model::outputs(&wide.pass(None), &batch).concat();
    let Target::Next(next) = &sequence.target else { unreachable!("a text") };
    let (mut sum, mut right) = (0.0, 0);
    for (logits, target) in outputs.chunks_exact(VOCABULARY).zip(next) {
        let Some(target) = *target else { continue };
        let all: f64 = logits.iter().map(|&v| f64::from(v).exp()).sum();
        sum += all.ln() - f64::from(logits[target as usize]);
        right += usize::from(logits.iter().all(|&v| v <= logits[target as usize]));
    }
    assert_eq!((loss.count, loss.right), (120, right));
    assert!((loss.sum / sum - 1.0).abs() < 1e-6, "{} {sum}", loss.sum);
}

/// Whatever rows a group takes of the head's mask, it takes the same forward and backward.
#[test]
fn dropout_in_the_head_has_the_same_mask_in_both_directions() {
    let wide = Wide::new();
    let sequence = sequence(|place| place != 70);
    let batch = Batch::new([&sequence]);
    let dropout = Dropout::new(0.5, 3, 1);
    let (_, gradients) = model::gradients(&wide.pass(dropout), &batch, Keep::All);
    // Of the logits' adapter alone, along the gradient of A.
    let of_a = &gradients.sites[wide.head.0][0];
    let size = of_a.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt();
    let along = |by: f64| {
        let mut adapters = wide.adapters.clone();
        let adapter = adapters[wide.head.0].as_mut().expect("adapted");
        let steps = adapter.a.iter_mut().zip(of_a);
        steps.for_each(|(a, &g)| *a = (f64::from(*a) + by * f64::from(g) / size) as f32);
        model::loss(&Pass { adapters: &adapters, ..wide.pass(dropout) }, &batch).mean()
    };
    let quotient = derivative(along, 0.2);
    assert!((quotient / size - 1.0).abs() < 2e-3, "{quotient} {size}");
}

//! Runs that are stopped and go on.

use lora_transformer::batch::Batch;
use lora_transformer::error::TransformerError;
use lora_transformer::optimizer::Rule;
use lora_transformer::order::Order;
use lora_transformer::run_spec::RunSpec;
use lora_transformer::schedule::{Decay, Schedule};
use lora_transformer::state::{restore, to_bytes};
use lora_transformer::trainer::Trainer;
use lora_types::{Init, OptimizerKind};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::common::{Both, everywhere};

const STEPS: usize = 5;
const IDENTITY: &str = "a model with its settings";

/// A run with everything that has a state: dropout, LoRA+, a head, a schedule, an order of sequences, and
/// ranks that differ.
fn spec(both: &Both, kind: OptimizerKind, init: Init) -> RunSpec {
    let mut spec = RunSpec { lora_plus_ratio: 4.0, ..both.spec() };
    spec.lora.targets = everywhere();
    spec.lora.rank_pattern.insert(r".*\.0\..*".to_owned(), 2);
    spec.lora.dropout = 0.3;
    spec.lora.init = init;
    spec.training.rule = Rule { kind, weight_decay: 0.01, ..Rule::default() };
    spec.training.schedule = Schedule { warmup: 1, decay: Decay::Cosine };
    spec.training.clip = Some(0.5);
    spec.training.steps = STEPS;
    spec
}

/// Trains up to `step`. Two sequences make a step, in an order that the seed gives.
fn train(both: &Both, trainer: &mut Trainer, step: usize) {
    let mut order = Order::new(both.batch.len(), 2, 9);
    while trainer.trained.step < step {
        let picked = order.step(trainer.trained.step);
        let batch = Batch::new(picked.iter().map(|&index| &both.batch[index as usize]));
        trainer.step(&[batch]);
    }
}

fn begin<'b>(both: &'b Both, spec: &RunSpec) -> Trainer<'b> {
    Trainer::new(&both.base, spec).expect("a run")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_stopped_run_goes_on_to_the_same_bytes(
        case in 0usize..13, stop in 0..=STEPS, kind in 0usize..4, init in 0usize..3,
    ) {
        let both = Both::all().nth(case).expect("13 cases");
        let spec = spec(&both, OptimizerKind::ALL[kind], Init::ALL[init]);
        let mut whole = begin(&both, &spec);
        train(&both, &mut whole, STEPS);
        let mut stopped = begin(&both, &spec);
        train(&both, &mut stopped, stop);
        let bytes = to_bytes(&stopped.trained, IDENTITY);
        let mut again = begin(&both, &spec);
        prop_assert_eq!(again.trained == stopped.trained, stop == 0);
        restore(&mut again.trained, IDENTITY, &bytes).expect("its own state");
        prop_assert!(again.trained == stopped.trained);
        prop_assert_eq!(&to_bytes(&again.trained, IDENTITY), &bytes);
        train(&both, &mut again, STEPS);
        prop_assert!(again.trained == whole.trained);
        prop_assert_eq!(to_bytes(&again.trained, IDENTITY), to_bytes(&whole.trained, IDENTITY));
    }
}

/// A state in the middle of a run, with the run at its start.
fn middle(both: &Both) -> (Trainer<'_>, Vec<u8>) {
    let spec = spec(both, OptimizerKind::AdamW, Init::A);
    let mut trainer = begin(both, &spec);
    train(both, &mut trainer, 2);
    (begin(both, &spec), to_bytes(&trainer.trained, IDENTITY))
}

/// The reason for which bytes are refused, after which the run is as it was.
fn refused(trainer: &mut Trainer, identity: &str, bytes: &[u8]) -> String {
    let before = trainer.trained.clone();
    let error = restore(&mut trainer.trained, identity, bytes).expect_err("they are refused");
    assert!(trainer.trained == before, "{error}");
    match error {
        TransformerError::State { why } => why,
        other => panic!("{other}"),
    }
}

/// Bytes with a digest that fits them.
fn sealed(content: &[u8]) -> Vec<u8> {
    [content, &Sha256::digest(content)[..]].concat()
}

#[test]
fn damaged_bytes_are_refused_and_change_nothing() {
    let both = Both::named("BERT");
    let (mut trainer, bytes) = middle(&both);
    for length in (0..200).chain((200..bytes.len()).step_by(997)).chain([bytes.len() - 1]) {
        refused(&mut trainer, IDENTITY, &bytes[..length]);
    }
    let digest = bytes.len() - 32..bytes.len();
    for place in (0..80).chain((80..bytes.len()).step_by(1013)).chain(digest) {
        let mut flipped = bytes.clone();
        flipped[place] ^= 1 << (place % 8);
        assert!(refused(&mut trainer, IDENTITY, &flipped).contains("damaged"), "{place}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(refused(&mut trainer, IDENTITY, &longer).contains("damaged"));
    restore(&mut trainer.trained, IDENTITY, &bytes).expect("they are good otherwise");
}

/// A digest that fits does not make up for content that does not.
#[test]
fn content_that_does_not_fit_is_refused_behind_a_digest_that_does() {
    let both = Both::named("BERT");
    let (mut trainer, bytes) = middle(&both);
    let content = &bytes[..bytes.len() - 32];
    assert_eq!(sealed(content), bytes);
    // Behind the identity; in the step; behind the step; in a length; in a number; the last number.
    for length in [40, 44, 48, 52, 58, content.len() - 4, content.len() - 1] {
        refused(&mut trainer, IDENTITY, &sealed(&content[..length]));
    }
    let longer = [content, &[0; 4]].concat();
    assert!(refused(&mut trainer, IDENTITY, &sealed(&longer)).contains("more parameters"));
    let mut newer = content.to_vec();
    newer[7] = b'2';
    refused(&mut trainer, IDENTITY, &sealed(&newer));
}

#[test]
fn states_of_other_runs_are_refused() {
    let both = Both::named("Llama");
    let (mut trainer, bytes) = middle(&both);
    assert!(refused(&mut trainer, "another", &bytes).contains("other settings"));
    let mut rank = spec(&both, OptimizerKind::AdamW, Init::A);
    rank.lora.rank = 2;
    let plain = spec(&both, OptimizerKind::Sgd, Init::A);
    for other in [rank, plain] {
        assert!(refused(&mut begin(&both, &other), IDENTITY, &bytes).contains("another shape"));
    }
    let encoder = Both::named("RoBERTa");
    let spec = spec(&encoder, OptimizerKind::AdamW, Init::A);
    assert!(refused(&mut begin(&encoder, &spec), IDENTITY, &bytes).contains("another shape"));
}

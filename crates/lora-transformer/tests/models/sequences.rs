//! Sequences that a model cannot take are refused before anything is computed.

use lora_transformer::base::Base;
use lora_transformer::batch::{Sequence, Target};
use lora_transformer::error::TransformerError;
use lora_transformer::net::{Head, Net, Task};
use lora_transformer::trainer::Trainer;
use proptest::prelude::*;

use super::common::Both;

/// Why the second of two sequences is refused.
fn refused(both: &Both, sequence: Sequence) -> String {
    let both_sequences = [both.batch[0].clone(), sequence];
    let error = both.base.check(&both_sequences).expect_err("it is refused");
    assert_eq!(both.base.batch(&both_sequences).unwrap_err().to_string(), error.to_string());
    match error {
        TransformerError::Sequence { index: 1, why } => why,
        other => panic!("{}: {other}", both.case.name),
    }
}

#[test]
fn good_sequences_pass() {
    for both in Both::all() {
        both.base.check(&both.batch).expect("they are good");
        let most = both.case.config.max_positions;
        let ids = vec![both.case.config.vocabulary as u32 - 1; most];
        let silent = Sequence { ids, target: Target::None };
        both.base.check(std::slice::from_ref(&silent)).expect("as long as it may be");
        assert_eq!(both.base.batch(&both.batch).expect("a batch").targets, {
            both.batch.iter().map(Sequence::targets).sum::<usize>()
        });
    }
}

#[test]
fn ids_and_lengths_out_of_range_are_refused() {
    for both in Both::all() {
        let with = |ids: Vec<u32>| Sequence { ids, target: Target::None };
        assert_eq!(refused(&both, with(vec![])), "it has no token");
        let found = refused(&both, with(vec![3, 10, 11]));
        assert_eq!(found, "token 11 at place 2 is beyond the vocabulary of 11");
        refused(&both, with(vec![u32::MAX]));
        let most = both.case.config.max_positions;
        let found = refused(&both, with(vec![1; most + 1]));
        assert!(found.ends_with(&format!("the model takes {most} at most")), "{found}");
    }
}

#[test]
fn targets_that_the_head_does_not_predict_are_refused() {
    for both in Both::all() {
        let with = |target| Sequence { ids: vec![3, 4], target };
        if let Head::Classifier { .. } = both.base.net.head {
            let found = refused(&both, with(Target::Label(3)));
            assert_eq!(found, "its class is 3, and the head has 3, from 0");
            assert!(refused(&both, Sequence::text(vec![3, 4])).contains("no head"));
        } else {
            let found = refused(&both, with(Target::Next(vec![None, Some(11)])));
            assert_eq!(found, "target 11 at place 1 is beyond the vocabulary of 11");
            for targets in [0, 1, 3] {
                let found = refused(&both, with(Target::Next(vec![Some(1); targets])));
                assert_eq!(found, format!("it has {targets} targets for 2 tokens"));
            }
            assert!(refused(&both, with(Target::Label(0))).contains("no head"));
        }
    }
}

/// Hidden states are no prediction.
#[test]
fn a_model_without_a_head_predicts_nothing() {
    let both = Both::named("BERT");
    let net = Net::new(&both.case.config, Task::Hidden);
    let weights = net.params.iter().map(|info| vec![0.5; info.shape.iter().product()]).collect();
    let base = Base::of(net, weights, "hidden".to_owned());
    let sequence = Sequence { ids: vec![3], target: Target::None };
    base.check(std::slice::from_ref(&sequence)).expect("it is good");
    for target in [Target::Label(0), Target::Next(vec![None])] {
        let sequence = Sequence { target, ..sequence.clone() };
        base.check(&[sequence]).expect_err("no head");
    }
}

proptest! {
    /// What passes is trained on without a panic, and what does not is told by its number.
    #[test]
    fn what_passes_is_computed(
        case in 0usize..13,
        lengths in prop::collection::vec(0usize..19, 1..4),
        ids in prop::collection::vec(0u32..12, 60),
        label in 0u32..4,
        masked: bool,
    ) {
        let both = Both::all().nth(case).expect("13 cases");
        let classifies = matches!(both.base.net.head, Head::Classifier { .. });
        let one = |(index, &length): (usize, &usize)| {
            let ids = ids[index * 19..][..length].to_vec();
            match (classifies, masked) {
                (true, _) => Sequence::labelled(ids, label),
                (false, false) => Sequence::text(ids),
                (false, true) => Sequence { target: Target::Next(vec![None; ids.len()]), ids },
            }
        };
        let sequences: Vec<Sequence> = lengths.iter().enumerate().map(one).collect();
        let most = both.case.config.max_positions;
        let good = |sequence: &Sequence| {
            (1..=most).contains(&sequence.ids.len())
                && sequence.ids.iter().all(|&id| id < 11)
                && (!classifies || label < 3)
        };
        match both.base.batch(&sequences) {
            Ok(batch) => {
                prop_assert!(sequences.iter().all(good));
                let mut trainer = Trainer::new(&both.base, &both.spec()).expect("a run");
                let loss = trainer.step(&[batch]).loss;
                let asked = sequences.iter().any(|sequence| sequence.targets() > 0);
                prop_assert_eq!(loss.is_finite(), asked);
                prop_assert!(trainer.loss(&sequences).mean().is_finite() == asked);
            }
            Err(TransformerError::Sequence { index, .. }) => {
                prop_assert_eq!(Some(index), sequences.iter().position(|s| !good(s)));
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}

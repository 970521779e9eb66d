//! Sequences of which every prediction is right.

use lora_transformer::batch::{Batch, Sequence, Target};
use lora_transformer::trainer::Trainer;

use super::common::Both;

/// The place of the largest of each row's entries.
fn likeliest(logits: &[f32], columns: usize) -> Vec<u32> {
    let place = |row: &[f32]| {
        let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        row.iter().position(|&logit| logit == most).expect("a number") as u32
    };
    logits.chunks_exact(columns).map(place).collect()
}

/// The same sequences, asked for what the model says anyhow; `wrong` of them in one place for something else.
fn asked(both: &Both, trainer: &Trainer, columns: usize, wrong: usize) -> Vec<Sequence> {
    let one = |(number, one): (usize, &Sequence)| {
        let said = likeliest(&trainer.outputs(&Batch::new([one])).concat(), columns);
        let other = |token: u32| (token + 1) % columns as u32;
        let target = match &one.target {
            Target::Label(_) if number < wrong => Target::Label(other(said[0])),
            Target::Label(_) => Target::Label(said[0]),
            _ => {
                let mut next: Vec<Option<u32>> = said.into_iter().map(Some).collect();
                next[0] = None;
                let last = next.last_mut().expect("a place");
                *last = last.map(|token| if number < wrong { other(token) } else { token });
                Target::Next(next)
            }
        };
        Sequence { ids: one.ids.clone(), target }
    };
    both.batch.iter().enumerate().map(one).collect()
}

#[test]
fn a_sequence_is_exact_if_every_prediction_is_right() {
    for both in Both::all() {
        let trainer = Trainer::new(&both.base, &both.spec()).expect("a run");
        let columns = both.case.config.labels.unwrap_or(both.case.config.vocabulary);
        for wrong in 0..=3 {
            let mut sequences = asked(&both, &trainer, columns, wrong);
            let targets: usize = sequences.iter().map(Sequence::targets).sum();
            sequences.push(Sequence { ids: vec![3, 4], target: Target::None });
            let loss = trainer.loss(&sequences);
            let name = both.case.name;
            assert_eq!((loss.count, loss.right), (targets, targets - wrong), "{name}");
            assert_eq!((loss.sequences, loss.exact), (3, 3 - wrong), "{name}");
            assert_eq!(loss.exact_match(), (3 - wrong) as f64 / 3.0, "{name}");
            let (with, _) = trainer.gradients(&Batch::new(&sequences), 0);
            assert_eq!(with, loss, "{name}: with gradients");
        }
    }
}

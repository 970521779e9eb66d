//! More than one batch in a step.

use lora_transformer::batch::{Batch, Sequence};
use lora_transformer::trained::Trained;
use lora_transformer::trainer::{Step, Trainer};

use super::common::Both;

fn step(both: &Both, batches: &[Batch]) -> (Step, Trained) {
    let mut trainer = Trainer::new(&both.base, &both.spec()).expect("a run");
    let step = trainer.step(batches);
    (step, trainer.trained)
}

/// Doubling and halving are exact in binary, so equal batches in a power of two change no byte.
#[test]
fn equal_batches_are_one_batch() {
    for both in Both::all() {
        let batch = || Batch::new(&both.batch);
        let (one, trained) = step(&both, &[batch()]);
        assert!(one.gradient_norm > 0.0);
        for count in [2, 4] {
            let batches: Vec<_> = (0..count).map(|_| batch()).collect();
            let (many, same) = step(&both, &batches);
            assert!(many == one && same == trained, "{}: {count}", both.case.name);
        }
        let (three, _) = step(&both, &[batch(), batch(), batch()]);
        assert!((three.loss / one.loss - 1.0).abs() < 1e-14);
        assert!((three.gradient_norm / one.gradient_norm - 1.0).abs() < 1e-6);
    }
}

/// Batches count alike, however many predictions each asks for.
#[test]
fn different_batches_give_the_mean_of_their_gradients() {
    for both in Both::all() {
        let parts: [Vec<Sequence>; 2] = [both.batch[..1].to_vec(), both.batch[1..].to_vec()];
        let batches = || parts.iter().map(Batch::new).collect::<Vec<_>>();
        let trainer = Trainer::new(&both.base, &both.spec()).expect("a run");
        let [(loss, mut mean), (other, second)] =
            [0, 1].map(|part| trainer.gradients(&batches()[part], part));
        assert_ne!(mean, second, "{}", both.case.name);
        mean.add(&second);
        mean.scale(0.5);
        let (found, _) = step(&both, &batches());
        assert!(found.gradients == mean, "{}", both.case.name);
        assert_eq!(found.loss, (loss.mean() + other.mean()) / 2.0, "{}", both.case.name);
    }
}

/// Without gradients the loss has the same bits, dropout included.
#[test]
fn a_look_at_the_loss_sees_what_a_look_sees() {
    for both in Both::all() {
        let mut spec = both.spec();
        spec.lora.dropout = 0.3;
        let mut trainer = Trainer::new(&both.base, &spec).expect("a run");
        let batches = || [Batch::new(&both.batch[..1]), Batch::new(&both.batch)];
        trainer.step(&batches());
        let seen = trainer.look(&batches()).loss;
        assert_eq!(
            trainer.look_at_loss(&batches()).to_bits(),
            seen.to_bits(),
            "{}",
            both.case.name
        );
        assert!(trainer.look_at_loss(&[]).is_nan());
        let plain = trainer.loss(&both.batch[..1]).mean();
        assert_ne!(trainer.look_at_loss(&batches()[..1]), plain, "it drops");
    }
}

/// The loss of a step is that before its update.
#[test]
fn a_step_reports_the_loss_before_its_update() {
    for both in Both::all() {
        let mut trainer = Trainer::new(&both.base, &both.spec()).expect("a run");
        let before = trainer.loss(&both.batch).mean();
        assert_eq!(trainer.step(&[Batch::new(&both.batch)]).loss, before);
        assert!(trainer.loss(&both.batch).mean() < before, "{}", both.case.name);
    }
}

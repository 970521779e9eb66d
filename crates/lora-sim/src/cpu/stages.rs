//! The stages of the CPU engine's training step one at a time, for benches, with the work of each.
//! Training runs the same stages in order.
//!
//! ```
//! use lora_sim::stages::{Prepared, Stage};
//! use lora_sim::{Batch, Frozen, Isa, spec::*};
//!
//! let (isa, model) = (Isa::best(), Model { points: 64, ..Model::default() });
//! let frozen = Frozen::draw(&model, 128, 0, isa)?;
//! let training = Training { steps: 1, ..Training::default() };
//! let runs = [Run { init: Init::A, lr: 1e-2, adapter_seed: 0 }];
//! let mut prepared = Prepared::new(isa, &model, &frozen, &Batch::new(&training, &runs))?;
//! Stage::ALL.into_iter().for_each(|stage| prepared.run(stage));
//! Stage::FORWARD.into_iter().for_each(|stage| prepared.run(stage));
//! assert_eq!(prepared.finish()[0].trajectory.losses.len(), 2);
//! # Ok::<(), lora_sim::SimError>(())
//! ```

use super::shared::Shared;
use super::train::LiveBatch;
use crate::engine::{Batch, Outcome};
use crate::error::SimError;
use crate::frozen::Frozen;
use crate::kernels::Isa;
use crate::spec::Model;

pub use super::cost::{Cost, Peaks, Sizes};
pub use super::stage::Stage;

/// A batch at some step of its training.
pub struct Prepared<'a> {
    live: LiveBatch<'a>,
    batch: Batch<'a>,
    step: usize,
    last: Option<Stage>,
}

impl<'a> Prepared<'a> {
    /// A batch before the first stage of its first step.
    ///
    /// # Errors
    /// As [`Problem::train`](crate::Problem::train): a training, run or start state that does not fit.
    pub fn new(
        isa: Isa,
        model: &'a Model,
        frozen: &'a Frozen,
        batch: &Batch<'a>,
    ) -> Result<Self, SimError> {
        batch.check(model, frozen.width)?;
        let live = LiveBatch::new(Shared::new(isa, model, frozen), batch);
        Ok(Self { live, batch: batch.clone(), step: 0, last: None })
    }

    /// Runs one stage on the current threads; [`Stage::UpdateA`] ends a step. A stage may be repeated
    /// or left out: the next one then reads what is there, which takes the same time but trains
    /// something else. Runs that diverge stay in the batch.
    pub fn run(&mut self, stage: Stage) {
        self.live.run(stage, self.batch.training, self.step);
        self.step += usize::from(stage == Stage::UpdateA);
        self.last = Some(stage);
    }

    /// The outcomes of the runs.
    ///
    /// # Panics
    /// If the last stage was not [`Stage::Measure`], with which training ends.
    pub fn finish(mut self) -> Vec<Outcome> {
        assert_eq!(self.last, Some(Stage::Measure), "training ends by measuring");
        let mut finished = vec![None; self.batch.runs.len()];
        self.live.retire(&mut finished, &self.batch, true);
        finished.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Engine;
    use crate::spec::{Activation, Init, Run, Training};
    use crate::{CpuEngine, Isa};

    fn runs() -> Vec<Run> {
        let run = |(i, init)| Run { init, lr: 1e-3, adapter_seed: i as u64 };
        [Init::A, Init::B, Init::AB].into_iter().enumerate().map(run).collect()
    }

    fn in_turn(isa: Isa, model: &Model, frozen: &Frozen, batch: &Batch) -> Vec<Outcome> {
        let mut prepared = Prepared::new(isa, model, frozen, batch).expect("a good batch");
        for _ in 0..batch.training.steps {
            Stage::ALL.into_iter().for_each(|stage| prepared.run(stage));
        }
        Stage::FORWARD.into_iter().for_each(|stage| prepared.run(stage));
        prepared.finish()
    }

    #[test]
    fn stages_in_turn_train_to_the_byte() {
        for activation in [Activation::Relu, Activation::Tanh] {
            let model = Model { points: 70, test_points: 9, activation, ..Model::default() };
            let engine = CpuEngine::new();
            let mut problem = engine.prepare(&model, 150, 0).expect("a small problem");
            let (frozen, runs) = (problem.frozen().expect("it holds one"), runs());
            for (steps, record_every) in [(1, 1), (3, 2)] {
                let training = Training { steps, record_every, ..Training::default() };
                let batch = Batch { keep_states: true, ..Batch::new(&training, &runs) };
                let trained = problem.train(&batch).expect("a good batch");
                assert!(trained.iter().all(|outcome| outcome.trajectory.diverged_at.is_none()));
                assert_eq!(in_turn(Isa::best(), &model, &frozen, &batch), trained);
            }
        }
    }

    #[test]
    fn all_are_those_forward_and_then_back() {
        assert_eq!([Stage::FORWARD, Stage::BACKWARD].concat(), Stage::ALL);
    }

    #[test]
    fn a_bad_batch_is_refused() {
        let model = Model { points: 20, ..Model::default() };
        let frozen = Frozen::draw(&model, 64, 0, Isa::best()).expect("a small student");
        let training = Training::default();
        let batch = Batch { starts: Some(&[]), ..Batch::new(&training, &[]) };
        let run = Run { init: Init::A, lr: 1e-3, adapter_seed: 0 };
        let bad = Batch { runs: &[run], ..batch };
        assert!(Prepared::new(Isa::best(), &model, &frozen, &bad).is_err());
    }

    #[test]
    #[should_panic(expected = "training ends by measuring")]
    fn nothing_is_finished_before_it_is_measured() {
        let model = Model { points: 20, ..Model::default() };
        let frozen = Frozen::draw(&model, 64, 0, Isa::best()).expect("a small student");
        let (training, runs) = (Training::default(), runs());
        let batch = Batch::new(&training, &runs);
        let mut prepared = Prepared::new(Isa::best(), &model, &frozen, &batch).expect("good");
        prepared.run(Stage::Features);
        prepared.finish();
    }
}

//! A run that is trained again for what it has trained.

use lora_checkpoint::Adapter;
use lora_experiment::experiment::transformer::Task;
use lora_sim::Trajectory;
use lora_sim::spec::{Model, Run, Training};
use lora_store::rows::TEST_ACCURACY;
use lora_transformer::peft;
use lora_transformer::trained::Trained;

use super::TransformerEngine;
use super::error::FinetuneError;
use super::run::Beside;

/// What decides which moment of a run is its best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    /// The lowest held-out loss.
    TestLoss,
    /// The largest share of held-out sentences whose class is found.
    TestAccuracy,
}

/// A moment of a run at which it was measured.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Updates that were made.
    pub step: usize,
    /// Held-out loss.
    pub test_loss: f64,
    /// Share of held-out tokens or sentences that were predicted right.
    pub test_accuracy: f64,
    /// What was trained, in PEFT's format.
    pub adapter: Adapter,
}

/// A run with what it had trained at the end and at its best.
#[derive(Clone, Debug)]
pub struct Again {
    /// What was measured.
    pub trajectory: Trajectory,
    /// Its last moment.
    pub last: Moment,
    /// The first of its best ones.
    pub best: Moment,
    /// What "best" means.
    pub judge: Judge,
    /// Where the base lies, which the adapters name.
    pub base: String,
}

/// A moment before it is put into PEFT's format.
struct Seen {
    step: usize,
    test_loss: f64,
    test_accuracy: f64,
    trained: Trained,
}

impl Seen {
    fn new(trained: &Trained, trajectory: &Trajectory) -> Option<Self> {
        let record = trajectory.records.last()?;
        let accuracy = trajectory.extra.iter().find(|extra| extra.name == TEST_ACCURACY)?;
        let &(tested, test_accuracy) = accuracy.values.last()?;
        let (step, test_loss) = (record.step, record.test_loss);
        if tested != step {
            return None;
        }
        Some(Self { step, test_loss, test_accuracy, trained: trained.clone() })
    }

    /// The larger the better.
    fn score(&self, judge: Judge) -> f64 {
        match judge {
            Judge::TestLoss => -self.test_loss,
            Judge::TestAccuracy => self.test_accuracy,
        }
    }

    /// Whether it is better than an earlier one.
    fn beats(&self, other: &Self, judge: Judge) -> bool {
        let (new, old) = (self.score(judge), other.score(judge));
        new > old || (old.is_nan() && !new.is_nan())
    }
}

impl TransformerEngine {
    /// Trains a run alone, of the problem of a width and of the run's seed.
    ///
    /// # Errors
    /// [`FinetuneError`] where the base cannot be had.
    pub fn train_again(
        &self,
        model: &Model,
        width: usize,
        training: &Training,
        run: &Run,
    ) -> Result<Again, FinetuneError> {
        let judge = match self.section.task {
            Task::NextToken => Judge::TestLoss,
            Task::Classify => Judge::TestAccuracy,
        };
        let of_width = self.base(width, run.adapter_seed)?;
        let setting = self.setting(&of_width, model, (width, run.adapter_seed));
        let (mut last, mut best): (Option<Seen>, Option<Seen>) = (None, None);
        let mut measured = |trained: &Trained, trajectory: &Trajectory| {
            last = Seen::new(trained, trajectory);
            if let Some(seen) = last.as_ref()
                && best.as_ref().is_none_or(|best| seen.beats(best, judge))
            {
                best = Seen::new(trained, trajectory);
            }
        };
        let beside = Beside { watch: &self.watch, state: None, measured: Some(&mut measured) };
        let trajectory = setting.train(training, run, beside)?;
        let base = self.place(width, run.adapter_seed).display().to_string();
        let spec = setting.spec(training, run).lora;
        let moment = |seen: Option<Seen>| {
            let seen = seen.ok_or(FinetuneError::NothingMeasured)?;
            let Seen { step, test_loss, test_accuracy, trained } = seen;
            let adapter = peft::export(&of_width, &trained, &spec, &base);
            Ok::<_, FinetuneError>(Moment { step, test_loss, test_accuracy, adapter })
        };
        let (last, best) = (moment(last)?, moment(best)?);
        Ok(Again { trajectory, last, best, judge, base })
    }
}

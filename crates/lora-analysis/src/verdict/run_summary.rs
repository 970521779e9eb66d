//! One run, as far as verdicts depend on it.

use lora_sim::spec::Init;
use lora_stats::Sample;
use serde::{Deserialize, Serialize};

use lora_experiment::cells::Cell;
use lora_experiment::study::definition::{Rates, Scope, Study};
use lora_store::rows::{Found, Rows, sample, score};

/// One run. "peak" is the largest over the recorded steps; the rest is after the last step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// "A", "B" or "AB".
    pub init: Init,
    /// Position of the learning rate: on the search grid, or among the study's pairs.
    pub lr_index: i64,
    /// η_A.
    pub lr_a: f64,
    /// η_B.
    pub lr_b: f64,
    /// What a search minimises; empty if the run diverged.
    pub score: Option<f64>,
    /// Train loss before training.
    pub first_loss: f64,
    /// Train loss at the end.
    pub last_loss: f64,
    /// rms of Z_A.
    pub za: f64,
    /// rms of Z_B.
    pub zb: f64,
    /// Largest rms of Z_A.
    pub peak_za: f64,
    /// Largest rms of Z_B over all steps; empty if it left f64.
    pub peak_zb: Option<f64>,
    /// Largest rms of δ1.
    pub peak_delta1: f64,
    /// Largest rms of δ2.
    pub peak_delta2: f64,
    /// Largest rms of δ3.
    pub peak_delta3: f64,
    /// Smallest rms of a factor's gradient over the steps; empty if there was none.
    pub least_gradient: Option<f64>,
    /// The step at which the run diverged; empty if it did not.
    pub diverged_at: Option<usize>,
    /// Train losses of all steps, of a network at given rates; empty elsewhere, where no test reads them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub losses: Vec<f64>,
}

impl RunSummary {
    /// From a trajectory.
    pub fn new(
        study: &Study,
        &Found { init, lr_index, lr: lr_a, lr_b, trajectory }: &Found,
    ) -> Self {
        let finite = |x: f64| x.is_finite().then_some(x);
        let given = matches!(study.rates, Rates::Powers { .. });
        let keeps_losses = given && study.scope == Scope::Network;
        let records = &trajectory.records;
        let last = records.last().copied().unwrap_or_default();
        let peak = |of: fn(&lora_sim::Record) -> f64| records.iter().map(of).fold(0.0, f64::max);
        Self {
            init,
            lr_index,
            lr_a,
            lr_b,
            score: score(&study.experiment, trajectory).and_then(finite),
            first_loss: trajectory.losses[0],
            last_loss: trajectory.losses[trajectory.losses.len() - 1],
            za: last.za_rms,
            zb: last.zb_rms,
            peak_za: peak(|record| record.za_rms),
            peak_zb: finite(trajectory.peak_zb),
            peak_delta1: peak(|record| record.delta1),
            peak_delta2: peak(|record| record.delta2),
            peak_delta3: peak(|record| record.delta3),
            least_gradient: finite(trajectory.least_gradient_a.min(trajectory.least_gradient_b)),
            diverged_at: trajectory.diverged_at,
            losses: if keeps_losses { trajectory.losses.clone() } else { Vec::new() },
        }
    }

    /// What a search sees of it.
    pub fn sample(&self) -> Sample {
        sample(self.score, self.peak_zb, self.diverged_at)
    }
}

/// The runs of a cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunSummaries(pub Vec<RunSummary>);

impl Rows for RunSummaries {
    fn take(&mut self, study: &Study, _: Cell, run: &Found) {
        self.0.push(RunSummary::new(study, run));
    }
}

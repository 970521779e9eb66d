//! Turns the sums that the device kept of each step into the trajectory of a run.

use lora_sim::spec::{Model, Training};
use lora_sim::{Record, Trajectory};

use crate::buffers::SUMS;
use crate::layout::Layout;

/// Positions in a row of the history, with the names of kernels/batch.cuh.
mod sum {
    pub const TRAIN_SQUARES: usize = 0;
    pub const TEST_SQUARES: usize = 1;
    pub const ZA_SQUARES: usize = 2;
    pub const ZA_NORMS: usize = 3;
    pub const ZB_SQUARES: usize = 4;
    pub const ZB_NORMS: usize = 5;
    pub const DELTAS: usize = 6;
    pub const A_MOVED: usize = 9;
    pub const B_MOVED: usize = 10;
    pub const GRADIENTS: usize = 11;
}

/// Turns sums into norms.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The model.
    pub model: &'a Model,
    /// The training.
    pub training: &'a Training,
    /// Sizes.
    pub layout: &'a Layout,
}

impl Reader<'_> {
    /// Adds step `t` of a run to its trajectory. `updated` says whether an update ends the step in runs
    /// that do not diverge.
    pub fn take(&self, trajectory: &mut Trajectory, t: usize, row: &[f64; SUMS], updated: bool) {
        let loss = row[sum::TRAIN_SQUARES] / self.model.points as f64;
        trajectory.losses.push(loss);
        let first = trajectory.losses[0];
        let diverged = !loss.is_finite() || loss > self.training.divergence_factor * first;
        trajectory.diverged_at = diverged.then_some(t);
        let features = self.features(row);
        trajectory.note_features(features.zb_rms);
        let recorded = self.training.records(t);
        if recorded || diverged {
            let test_loss = match recorded {
                true => row[sum::TEST_SQUARES] / self.model.test_points.max(1) as f64,
                false => f64::NAN, // the forward pass left the held-out points out
            };
            let record = self.record(row, t);
            trajectory.records.push(Record {
                step: t,
                train_loss: loss,
                test_loss,
                za_rms: features.za_rms,
                za_norm: features.za_norm,
                zb_rms: features.zb_rms,
                zb_norm: features.zb_norm,
                ..record
            });
        }
        if updated && !diverged {
            let entries = self.layout.width * self.layout.rank;
            trajectory.note_gradients([row[sum::GRADIENTS], row[sum::GRADIENTS + 1]], entries);
        }
    }

    /// The norms of Z_A and Z_B.
    fn features(&self, row: &[f64; SUMS]) -> Record {
        let (points, s) = (self.model.points as f64, self.model.multiplier);
        Record {
            za_rms: (row[sum::ZA_SQUARES] / (points * self.layout.rank as f64)).sqrt(),
            za_norm: row[sum::ZA_NORMS] / points,
            zb_rms: s * self.rms(row[sum::ZB_SQUARES]),
            zb_norm: s * row[sum::ZB_NORMS] / points,
            ..Record::default()
        }
    }

    /// The changes by the last update, and the distances from the start.
    fn record(&self, row: &[f64; SUMS], t: usize) -> Record {
        let entries = (self.layout.width * self.layout.rank) as f64;
        let delta = |i: usize| match t {
            0 => 0.0,
            _ => self.model.multiplier * self.rms(row[sum::DELTAS + i]),
        };
        Record {
            delta1: delta(0),
            delta2: delta(1),
            delta3: delta(2),
            a_move: (row[sum::A_MOVED] / entries).sqrt(),
            b_move: (row[sum::B_MOVED] / entries).sqrt(),
            ..Record::default()
        }
    }

    /// The rms over n × N entries.
    fn rms(&self, squares: f64) -> f64 {
        (squares / (self.model.points as f64 * self.layout.width as f64)).sqrt()
    }
}

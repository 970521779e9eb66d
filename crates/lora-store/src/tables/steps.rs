//! The tables of what happened within runs: recorded steps, and the train loss at every step.

use std::sync::Arc;

use lora_sim::Record;

use crate::tables::column::{Cells, Column, column};

/// A recorded step of a run.
pub struct StepRow {
    /// The run's name.
    pub run: Arc<str>,
    /// Whether there are held-out points.
    pub tested: bool,
    /// What was recorded.
    pub record: Record,
}

/// Every column of the table of recorded steps.
pub const STEPS: &[Column<StepRow>] = &[
    column!(Text run [""] "The run, as in the table of runs", |r| &r.run),
    column!(Whole step ["updates"] "Updates made so far", |r| r.record.step as i64),
    column!(Real train_loss ["1"] "Mean squared error on the training points", |r| r.record.train_loss),
    column!(RealOrNull test_loss ["1"] "Mean squared error on the held-out points; NaN where a run \
        diverged between steps that are recorded", null if "test_points is 0",
        |r| r.tested.then_some(r.record.test_loss)),
    column!(Real za_rms ["1"] "rms entry of Z_A = A Z", |r| r.record.za_rms),
    column!(Real za_norm ["1"] "Mean over training points of the norm of Z_A", |r| r.record.za_norm),
    column!(Real zb_rms ["1"] "rms entry of Z_B = s B Z_A", |r| r.record.zb_rms),
    column!(Real zb_norm ["1"] "Mean over training points of the norm of Z_B", |r| r.record.zb_norm),
    column!(Real delta1 ["1"] "rms entry of δ1 = s B ΔZ_A of the last update; 0 before the first",
        |r| r.record.delta1),
    column!(Real delta2 ["1"] "rms entry of δ2 = s ΔB Z_A of the last update; 0 before the first",
        |r| r.record.delta2),
    column!(Real delta3 ["1"] "rms entry of δ3 = s ΔB ΔZ_A of the last update; 0 before the first",
        |r| r.record.delta3),
    column!(Real a_move ["1"] "rms entry of A - A_0", |r| r.record.a_move),
    column!(Real b_move ["1"] "rms entry of B - B_0", |r| r.record.b_move),
];

/// The train loss of a run at a step.
pub struct LossRow {
    /// The run's name.
    pub run: Arc<str>,
    /// Updates made so far.
    pub step: usize,
    /// Loss.
    pub train_loss: f64,
}

/// Every column of the table of losses.
pub const LOSSES: &[Column<LossRow>] = &[
    column!(Text run [""] "The run, as in the table of runs", |r| &r.run),
    column!(Whole step ["updates"] "Updates made so far, every number from 0 to the last", |r| r.step as i64),
    column!(Real train_loss ["1"] "Mean squared error on the training points", |r| r.train_loss),
];

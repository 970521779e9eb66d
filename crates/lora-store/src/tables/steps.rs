//! The tables of what happened within runs: recorded steps, and the train loss at every step.

use std::sync::Arc;

use lora_types::{Record, for_each_measurement};

use crate::tables::column::{Cells, Column, column};

/// A recorded step of a run.
pub struct ExportedStep {
    /// The run's name.
    pub run: Arc<str>,
    /// Whether there are held-out points.
    pub tested: bool,
    /// What was recorded.
    pub record: Record,
}

macro_rules! columns {
    ($($name:ident [$unit:literal] $over:ident $meaning:literal;)*) => {
        /// Every column of the table of recorded steps.
        pub const STEPS: &[Column<ExportedStep>] = &[
            column!(Text run [""] "The run, as in the table of runs", |r| &r.run),
            column!(Whole step ["updates"] "Updates made so far", |r| r.record.step as i64),
            $(measured!($over $name [$unit] $meaning)),*
        ];
    };
}

/// A measurement; one on held-out points is null where a model has none.
macro_rules! measured {
    (train $name:ident [$unit:literal] $meaning:literal) => {
        column!(Real $name [$unit] $meaning, |r: &ExportedStep| r.record.$name)
    };
    (held_out $name:ident [$unit:literal] $meaning:literal) => {
        column!(RealOrNull $name [$unit] $meaning, null if "test_points is 0",
            |r: &ExportedStep| r.tested.then_some(r.record.$name))
    };
}
for_each_measurement!(columns);

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
    column!(Real train_loss ["1"] "Mean squared error or cross-entropy on the training points, or the cross-entropy of a transformer's batch", |r| r.train_loss),
];

/// A value of a measurement that only some kinds of model have.
pub struct MeasurementRow {
    /// The run's name.
    pub run: Arc<str>,
    /// Updates made so far.
    pub step: usize,
    /// What was measured.
    pub name: Arc<str>,
    /// Its value.
    pub value: f64,
}

/// Every column of the table of such measurements.
pub const MEASUREMENTS: &[Column<MeasurementRow>] = &[
    column!(Text run [""] "The run, as in the table of runs", |r| &r.run),
    column!(Whole step ["updates"] "Updates made so far", |r| r.step as i64),
    column!(Text name [""] "What was measured, as the kind of model names it", |r| &r.name),
    column!(Real value ["1"] "Its value", |r| r.value),
];

//! The rows of `limits.csv`: one a run of the limit n → ∞.

use lora_types::Init;
use serde::{Deserialize, Serialize};

/// One run of a limit at η = c n^γ. Z_A and Z_B are in the limit's units, n^`z_a_power` and n^`z_b_power`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitRow {
    /// A hash of everything that decides it and of what the row holds, by which it is found again.
    pub key: String,
    /// "A", "B" or "AB".
    pub init: Init,
    /// γ.
    pub gamma: f64,
    /// Seed.
    pub seed: u64,
    /// Neurons of the quadrature, on each side and in each replicate.
    pub neurons: usize,
    /// Position of c on the search's grid.
    pub c_index: i64,
    /// c.
    pub c: f64,
    /// What the search minimises; empty if the run diverged.
    pub score: Option<f64>,
    /// The quadrature's standard error of it.
    pub error: Option<f64>,
    /// rms of Z_A after the last step.
    pub z_a: f64,
    /// The exponent of its unit; empty where Z_A is 0.
    pub z_a_power: Option<f64>,
    /// rms of Z_B after the last step.
    pub z_b: f64,
    /// The exponent of its unit; empty where Z_B is 0.
    pub z_b_power: Option<f64>,
    /// Largest rms of Z_B over all steps; empty if it is no number.
    pub peak_z_b: Option<f64>,
    /// The step at which the run diverged; empty if it did not.
    pub diverged_at: Option<usize>,
}

//! What is measured of a run after a number of steps.

use serde::{Deserialize, Serialize};

/// Norms and losses after `step` updates, over the training points unless said otherwise.
///
/// "rms" is the root of the mean square over entries. It is Θ(1) in the width where the entries are.
/// "norm" is the mean over training points of the Euclidean norm of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Updates made so far.
    pub step: usize,
    /// Mean squared error on the training points.
    pub train_loss: f64,
    /// Mean squared error on the held-out points: 0 if there are none, NaN in the record of a
    /// divergence between the steps that are recorded anyway.
    pub test_loss: f64,
    /// rms of Z_A = A Z.
    pub za_rms: f64,
    /// Mean norm of Z_A.
    pub za_norm: f64,
    /// rms of Z_B = s B Z_A.
    pub zb_rms: f64,
    /// Mean norm of Z_B.
    pub zb_norm: f64,
    /// rms of δ1 = s B_{t−1} ΔZ_A of the last update.
    pub delta1: f64,
    /// rms of δ2 = s ΔB Z_{A,t−1} of the last update.
    pub delta2: f64,
    /// rms of δ3 = s ΔB ΔZ_A of the last update.
    pub delta3: f64,
    /// rms entry of A_t − A_0.
    pub a_move: f64,
    /// rms entry of B_t − B_0.
    pub b_move: f64,
}

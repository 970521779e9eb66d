//! What is asked of the theory, before it is checked.

use lora_theory::{DEFAULT_STEPS, Exponent, Init, OptimizerKind, Rational, Trained};

/// A setting of the calculus, and the learning rate at which it is asked for.
///
/// Every exponent is a power of the width n. Rates follow η = n^γ, or are fixed one by one.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictRequest {
    /// The initialisation; Init\[A\] and Init\[B\] if absent.
    pub init: Option<Init>,
    /// The standard deviations of the entries of A_0 and B_0, in place of an initialisation.
    pub std: Option<[Exponent; 2]>,
    /// The LoRA layer alone, with an outside backward signal of order one, as in Theorems 1 and 2.
    pub layer: bool,
    /// a in W_out ~ N(0, n^-2a); the layer alone has no readout.
    pub readout: Rational,
    /// Update rule.
    pub optimizer: OptimizerKind,
    /// The factors that train.
    pub train: Trained,
    /// The γ of η = n^γ at which to show everything; the critical exponents if absent.
    pub lr: Option<Rational>,
    /// λ in η_A = η and η_B = n^λ η, as in LoRA+; 0 if absent.
    pub lr_ratio: Option<Rational>,
    /// The exponent of a fixed η_A.
    pub lr_a: Option<Rational>,
    /// The exponent of a fixed η_B.
    pub lr_b: Option<Rational>,
    /// ρ in the rank r = n^ρ, from 0 (a fixed rank) to 1.
    pub rank: Rational,
    /// τ in the multiplier s = n^σ r^-τ (PEFT's `scaling`): 1 for α/r, 1/2 for rsLoRA's α/√r.
    pub multiplier_rank: Rational,
    /// σ in the multiplier s = n^σ r^-τ.
    pub multiplier_width: Rational,
    /// Symbolic steps; more than [`DEFAULT_STEPS`] matter for SGD alone.
    pub steps: u32,
}

impl Default for PredictRequest {
    /// Both inits on the whole network with the standard readout, under Adam.
    fn default() -> Self {
        let zero = Rational::from_integer(0);
        Self {
            init: None,
            std: None,
            layer: false,
            readout: Rational::new_raw(1, 2),
            optimizer: OptimizerKind::Adam,
            train: Trained::AB,
            lr: None,
            lr_ratio: None,
            lr_a: None,
            lr_b: None,
            rank: zero,
            multiplier_rank: zero,
            multiplier_width: zero,
            steps: DEFAULT_STEPS,
        }
    }
}

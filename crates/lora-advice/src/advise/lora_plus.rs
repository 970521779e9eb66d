//! The learning rates that LoRA+ would have instead.

use serde::Serialize;

use super::law::LawRate;
use crate::transfer::LrRange;

/// λ of the example. Which ratio is best, no exponent says.
const RATIO: f64 = 16.0;

/// Learning rates of the two factors at a ratio, in place of one for both.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LoraPlusRates {
    /// λ = η_B/η_A, PEFT's `loraplus_lr_ratio`.
    pub ratio: f64,
    /// η_A, PEFT's `learning_rate` beside that ratio.
    pub lr_a: f64,
    /// η_B.
    pub lr_b: f64,
}

impl LoraPlusRates {
    /// In place of one rate, by the theory's power of λ in η_A; none where there is none.
    pub fn instead_of(lr: &LrRange, law: &LawRate) -> Option<Self> {
        let power = law.ratio?.to_f64();
        let lr_a = lr.value * RATIO.powf(power);
        Some(Self { ratio: RATIO, lr_a, lr_b: RATIO * lr_a })
    }
}

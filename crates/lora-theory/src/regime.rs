//! What training looks like at one learning rate.

use lora_types::Regime;

use crate::Exponent;

/// The regime at one learning rate, from the exponents of Z_A, Z_B, ΔZ_B and Δf/e⁰, where e⁰ is the
/// output's error before the first step. `output` is `None` for the layer alone.
pub(crate) fn regime(
    z_a: Exponent,
    z_b: Exponent,
    delta_z_b: Exponent,
    output: Option<Exponent>,
) -> Regime {
    let output = output.unwrap_or(Exponent::Zero);
    if !z_b.is_bounded() || !output.is_bounded() {
        return Regime::Unstable;
    }
    let learns = delta_z_b == Exponent::ONE || output == Exponent::ONE;
    match (learns, z_a.is_bounded()) {
        (false, true) => Regime::NoLearning,
        (true, true) => Regime::Learning,
        (false, false) => Regime::InternallyUnstable,
        (true, false) => Regime::LearningInternallyUnstable,
    }
}

//! Claims, quantities and learning rates in words.

use lora_theory::Rational;

use super::claim::{Claim, Quantity};

/// " at γ = −1/2", or both exponents where they differ.
pub fn at((a, b): (Rational, Rational), exact: fn(Rational) -> String) -> String {
    if a == b {
        format!(" at γ = {}", exact(a))
    } else {
        format!(" at γ_A = {}, γ_B = {}", exact(a), exact(b))
    }
}

/// An exponent with a typographic minus.
pub fn exact(gamma: Rational) -> String {
    minus(&gamma.to_string())
}

/// A quantity as the paper writes it.
pub fn quantity(quantity: Option<Quantity>) -> &'static str {
    match quantity {
        None => "regime",
        Some(Quantity::EtaOpt) => "η_opt",
        Some(Quantity::EtaStable) => "η_stable",
        Some(Quantity::Za) => "Z_A",
        Some(Quantity::Zb) => "Z_B",
        Some(Quantity::Delta1) => "δ1",
        Some(Quantity::Delta2) => "δ2",
        Some(Quantity::Delta3) => "δ3",
        Some(Quantity::LossDrop) => "loss drop",
        Some(Quantity::Loss) => "loss",
    }
}

/// The statement with the predicted exponent in it.
pub fn statement(claim: &Claim, predicted: Option<Rational>) -> String {
    claim.says.replace("{predicted}", &predicted.map_or("?".into(), exact))
}

/// A number with a typographic minus.
pub fn minus(text: &str) -> String {
    text.replace('-', "−")
}

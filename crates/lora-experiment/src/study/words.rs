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

/// A quantity as the paper writes it; a regime where there is none.
pub fn quantity(quantity: Option<Quantity>) -> &'static str {
    quantity.map_or("regime", Quantity::symbol)
}

/// The statement with the predicted exponent in it.
pub fn statement(claim: &Claim, predicted: Option<Rational>) -> String {
    claim.says.replace("{predicted}", &predicted.map_or("?".into(), exact))
}

/// A number with a typographic minus.
pub fn minus(text: &str) -> String {
    text.replace('-', "−")
}

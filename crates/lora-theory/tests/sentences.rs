//! The sentences on a learning rate, where there is more to say than one γ.

use crate::common::q;
use lora_theory::{Exponent, Init, InitStd, Rate, Setting, TheoryError, Trained, analyse};

/// The sentence at γ = −1 begins with these words.
fn begins(setting: &Setting, words: &str) -> Result<(), TheoryError> {
    let said = analyse(setting)?.describe(q(-1, 1))?;
    assert!(said.starts_with(words), "{said}");
    Ok(())
}

#[test]
fn two_learning_rates_are_both_named() -> Result<(), TheoryError> {
    let ratio = Setting { rate_b: Rate::Scanned(q(1, 1)), ..Setting::layer(Init::A) };
    begins(&ratio, "At η_A = n^-1, η_B = 1 under Init[A] the layer learns at order one, Z_A")?;
    let fixed = Setting { rate_a: Rate::Fixed(q(-3, 2)), ..Setting::layer(Init::B) };
    begins(&fixed, "At η_A = n^-3/2, η_B = n^-1 under Init[B] the layer hardly moves, by n^-1/2")?;
    // One γ for both is one γ, however it was set.
    let same = Setting { rate_a: Rate::Fixed(q(-1, 1)), ..Setting::layer(Init::B) };
    begins(&same, "At γ = -1 under Init[B] the layer")
}

#[test]
fn a_frozen_factor_has_no_learning_rate_to_name() -> Result<(), TheoryError> {
    let fixed = Setting { rate_b: Rate::Fixed(q(0, 1)), train: Trained::B, ..Setting::default() };
    begins(&fixed, "At η_B = 1 under Init[A], B alone trained, the output explodes like n^1/2")
}

#[test]
fn initial_sizes_of_ones_own_are_spelled_out() -> Result<(), TheoryError> {
    let init = InitStd::Custom { a: Exponent::from(q(-1, 1)), b: Exponent::Zero };
    begins(&Setting::layer(init), "At γ = -1 with A0 of std n^-1 and B0 = 0 the layer")?;
    begins(&Setting::layer(Init::AB), "At γ = -1 with both factors random the layer learns")
}

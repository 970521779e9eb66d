//! Public rules of thumb for the learning rate of LoRA, by name.

use std::fmt;

use lora_theory::Rational;

/// A rule LR ∝ n^x for the hidden size n of a transformer, as a library ships it.
///
/// Both are those of `get_lr` in `tinker_cookbook/hyperparam_utils.py`, which has the learning rate
/// 5·10⁻⁴ (2000/n)^P for LoRA, with P by the family of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// P = 0.781, for Llama.
    TinkerLlama,
    /// P = 0.0775, for Qwen.
    TinkerQwen,
}

impl Rule {
    /// Both.
    pub const ALL: [Self; 2] = [Self::TinkerLlama, Self::TinkerQwen];

    /// Its name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::TinkerLlama => "tinker-llama",
            Self::TinkerQwen => "tinker-qwen",
        }
    }

    /// x, exact.
    pub const fn exponent(self) -> Rational {
        match self {
            Self::TinkerLlama => Rational::new_raw(-781, 1000),
            Self::TinkerQwen => Rational::new_raw(-31, 400),
        }
    }

    /// x as a decimal.
    pub const fn decimal(self) -> &'static str {
        match self {
            Self::TinkerLlama => "−0.781",
            Self::TinkerQwen => "−0.0775",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.key())
    }
}

#[cfg(test)]
mod tests {
    use lora_theory::{approximate, parse_rational};

    use super::*;

    #[test]
    fn a_fraction_and_a_decimal_are_the_same_exponent() {
        for rule in Rule::ALL {
            let decimal = rule.decimal().replace('−', "-");
            assert_eq!(parse_rational(&decimal), Ok(rule.exponent()), "{rule}");
            assert!(approximate(rule.exponent()) < 0.0);
        }
    }
}

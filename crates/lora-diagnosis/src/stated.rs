//! Numbers of a stated training as they are given in words: what each may be, and the message for what it may not.
//!
//! ```
//! use lora_diagnosis::stated::betas;
//! assert_eq!(betas("0.9, 0.999"), Ok([0.9, 0.999]));
//! let wrong = betas("0.9").unwrap_err();
//! assert_eq!(wrong, "must be two numbers from 0 to below 1, the second above 0, such as 0.9,0.999");
//! ```

use std::ops::RangeInclusive;

/// Optimiser steps that may be stated.
pub const STEPS: RangeInclusive<u32> = 1..=1_000_000_000;

/// Adam's β1 and β2, with a comma between them. β2 = 0 would leave an update without a bound.
///
/// # Errors
/// What they must be, in words.
pub fn betas(text: &str) -> Result<[f64; 2], String> {
    let numbers: Vec<Option<f64>> =
        text.split(',').map(|number| number.trim().parse().ok()).collect();
    match numbers[..] {
        [Some(beta1), Some(beta2)] if (0.0..1.0).contains(&beta1) && beta2 > 0.0 && beta2 < 1.0 => {
            Ok([beta1, beta2])
        }
        _ => Err("must be two numbers from 0 to below 1, the second above 0, such as 0.9,0.999"
            .to_owned()),
    }
}

/// λ, AdamW's decoupled weight decay.
///
/// # Errors
/// What it must be, in words.
pub fn weight_decay(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(decay) if decay.is_finite() && decay >= 0.0 => Ok(decay),
        _ => Err("must be a finite number from 0, such as 0.01".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::{betas, weight_decay};

    #[test]
    fn a_decay_is_a_number_that_takes_away() {
        assert_eq!((weight_decay("0"), weight_decay("1e-2")), (Ok(0.0), Ok(0.01)));
        for wrong in ["", "-0.01", "nan", "inf", "1e999", "0,01", "x"] {
            let said = weight_decay(wrong).expect_err(wrong);
            assert_eq!(said, "must be a finite number from 0, such as 0.01");
        }
    }

    #[test]
    fn two_numbers_and_nothing_else_are_betas() {
        assert_eq!(betas("0,0.5"), Ok([0.0, 0.5]));
        for wrong in [
            "",
            "0.9",
            "0.9,",
            "0.9,x",
            "0.9,0.999,x",
            "0.9,0.99,0.9",
            "1,0.5",
            "0.9,0",
            "0.9,1",
            "nan,0.5",
        ] {
            assert!(betas(wrong).is_err(), "{wrong}");
        }
    }
}

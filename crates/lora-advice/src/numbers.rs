//! Numbers as they are given in words: what each may be, and the message for what it may not.
//!
//! ```
//! use lora_advice::numbers::learning_rate;
//! assert_eq!(learning_rate("2e-4"), Ok(2e-4));
//! let wrong = learning_rate("-1").unwrap_err();
//! assert_eq!(wrong, "must be a finite number above 0, such as 2e-4");
//! ```

use std::ops::RangeInclusive;

use lora_theory::{Exponent, Rational, approximate, parse_rational};

/// Widths n that may be named.
pub const WIDTHS: RangeInclusive<u32> = 2..=1 << 31;

/// LoRA ranks r that may be named.
pub const RANKS: RangeInclusive<u32> = 1..=1 << 16;

/// Largest size of an exponent that a user may give.
const LARGEST_EXPONENT: i64 = 16;

/// A learning rate.
///
/// # Errors
/// What it must be, in words.
pub fn learning_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if value.is_normal() && value > 0.0 => Ok(value),
        _ => Err("must be a finite number above 0, such as 2e-4".to_owned()),
    }
}

/// For alpha and ratios of rates, which nobody sets to sizes that overflow when they are compared.
///
/// # Errors
/// What it must be, in words.
pub fn moderate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(value) if (1e-9..=1e9).contains(&value) => Ok(value),
        _ => Err("must be a number from 1e-9 to 1e9, such as 16".to_owned()),
    }
}

/// An exponent of somebody's own.
///
/// # Errors
/// What it must be, in words.
pub fn exponent(text: &str) -> Result<Rational, String> {
    match parse_rational(text) {
        Ok(value) if approximate(value).abs() <= LARGEST_EXPONENT as f64 => Ok(value),
        _ => Err(format!(
            "must be a fraction or a decimal from -{LARGEST_EXPONENT} to {LARGEST_EXPONENT}, such \
             as -1/2 or -0.62"
        )),
    }
}

/// The two ends of an exponent's interval.
///
/// # Errors
/// What they must be, in words.
pub fn interval(low: &str, high: &str) -> Result<[Rational; 2], String> {
    match [exponent(low)?, exponent(high)?] {
        [low, high] if low > high => {
            Err("must have the lower end first, such as -0.7,-0.5".to_owned())
        }
        ends => Ok(ends),
    }
}

/// The exponent x of a standard deviation n^x of initial entries, or "zero" for zeros.
///
/// # Errors
/// What it must be, in words.
pub fn std_exponent(text: &str) -> Result<Exponent, String> {
    match text.to_lowercase().as_str() {
        "zero" => Ok(Exponent::Zero),
        _ => parse_rational(text)
            .map(Exponent::Power)
            .map_err(|error| format!("{error}, or zero for entries that are exactly zero")),
    }
}

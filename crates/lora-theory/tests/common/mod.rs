//! Rationals and growths for the tests.

use lora_theory::{Growth, Line, Rational};
use proptest::prelude::*;

/// The fraction n/d.
pub fn q(n: i64, d: i64) -> Rational {
    Rational::new(n, d)
}

/// Fractions between −4 and 4 with small denominators.
pub fn fraction() -> impl Strategy<Value = Rational> {
    (1_i64..=12).prop_flat_map(|d| (-4 * d..=4 * d).prop_map(move |n| q(n, d)))
}

/// Fractions between two integers.
pub fn between(lo: i64, hi: i64) -> impl Strategy<Value = Rational> {
    (1_i64..=24).prop_flat_map(move |d| (lo * d..=hi * d).prop_map(move |n| q(n, d)))
}

/// Up to seven lines, not an envelope yet.
pub fn lines() -> impl Strategy<Value = Vec<Line>> {
    let line = (fraction(), fraction()).prop_map(|(slope, intercept)| Line { slope, intercept });
    prop::collection::vec(line, 0..7)
}

/// Growths of any shape, the exact zero among them.
pub fn growth() -> impl Strategy<Value = Growth> {
    lines().prop_map(|lines| Growth::max_of(lines).unwrap())
}

/// The γ at which the leading line changes, ascending.
pub fn breakpoints(growth: &Growth) -> Vec<Rational> {
    let crossing = |pair: &[Line]| {
        let (left, right) = (pair[0], pair[1]);
        (left.intercept - right.intercept) / (right.slope - left.slope)
    };
    growth.lines().windows(2).map(crossing).collect()
}

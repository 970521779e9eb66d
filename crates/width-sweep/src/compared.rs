//! How a fitted exponent compares with the predicted one.

use lora_stats::{Agreement, agreement};
use lora_theory::{Rational, approximate};

use crate::summary::ExponentSummary;

/// What agreement means, for the reader of a table.
pub const EXPLANATION: &str = "\
Agreement: the 95% interval over seeds holds the predicted exponent and no other multiple of 1/4
(agrees), does not hold it (excluded), or holds another one as well (too wide to tell).";

/// The distance from a predicted exponent to the nearest other multiple of 1/4: the exponents of the
/// calculus with the usual readouts are such multiples.
pub fn spacing(predicted: Rational) -> Rational {
    let quarters = predicted * 4;
    let below = quarters - quarters.floor();
    let one = Rational::from_integer(1);
    let nearest = if below == Rational::default() { one } else { below.min(one - below) };
    nearest / 4
}

/// What a fit says of its prediction.
pub fn compare(fit: &ExponentSummary, predicted: Option<Rational>) -> Agreement {
    let distance = predicted.map_or(0.0, |gamma| approximate(spacing(gamma)));
    agreement(fit.lower.zip(fit.upper), predicted.map(approximate), distance)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(lower: f64, upper: f64) -> ExponentSummary {
        ExponentSummary { lower: Some(lower), upper: Some(upper), ..ExponentSummary::default() }
    }

    #[test]
    fn the_nearest_other_multiple_of_a_quarter_is_the_alternative() {
        let spacing = |n, d| spacing(Rational::new(n, d));
        assert_eq!(spacing(-3, 4), Rational::new(1, 4));
        assert_eq!(spacing(0, 1), Rational::new(1, 4));
        assert_eq!(spacing(-5, 8), Rational::new(1, 8));
        assert_eq!(spacing(-6, 7), Rational::new(3, 28), "-6/7 against -3/4");
    }

    #[test]
    fn intervals_of_real_runs_are_told_apart() {
        let half = Some(Rational::new(-1, 2));
        assert_eq!(compare(&fit(-0.62, -0.30), half), Agreement::Agrees);
        assert_eq!(compare(&fit(-0.58, -0.51), half), Agreement::Excluded);
        assert_eq!(compare(&fit(-5.1, 2.6), half), Agreement::TooWide);
        assert_eq!(compare(&fit(-5630.0, 5835.0), half), Agreement::TooWide);
        assert_eq!(compare(&fit(-0.62, -0.30), None), Agreement::NoPrediction);
        assert_eq!(compare(&ExponentSummary::default(), half), Agreement::NoInterval);
    }
}

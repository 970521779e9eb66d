//! How a fitted exponent compares with the predicted one.

use lora_stats::{Agreement, DEFAULT_LEVEL, agreement, shape_over_seeds};
use lora_theory::{Rational, approximate};

use crate::summary::ExponentSummary;

/// What the column of agreement means.
pub const EXPLANATION: &str = "\
Agreement: the 95% interval over seeds holds the predicted exponent and no other multiple of 1/4
(agrees), does not hold it (excluded), or holds another one as well (too wide to tell).";

/// The distance from a predicted exponent to the nearest other multiple of 1/4: the exponents of
/// the calculus with the usual readouts are such multiples.
pub fn spacing(predicted: Rational) -> Rational {
    let quarters = predicted * 4;
    let below = quarters - quarters.floor();
    let one = Rational::from_integer(1);
    let nearest = if below == Rational::default() { one } else { below.min(one - below) };
    nearest / 4
}

/// Level at which a run's points count as no power law. A run has four fits, so at most 4% of runs
/// with four true power laws lose one.
const SHAPE_LEVEL: f64 = 0.01;

/// The smallest departure of a local slope that matters: half the distance between multiples of
/// 1/4.
const RELEVANT: f64 = 0.125;

/// Why learning rates by seed and width lie on no power law, if they do not.
pub fn curved(widths: &[f64], by_seed: &[Vec<Option<f64>>]) -> Option<String> {
    let (shape, wide_end) = shape_over_seeds(widths, by_seed, DEFAULT_LEVEL).ok()?;
    let departure = shape.beyond(SHAPE_LEVEL, RELEVANT)?;
    let heading = wide_end.heading()?;
    Some(format!(
        "no power law over these widths, and no exponent describes them: a local slope departs from \
         the fitted one by {:.2} (p = {:.0e}); {heading}",
        departure.slope.abs(),
        departure.p_value
    ))
}

/// What a fit says about its prediction.
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
    fn a_curve_is_reported_and_a_power_law_is_not() {
        let widths: Vec<f64> = (7..=13).map(|k| f64::from(1 << k)).collect();
        let rates = |slope: &dyn Fn(f64) -> f64| -> Vec<Vec<Option<f64>>> {
            let seed = |seed: usize| {
                let noise = move |n: f64| 0.03 * (7.0 * seed as f64 + 5.0 * n.ln()).sin();
                widths.iter().map(|&n| Some((slope(n.ln()) + noise(n)).exp())).collect()
            };
            (0..5).map(seed).collect()
        };
        assert_eq!(curved(&widths, &rates(&|x| -0.75 * x)), None);
        let told = curved(&widths, &rates(&|x| -0.1 * x * x)).expect("a curve");
        assert!(told.starts_with("no power law over these widths"), "{told}");
        assert!(told.contains("at the widest points the local slope is -1.7"), "{told}");
        assert_eq!(curved(&widths, &rates(&|x| -0.1 * x * x)[..1]), None, "one seed");
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

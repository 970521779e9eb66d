//! How an interval compares with a predicted exponent, before any verdict: it agrees, excludes the
//! prediction, or is too wide to tell.
//!
//! An interval of [−5630, 5835] contains every exponent, the predicted one too, but this is not
//! agreement. An interval supports a prediction only if it contains the prediction and none of the
//! exponents that the measurement must distinguish from it. The nearest of those are one `spacing`
//! away on either side.
//!
//! Error rate: if the interval covers the truth in 95 % of studies, a prediction that is wrong by
//! `spacing` or more *agrees* in at most 2.5 % of them, because such an interval must miss the truth
//! on one side. A true prediction is *excluded* in at most 5 %.

use serde::{Deserialize, Serialize};

/// The result of comparing a measured interval with a predicted exponent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// The interval contains the prediction and neither of its neighbours.
    Agrees,
    /// The interval does not contain the prediction.
    Excluded,
    /// The interval contains the prediction and at least one of its neighbours.
    TooWide,
    /// There is no interval, as with a single seed.
    #[default]
    NoInterval,
    /// There is an interval but no prediction.
    NoPrediction,
}

impl Agreement {
    /// In words, for a table.
    pub fn words(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Excluded => "excluded",
            Self::TooWide => "too wide to tell",
            Self::NoInterval => "no interval",
            Self::NoPrediction => "no prediction",
        }
    }
}

/// Compares an interval (lower end, upper end) with a prediction. Ends belong to the interval.
///
/// `spacing` is the distance from the prediction to the nearest alternative exponent, for example 1/4
/// if exponents are multiples of 1/4. If a number is not finite or `spacing` is not positive, the
/// result is never [`Agreement::Agrees`].
///
/// ```
/// use lora_stats::{Agreement, agreement};
///
/// let compare = |lower, upper| agreement(Some((lower, upper)), Some(-0.75), 0.25);
/// assert_eq!(compare(-0.84, -0.72), Agreement::Agrees);
/// assert_eq!(compare(-0.70, -0.62), Agreement::Excluded);
/// assert_eq!(compare(-5.1, 2.6), Agreement::TooWide);
/// ```
pub fn agreement(interval: Option<(f64, f64)>, predicted: Option<f64>, spacing: f64) -> Agreement {
    let Some((lower, upper)) = interval else { return Agreement::NoInterval };
    let Some(predicted) = predicted else { return Agreement::NoPrediction };
    // NaN is not outside.
    let outside = |x: f64| x < lower || x > upper;
    if outside(predicted) {
        Agreement::Excluded
    } else if outside(predicted - spacing) && outside(predicted + spacing) {
        Agreement::Agrees
    } else {
        Agreement::TooWide
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn compare(lower: f64, upper: f64) -> Agreement {
        agreement(Some((lower, upper)), Some(-0.5), 0.25)
    }

    #[test]
    fn an_interval_that_holds_a_neighbour_too_is_too_wide_to_tell() {
        assert_eq!(compare(-0.56, -0.47), Agreement::Agrees);
        assert_eq!(compare(-0.74, -0.26), Agreement::Agrees);
        assert_eq!(compare(-0.75, -0.26), Agreement::TooWide);
        assert_eq!(compare(-0.74, -0.25), Agreement::TooWide);
        assert_eq!(compare(-5.1, 2.6), Agreement::TooWide);
        assert_eq!(compare(-5630.0, 5835.0), Agreement::TooWide);
    }

    #[test]
    fn what_lies_outside_is_excluded_however_wide_the_interval() {
        assert_eq!(compare(-0.49, -0.40), Agreement::Excluded);
        assert_eq!(compare(-0.49, 90.0), Agreement::Excluded);
        assert_eq!(compare(-0.5, -0.5), Agreement::Agrees);
    }

    #[test]
    fn without_an_interval_or_a_prediction_nothing_is_compared() {
        assert_eq!(agreement(None, Some(-0.5), 0.25), Agreement::NoInterval);
        assert_eq!(agreement(None, None, 0.25), Agreement::NoInterval);
        assert_eq!(agreement(Some((-1.0, 0.0)), None, 0.25), Agreement::NoPrediction);
    }

    #[test]
    fn a_closer_alternative_asks_for_a_narrower_interval() {
        let compare = |spacing| agreement(Some((-0.70, -0.55)), Some(-0.625), spacing);
        assert_eq!(compare(0.25), Agreement::Agrees);
        assert_eq!(compare(0.125), Agreement::Agrees);
        assert_eq!(compare(0.0625), Agreement::TooWide);
    }

    #[test]
    fn what_is_no_number_agrees_with_nothing() {
        for spacing in [0.0, f64::NAN] {
            let result = agreement(Some((-0.6, -0.4)), Some(-0.5), spacing);
            assert_eq!(result, Agreement::TooWide, "{spacing}");
        }
        for (lower, upper) in [(f64::NAN, 0.0), (-1.0, f64::NAN), (f64::NEG_INFINITY, 0.0)] {
            assert_eq!(compare(lower, upper), Agreement::TooWide, "[{lower}, {upper}]");
        }
        assert_eq!(agreement(Some((-0.6, -0.4)), Some(f64::NAN), 0.25), Agreement::TooWide);
    }

    proptest! {
        /// The error rate that the module states rests on this: of two exponents a spacing apart,
        /// at most one agrees with an interval.
        #[test]
        fn no_two_alternatives_agree_with_one_interval(
            (lower, width) in (-3.0..3.0f64, 0.0..2.0f64),
            place in -12i32..=12,
        ) {
            let interval = Some((lower, lower + width));
            let [one, next] = [place, place + 1].map(|quarter| 0.25 * f64::from(quarter));
            let agree = [one, next]
                .map(|predicted| agreement(interval, Some(predicted), 0.25) == Agreement::Agrees);
            prop_assert!(agree != [true, true], "{interval:?} and {one}");
        }
    }
}

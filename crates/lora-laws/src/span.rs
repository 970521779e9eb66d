//! Ranges of exponents, and what one says of another.

use lora_stats::Agreement;
use serde::{Deserialize, Serialize};

/// The distance of neighbouring exponents of the calculus at the usual readouts.
const SPACING: f64 = 0.25;

/// A number with the range that it is known to lie in.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// The number.
    pub value: f64,
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

impl Span {
    /// A number that is known exactly.
    pub fn exact(value: f64) -> Self {
        Self { value, lower: value, upper: value }
    }

    /// What it spans together with another one, around the mean of their numbers.
    pub fn spanned(self, other: Self) -> Self {
        Self {
            value: (self.value + other.value) / 2.0,
            lower: self.lower.min(other.lower),
            upper: self.upper.max(other.upper),
        }
    }

    /// The ends' distance.
    pub fn width(self) -> f64 {
        self.upper - self.lower
    }
}

/// What a measured range says of a predicted one: whether they meet, and whether the measured one reaches as far as the
/// next exponents on either side. Of an exact prediction that is a multiple of 1/4 it says what
/// [`lora_stats::agreement`] does. Ends belong to their ranges.
///
/// ```
/// use lora_laws::{Span, compared};
/// use lora_stats::Agreement;
///
/// let span = |lower: f64, upper: f64| Some(Span { value: (lower + upper) / 2.0, lower, upper });
/// assert_eq!(compared(span(-0.84, -0.72), span(-0.75, -0.70)), Agreement::Agrees);
/// assert_eq!(compared(span(-0.84, -0.78), span(-0.75, -0.70)), Agreement::Excluded);
/// assert_eq!(compared(span(-0.84, -0.40), span(-0.75, -0.70)), Agreement::TooWide);
/// ```
pub fn compared(measured: Option<Span>, predicted: Option<Span>) -> Agreement {
    let Some(measured) = measured else { return Agreement::NoInterval };
    let Some(predicted) = predicted else { return Agreement::NoPrediction };
    let outside = |x: f64| x < measured.lower || x > measured.upper;
    if measured.upper < predicted.lower || predicted.upper < measured.lower {
        Agreement::Excluded
    } else if predicted.width() <= SPACING
        && outside(predicted.lower - SPACING)
        && outside(predicted.upper + SPACING)
    {
        Agreement::Agrees
    } else {
        // Also where an end is not a number.
        Agreement::TooWide
    }
}

#[cfg(test)]
mod tests {
    use lora_stats::agreement;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// An exact multiple of 1/4 is judged as everywhere else in the suite.
        #[test]
        fn exact_predictions_are_judged_as_elsewhere(
            value in -2.0f64..1.0, half in 0.0f64..0.6, quarters in -8i32..4,
        ) {
            let (lower, upper) = (value - half, value + half);
            let exact = 0.25 * f64::from(quarters);
            let here = compared(Some(Span { value, lower, upper }), Some(Span::exact(exact)));
            prop_assert_eq!(here, agreement(Some((lower, upper)), Some(exact), 0.25));
        }
    }

    #[test]
    fn a_prediction_that_covers_several_exponents_is_not_confirmed() {
        let wide = Some(Span { value: -0.75, lower: -1.0, upper: -0.5 });
        assert_eq!(compared(Some(Span::exact(-0.75)), wide), Agreement::TooWide);
        assert_eq!(compared(None, wide), Agreement::NoInterval);
        assert_eq!(compared(wide, None), Agreement::NoPrediction);
    }
}

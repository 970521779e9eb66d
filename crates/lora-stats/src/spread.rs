//! The summary of repeated measurements of one quantity: the median and the range.

use serde::Serialize;

use crate::error::StatsError;

/// The median of some values, with their range.
///
/// Suited to times: other programs lengthen a few of them by much, which hardly moves the median.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The middle value, or the mean of the middle two.
    pub median: f64,
    /// The smallest value.
    pub least: f64,
    /// The largest value.
    pub most: f64,
}

impl Spread {
    /// The spread of values in any order. A NaN counts as larger than every number, or as smaller if
    /// its sign is negative.
    ///
    /// # Errors
    /// [`StatsError::NoSamples`] if there is no value.
    ///
    /// ```
    /// use lora_stats::Spread;
    ///
    /// let seconds = Spread::of(&[3.0, 1.0, 2.0, 10.0])?;
    /// assert_eq!(seconds, Spread { median: 2.5, least: 1.0, most: 10.0 });
    /// # Ok::<(), lora_stats::StatsError>(())
    /// ```
    pub fn of(values: &[f64]) -> Result<Self, StatsError> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (Some(&least), Some(&most)) = (sorted.first(), sorted.last()) else {
            return Err(StatsError::NoSamples);
        };
        let (low, high) = (sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2]);
        Ok(Self { median: low.midpoint(high), least, most })
    }

    /// The spread of all values multiplied by a factor above 0.
    pub fn times(self, factor: f64) -> Self {
        let [median, least, most] = [self.median, self.least, self.most].map(|x| factor * x);
        Self { median, least, most }
    }

    /// The spread of `numerator` / value with a numerator above 0, such as the rates for given times.
    /// For an even number of values the median is `numerator` / median.
    pub fn under(self, numerator: f64) -> Self {
        let [median, least, most] = [self.median, self.most, self.least].map(|x| numerator / x);
        Self { median, least, most }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(values: &[f64]) -> Spread {
        Spread::of(values).expect("there are values")
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(of(&[5.0, 1.0, 3.0]), Spread { median: 3.0, least: 1.0, most: 5.0 });
        assert_eq!(of(&[4.0, 1.0, 2.0, 10.0]), Spread { median: 3.0, least: 1.0, most: 10.0 });
        assert_eq!(of(&[2.0, 1.0]).median, 1.5);
    }

    #[test]
    fn one_value_is_all_three_and_none_is_an_error() {
        assert_eq!(of(&[7.0]), Spread { median: 7.0, least: 7.0, most: 7.0 });
        assert_eq!(Spread::of(&[]), Err(StatsError::NoSamples));
    }

    #[test]
    fn a_nan_is_seen_at_the_upper_end() {
        let spread = of(&[f64::NAN, 1.0, 2.0]);
        assert_eq!((spread.median, spread.least), (2.0, 1.0));
        assert!(spread.most.is_nan());
    }

    #[test]
    fn a_spread_is_turned_over_with_its_ends() {
        let spread = of(&[8.0, 1.0, 2.0]);
        assert_eq!(spread.times(2.0), Spread { median: 4.0, least: 2.0, most: 16.0 });
        assert_eq!(spread.under(8.0), Spread { median: 4.0, least: 1.0, most: 8.0 });
    }

    proptest! {
        #[test]
        fn at_least_half_of_the_values_lie_on_either_side(
            values in proptest::collection::vec(-1e9..1e9f64, 1..40),
        ) {
            let Spread { median, least, most } = of(&values);
            let count = |within: &dyn Fn(f64) -> bool| values.iter().filter(|x| within(**x)).count();
            prop_assert!(2 * count(&|x| x <= median) >= values.len());
            prop_assert!(2 * count(&|x| x >= median) >= values.len());
            prop_assert_eq!(count(&|x| least <= x && x <= most), values.len());
            prop_assert!(values.contains(&least) && values.contains(&most));
        }
    }
}

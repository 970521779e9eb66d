//! Times of rounds as a median with a range, alone and over ours.

use serde::Serialize;

/// A median with the least and the largest value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Of an even number of values the mean of the middle two.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The largest.
    pub most: f64,
}

impl Spread {
    /// Of values; there must be one at least.
    pub fn of(values: &[f64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (half, last) = (sorted.len() / 2, sorted.len() - 1);
        let low = if sorted.len().is_multiple_of(2) { half - 1 } else { half };
        let median = (sorted[low] + sorted[half]) / 2.0;
        Self { median, least: sorted[0], most: sorted[last] }
    }
}

/// Theirs over ours, round by round: what slows the machine down in a round slows down both.
pub fn paired(theirs: &[f64], ours: &[f64]) -> Spread {
    let ratios: Vec<f64> = theirs.iter().zip(ours).map(|(their, our)| their / our).collect();
    Spread::of(&ratios)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_the_middle_and_both_ends() {
        let odd = Spread::of(&[5.0, 1.0, 3.0]);
        assert_eq!(odd, Spread { median: 3.0, least: 1.0, most: 5.0 });
        assert_eq!(Spread::of(&[4.0, 1.0, 2.0, 10.0]).median, 3.0);
        assert_eq!(Spread::of(&[7.0]), Spread { median: 7.0, least: 7.0, most: 7.0 });
    }

    #[test]
    fn ratios_are_of_the_same_round() {
        // The machine was ten times slower in the second round; the ratio does not see it.
        assert_eq!(paired(&[2.0, 20.0, 3.0], &[1.0, 10.0, 1.0]).median, 2.0);
        // The ratio of the medians would be 2 here.
        assert_eq!(paired(&[2.0, 4.0, 6.0], &[2.0, 1.0, 6.0]).median, 1.0);
    }
}

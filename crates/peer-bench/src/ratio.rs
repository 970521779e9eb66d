//! Ratios of times.

use lora_stats::{Spread, StatsError};

/// Their time over ours, round by round: a slow phase of the machine affects both times of a round.
///
/// # Errors
/// If there is no round.
pub fn paired(theirs: &[f64], ours: &[f64]) -> Result<Spread, StatsError> {
    let ratios: Vec<f64> = theirs.iter().zip(ours).map(|(their, our)| their / our).collect();
    Spread::of(&ratios)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_of_the_same_round() {
        let median = |theirs: &[f64], ours: &[f64]| paired(theirs, ours).expect("rounds").median;
        // The machine was ten times slower in the second round; the ratio does not see it.
        assert_eq!(median(&[2.0, 20.0, 3.0], &[1.0, 10.0, 1.0]), 2.0);
        // The ratio of the medians would be 2 here.
        assert_eq!(median(&[2.0, 4.0, 6.0], &[2.0, 1.0, 6.0]), 1.0);
    }
}

//! The mean of a table over two samples at once: seeds, and items such as sentences, that all of them share.
//!
//! With x_si the value of seed s on item i, S seeds and I items, the mean m has the variance
//!
//! σ²_seed/S + σ²_item/I + σ²_rest/(S I).
//!
//! The variance of the mean over seeds estimates the first and the last term, and that of the mean over items the
//! second and the last. Their sum v = v_seed + v_item therefore counts the last term twice. The interval is Cochran
//! and Cox's, which is no shorter than it should be for few seeds either:
//!
//! m ± (v_seed t(S − 1) + v_item t(I − 1)) / √v.
//!
//! Satterthwaite's degrees of freedom are not used: where the variance of two or three seeds comes out small by
//! chance, they are far too many. An interval over items alone holds for the seeds that were trained and no
//! others; one over seeds alone holds for these items.

use crate::error::{StatsError, require};
use crate::interval::{Interval, t_quantile};

/// The mean of a table with a row for every seed, with its interval over seeds and items together.
/// A single seed, or a single item, gives an estimate without an interval.
///
/// ```
/// use lora_stats::crossed_mean;
///
/// let rows = [vec![1.0, 0.0, 0.0, 0.0], vec![1.0, 0.0, 0.0, 1.0]];
/// let mean = crossed_mean(&rows, 0.95)?;
/// assert_eq!(mean.estimate, 0.375);
/// assert!(mean.contains(0.0) == Some(true));
/// # Ok::<(), lora_stats::StatsError>(())
/// ```
///
/// # Errors
/// [`StatsError::TooFew`] for no seeds or no items, [`StatsError::InvalidParameter`] for a level outside
/// (0, 1), [`StatsError::LengthMismatch`] for rows of different lengths, [`StatsError::Overflow`] for values that are not finite.
pub fn crossed_mean(rows: &[Vec<f64>], level: f64) -> Result<Interval, StatsError> {
    let items = rows.first().map_or(0, Vec::len);
    if rows.is_empty() || items == 0 {
        return Err(StatsError::TooFew { what: "seeds with items", needed: 1, found: 0 });
    }
    require(level > 0.0 && level < 1.0, "level", level, "above 0 and below 1")?;
    if let Some(row) = rows.iter().find(|row| row.len() != items) {
        let (expected, found) = (items, row.len());
        return Err(StatsError::LengthMismatch { what: "items of a seed", expected, found });
    }
    let of_seeds: Vec<f64> = rows.iter().map(|row| mean(row)).collect();
    let of_items: Vec<f64> = (0..items)
        .map(|item| rows.iter().map(|row| row[item]).sum::<f64>() / rows.len() as f64)
        .collect();
    let estimate = mean(&of_seeds);
    if !(estimate.is_finite() && of_items.iter().all(|value| value.is_finite())) {
        return Err(StatsError::Overflow);
    }
    let [over_seeds, over_items] = [&of_seeds, &of_items].map(|means| variance_of_mean(means));
    let ends = over_seeds.zip(over_items).map(|(v_seed, v_item)| {
        let error = (v_seed + v_item).sqrt();
        let (t_seed, t_item) = (t_quantile(rows.len() - 1, level), t_quantile(items - 1, level));
        // Nothing varies where both are 0.
        let reach = if error > 0.0 { (v_seed * t_seed + v_item * t_item) / error } else { 0.0 };
        (reach, error)
    });
    Ok(Interval {
        estimate,
        lower: ends.map(|(reach, _)| estimate - reach),
        upper: ends.map(|(reach, _)| estimate + reach),
        standard_error: ends.map(|(_, error)| error),
        undefined_share: 0.0,
        level,
        seeds: rows.len(),
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The unbiased variance of the mean of independent values; none of a single one.
fn variance_of_mean(values: &[f64]) -> Option<f64> {
    let count = values.len() as f64;
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (values.len() > 1).then(|| squares / (count * (count - 1.0)))
}

#[cfg(test)]
#[path = "../tests/support/random.rs"]
mod random;

#[cfg(test)]
mod tests {
    use super::random::Random;
    use super::*;

    /// A table with the spreads of seeds, items and the rest, around 0.
    fn planted(random: &mut Random, [seeds, items]: [usize; 2], spread: [f64; 3]) -> Vec<Vec<f64>> {
        let mut normal = || random.normal();
        let of_items: Vec<f64> = (0..items).map(|_| spread[1] * normal()).collect();
        let mut row = |_| {
            let of_seed = spread[0] * normal();
            of_items.iter().map(|of_item| of_seed + of_item + spread[2] * normal()).collect()
        };
        (0..seeds).map(&mut row).collect()
    }

    #[test]
    fn it_covers_the_truth_as_often_as_it_says_whatever_varies() {
        let mut random = Random::new(1);
        let seeds_beside_items = [3.0, 10.0].map(|ratio| {
            // The seeds' term of the variance is so many times the items'.
            let of_items = 1.0;
            [f64::sqrt(ratio * of_items / 100.0), of_items, 0.0]
        });
        let others = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.02, 0.3, 0.5], [0.3, 1.0, 1.0]];
        for spread in others.into_iter().chain(seeds_beside_items) {
            for seeds in [2, 3] {
                let trials = 2000;
                let covers = |_: &usize| {
                    let rows = planted(&mut random, [seeds, 100], spread);
                    crossed_mean(&rows, 0.95).expect("a mean").contains(0.0) == Some(true)
                };
                let covered = (0..trials).filter(covers).count() as f64 / trials as f64;
                // Three standard errors of a share of 95% in 2000 trials are 1.5%.
                assert!(covered > 0.935, "{seeds} seeds, {spread:?}: {covered}");
            }
        }
    }

    #[test]
    fn an_interval_over_items_alone_would_be_too_short_where_seeds_vary() {
        let mut random = Random::new(2);
        let short = |_: &usize| {
            let rows = planted(&mut random, [3, 400], [0.3, 1.0, 0.0]);
            let both = crossed_mean(&rows, 0.95).expect("a mean").standard_error.expect("an error");
            let of_items: Vec<f64> =
                (0..400).map(|i| rows.iter().map(|row| row[i]).sum::<f64>() / 3.0).collect();
            variance_of_mean(&of_items).expect("items").sqrt() < 0.7 * both
        };
        assert!((0..100).filter(short).count() > 80);
    }

    #[test]
    fn one_seed_or_one_item_has_no_interval_and_none_is_refused() {
        for rows in [vec![vec![0.5, 1.0]], vec![vec![0.5], vec![1.0]]] {
            let mean = crossed_mean(&rows, 0.95).expect("a mean");
            assert_eq!((mean.lower, mean.upper), (None, None));
            assert_eq!(mean.estimate, 0.75);
        }
        assert!(crossed_mean(&[], 0.95).is_err() && crossed_mean(&[vec![]], 0.95).is_err());
        assert!(crossed_mean(&[vec![1.0], vec![1.0, 2.0]], 0.95).is_err());
        assert!(crossed_mean(&[vec![f64::NAN, 1.0], vec![1.0, 2.0]], 0.95).is_err());
        let same = crossed_mean(&[vec![1.0, 1.0], vec![1.0, 1.0]], 0.95).expect("a mean");
        assert_eq!((same.lower, same.upper), (Some(1.0), Some(1.0)));
    }
}

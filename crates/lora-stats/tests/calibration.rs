//! Do 95 % intervals cover a planted exponent in 95 % of studies, and exclude a wrong one?

use crate::support::{Noise, REALISTIC, Random, assert_binomial, plant, widths};
use lora_stats::{ExponentFit, exponent_over_seeds, fit_line, geometric_mean_interval};

const PLANTS: usize = 4000;
const TRUTH: f64 = -0.75;

fn fit(ln_lrs: &[Vec<f64>]) -> ExponentFit {
    let lrs: Vec<Vec<Option<f64>>> =
        ln_lrs.iter().map(|seed| seed.iter().map(|ln_lr| Some(ln_lr.exp())).collect()).collect();
    exponent_over_seeds(&widths(), &lrs, 0.95).unwrap()
}

fn covers(fit: &ExponentFit, exponent: f64) -> bool {
    fit.lower.unwrap() <= exponent && exponent <= fit.upper.unwrap()
}

/// Fits of `plants` planted studies.
fn studies(
    seeds: usize,
    plants: usize,
    noise: Noise,
    draw: fn(&mut Random) -> f64,
) -> impl Iterator<Item = ExponentFit> {
    (0..plants).map(move |i| {
        let mut random = Random::new(i as u64 + 1_000_000 * seeds as u64);
        fit(&plant(TRUTH, seeds, noise, &mut random, draw))
    })
}

/// With normal noise a seed's exponent is normal, so the t interval covers with exactly 95 %,
/// whichever kind of noise dominates.
#[test]
fn exponents_are_covered_at_the_nominal_rate() {
    let only_seeds = Noise { seed_level: 1.0, seed_slope: 0.1, reading: 0.0 };
    let only_readings = Noise { seed_level: 0.0, seed_slope: 0.0, reading: 0.5 };
    for seeds in [3, 5] {
        for noise in [REALISTIC, only_seeds, only_readings] {
            let hits = studies(seeds, PLANTS, noise, Random::normal)
                .filter(|fit| covers(fit, TRUTH))
                .count();
            assert_binomial(hits, PLANTS, 0.95, "coverage of the exponent");
        }
    }
}

#[test]
fn local_slopes_are_covered_at_the_nominal_rate() {
    for seeds in [3, 5] {
        let hits = studies(seeds, PLANTS, REALISTIC, Random::normal)
            .filter(|fit| {
                let slope = &fit.local_slopes[2];
                slope.lower.unwrap() <= TRUTH && TRUTH <= slope.upper.unwrap()
            })
            .count();
        assert_binomial(hits, PLANTS, 0.95, "coverage of a local slope");
    }
}

/// Under heavier tails the t interval is known to err to the safe side for few seeds; averaging
/// over widths makes a seed's exponent nearly normal besides. Held to within one point of 95 %
/// below, plus four binomial standard deviations (0.0138).
#[test]
fn heavy_tails_do_not_break_coverage() {
    for seeds in [3, 5] {
        let hits = studies(seeds, PLANTS, REALISTIC, Random::laplace)
            .filter(|fit| covers(fit, TRUTH))
            .count();
        let share = hits as f64 / PLANTS as f64;
        assert!((0.94 - 0.0138..=0.98).contains(&share), "{share}");
    }
}

/// Ten seeds are resampled at random. 2000 resamples make the width of an interval uncertain by
/// 1.6 %, which changes its coverage by less than 0.2 points, far within the tolerance.
#[test]
fn geometric_means_are_covered_at_the_nominal_rate() {
    for seeds in [2, 3, 5, 10] {
        let plants = 2000;
        let hits = (0..plants)
            .filter(|&i| {
                let mut random = Random::new(77 + i as u64 * 13 + seeds as u64);
                let values: Vec<f64> =
                    (0..seeds).map(|_| (0.4 + 0.3 * random.normal()).exp()).collect();
                let interval = geometric_mean_interval(&values, 0.95).unwrap();
                interval.contains(0.4f64.exp()).unwrap()
            })
            .count();
        assert_binomial(hits, plants, 0.95, "coverage of a geometric mean");
    }
}

/// A seed's exponent has standard deviation √(0.2² / 13.5 + 0.02²) ≈ 0.058, where 13.5 = S_xx of
/// ln n. With three seeds an exponent off by 1/4 lies 7.5 standard errors away, against a
/// quantile of 4.3: excluded with probability 1 − exp(−(7.5 / 4.3)²) ≈ 0.95. With five, 9.7 against
/// 2.8: practically always.
#[test]
fn an_exponent_off_by_a_quarter_is_excluded() {
    for (seeds, power) in [(3, 0.92), (5, 0.999)] {
        for wrong in [TRUTH - 0.25, TRUTH + 0.25] {
            let excluded = studies(seeds, PLANTS, REALISTIC, Random::normal)
                .filter(|fit| !covers(fit, wrong))
                .count();
            let share = excluded as f64 / PLANTS as f64;
            assert!(share >= power, "{seeds} seeds exclude {wrong} in {share} of studies");
        }
    }
}

#[test]
fn estimates_are_unbiased_and_their_errors_honest() {
    let seeds = 3;
    let fits: Vec<ExponentFit> = studies(seeds, PLANTS, REALISTIC, Random::normal).collect();
    let count = PLANTS as f64;
    let mean = fits.iter().map(|fit| fit.exponent).sum::<f64>() / count;
    let variance = fits.iter().map(|fit| (fit.exponent - mean).powi(2)).sum::<f64>() / count;
    assert!((mean - TRUTH).abs() < 4.0 * (variance / count).sqrt(), "mean exponent {mean}");
    // A squared standard error from three seeds scatters by its own size, so the mean of them by
    // 1/√4000 = 1.6 %, and the variance of the estimates by √(2/4000) = 2.2 %: 2.7 % in all.
    let claimed = fits.iter().map(|fit| fit.standard_error.unwrap().powi(2)).sum::<f64>() / count;
    assert!((claimed / variance - 1.0).abs() < 4.0 * 0.027, "{claimed} against {variance}");
}

/// Why the percentile bootstrap is not used. Each of the three constant resamples has weight 1/27,
/// more than 2.5 %, so the interval runs from the smallest to the largest of the seeds' exponents.
/// It misses whenever all three err to one side: coverage is 1 − 2/2³ = 75 %.
#[test]
fn a_percentile_bootstrap_of_three_seeds_covers_only_three_quarters() {
    let hits = (0..PLANTS)
        .filter(|&i| {
            let mut random = Random::new(3_000_000 + i as u64);
            let (lower, upper) =
                percentile_interval(&plant(TRUTH, 3, REALISTIC, &mut random, Random::normal));
            lower <= TRUTH && TRUTH <= upper
        })
        .count();
    assert_binomial(hits, PLANTS, 0.75, "coverage of the percentile bootstrap");
    assert!((hits as f64) < 0.8 * PLANTS as f64);
}

/// 2.5 % and 97.5 % quantiles of the exponent over all 27 resamples of three seeds.
fn percentile_interval(ln_lrs: &[Vec<f64>]) -> (f64, f64) {
    let x: Vec<f64> = widths().iter().map(|n| n.ln()).collect();
    let exponent = |resample: usize| {
        let picks = [resample % 3, resample / 3 % 3, resample / 9];
        let y: Vec<f64> = (0..x.len())
            .map(|w| picks.iter().map(|&seed| ln_lrs[seed][w]).sum::<f64>() / 3.0)
            .collect();
        fit_line(&x, &y).unwrap().slope
    };
    let mut exponents: Vec<f64> = (0..27).map(exponent).collect();
    exponents.sort_by(f64::total_cmp);
    // Of 27, 2.5 % is less than one.
    (exponents[0], exponents[26])
}

//! Intervals over seeds against the classical ones, on fixed numbers.

use approx::assert_relative_eq;
use lora_stats::{
    Interval, StatsError, exponent_over_seeds, fit_line, geometric_mean_interval, seed_interval,
};

const VALUES: [f64; 8] = [1.3, -0.4, 2.2, 0.9, 1.7, -1.1, 0.2, 3.0];

/// Tabulated two-sided 95 % points of Student's t for 1, 2, … degrees of freedom.
const T_95: [f64; 10] = [
    12.706_204_736,
    4.302_652_730,
    3.182_446_305,
    2.776_445_105,
    2.570_581_836,
    2.446_911_851,
    2.364_624_252,
    2.306_004_135,
    2.262_157_163,
    2.228_138_852,
];

fn mean_interval(values: &[f64], level: f64) -> Interval {
    let mean = |seeds: &[usize]| {
        Some(seeds.iter().map(|&seed| values[seed]).sum::<f64>() / seeds.len() as f64)
    };
    seed_interval(values.len(), level, mean).unwrap()
}

fn unbiased_sd(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len() - 1) as f64).sqrt()
}

#[test]
fn a_mean_gets_the_classical_t_interval() {
    for seeds in 2..=6 {
        let values = &VALUES[..seeds];
        let interval = mean_interval(values, 0.95);
        let error = unbiased_sd(values) / (seeds as f64).sqrt();
        let reach = T_95[seeds - 2] * error;
        assert_relative_eq!(interval.standard_error.unwrap(), error, max_relative = 1e-12);
        // The table has ten digits.
        assert_relative_eq!(
            interval.upper.unwrap() - interval.estimate,
            reach,
            max_relative = 1e-9
        );
        assert_relative_eq!(
            interval.estimate - interval.lower.unwrap(),
            reach,
            max_relative = 1e-9
        );
    }
}

#[test]
fn random_resamples_come_close_to_the_classical_interval() {
    for seeds in [7, 8] {
        let interval = mean_interval(&VALUES[..seeds], 0.95);
        let error = unbiased_sd(&VALUES[..seeds]) / (seeds as f64).sqrt();
        // Four standard deviations, 1/√4000 each, of a standard deviation from 2000 resamples.
        assert_relative_eq!(interval.standard_error.unwrap(), error, max_relative = 0.064);
        assert_eq!(interval, mean_interval(&VALUES[..seeds], 0.95));
    }
}

#[test]
fn quantiles_match_the_table_at_all_sizes() {
    // Alternating ±1 over an even number of seeds: the standard error is 1/√(S − 1) exactly.
    let mut previous = f64::INFINITY;
    for seeds in (2..=60).chain([100, 300]) {
        let values: Vec<f64> = (0..seeds).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let interval = mean_interval(&values, 0.95);
        let reach = interval.upper.unwrap() - interval.estimate;
        let quantile = reach / interval.standard_error.unwrap();
        if seeds - 2 < T_95.len() {
            assert_relative_eq!(quantile, T_95[seeds - 2], max_relative = 1e-9);
        }
        assert!(quantile < previous && quantile > 1.959_963);
        previous = quantile;
    }
}

#[test]
fn one_seed_has_an_estimate_and_no_interval() {
    let interval = mean_interval(&VALUES[..1], 0.95);
    assert_eq!(interval.estimate, 1.3);
    assert_eq!((interval.lower, interval.upper, interval.standard_error), (None, None, None));
    assert_eq!(interval.contains(1.3), None);
    let fit = exponent_over_seeds(&[128.0, 256.0], &[vec![Some(0.2), Some(0.1)]], 0.95).unwrap();
    assert_relative_eq!(fit.exponent, -1.0, max_relative = 1e-12);
    assert_eq!((fit.lower, fit.upper, fit.residual_sd), (None, None, None));
    assert_eq!((fit.local_slopes[0].lower, fit.local_slopes[0].upper), (None, None));
}

#[test]
fn equal_seeds_have_an_interval_of_no_width() {
    let interval = mean_interval(&[0.1; 5], 0.95);
    assert_eq!((interval.lower, interval.upper), (Some(0.1), Some(0.1)));
}

#[test]
fn an_undefined_resample_leaves_no_interval() {
    // Undefined where all three seeds are the same one: 3 of 27 resamples.
    let distinct =
        |seeds: &[usize]| (seeds.iter().any(|&seed| seed != seeds[0])).then_some(seeds[0] as f64);
    let interval = seed_interval(3, 0.95, distinct).unwrap();
    assert_eq!((interval.lower, interval.standard_error), (None, None));
    assert_relative_eq!(interval.undefined_share, 3.0 / 27.0, max_relative = 1e-12);
}

#[test]
fn geometric_means_multiply_and_divide_by_one_factor() {
    let values = VALUES[..5].iter().map(|value| value.exp()).collect::<Vec<_>>();
    let (geometric, plain) =
        (geometric_mean_interval(&values, 0.9).unwrap(), mean_interval(&VALUES[..5], 0.9));
    assert_relative_eq!(geometric.estimate.ln(), plain.estimate, max_relative = 1e-12);
    assert_relative_eq!(geometric.lower.unwrap().ln(), plain.lower.unwrap(), max_relative = 1e-12);
    assert_relative_eq!(geometric.upper.unwrap().ln(), plain.upper.unwrap(), max_relative = 1e-12);
}

#[test]
fn rejects_what_has_no_interval() {
    let one = |_: &[usize]| Some(1.0);
    assert!(matches!(seed_interval(0, 0.95, one), Err(StatsError::TooFew { .. })));
    for level in [0.0, 1.0, -0.5, f64::NAN] {
        let error = seed_interval(3, level, one).unwrap_err();
        assert!(matches!(error, StatsError::InvalidParameter { .. }));
    }
    assert_eq!(seed_interval(3, 0.95, |_| None), Err(StatsError::UndefinedEstimate));
    assert_eq!(seed_interval(3, 0.95, |_| Some(f64::NAN)), Err(StatsError::UndefinedEstimate));
    let huge = seed_interval(2, 0.95, |seeds| Some([1e300, -1e300][seeds[0]]));
    assert_eq!(huge, Err(StatsError::Overflow));
    let zero = geometric_mean_interval(&[1.0, 0.0], 0.95);
    assert!(matches!(zero, Err(StatsError::NotPositive { position: 1, .. })));
}

#[test]
fn incomplete_widths_are_left_out_and_named() {
    let widths = [128.0, 256.0, 512.0, 1024.0];
    let full = |factor: f64| widths.map(|n: f64| Some(factor * n.powf(-0.5))).to_vec();
    let mut seeds = [full(1.0), full(2.0), full(4.0)];
    // A wild value beside a missing one must not reach the fit.
    seeds[0][2] = None;
    seeds[1][2] = Some(1e6);
    let fit = exponent_over_seeds(&widths, &seeds, 0.95).unwrap();
    assert_eq!(fit.widths_used, [128.0, 256.0, 1024.0]);
    assert_eq!(fit.excluded_widths, [512.0]);
    assert_eq!((fit.seeds_used, fit.local_slopes.len()), (3, 2));
    assert_eq!((fit.local_slopes[1].from, fit.local_slopes[1].to), (256.0, 1024.0));
    assert_relative_eq!(fit.exponent, -0.5, max_relative = 1e-12);
    assert_relative_eq!(fit.intercept, 2f64.ln(), max_relative = 1e-10);
}

#[test]
fn the_exponent_is_the_mean_of_the_seeds_exponents() {
    let widths = [128.0, 256.0, 512.0, 1024.0];
    let seed = |s: usize| {
        (0..4).map(|w| Some((VALUES[s] * (w + s) as f64).sin().exp())).collect::<Vec<_>>()
    };
    let seeds: Vec<_> = (0..4).map(seed).collect();
    let own = seeds.iter().map(|lrs| {
        let ln_lrs: Vec<f64> = lrs.iter().flatten().map(|lr| lr.ln()).collect();
        fit_line(&widths.map(f64::ln), &ln_lrs).unwrap().slope
    });
    let classical = mean_interval(&own.collect::<Vec<_>>(), 0.95);
    let fit = exponent_over_seeds(&widths, &seeds, 0.95).unwrap();
    assert_relative_eq!(fit.exponent, classical.estimate, max_relative = 1e-10);
    assert_relative_eq!(fit.lower.unwrap(), classical.lower.unwrap(), max_relative = 1e-10);
    assert_relative_eq!(fit.upper.unwrap(), classical.upper.unwrap(), max_relative = 1e-10);
}

#[test]
fn rejects_tables_without_an_exponent() {
    let row = vec![Some(1.0), Some(2.0)];
    let fit = |widths: &[f64], rows: &[Vec<Option<f64>>]| exponent_over_seeds(widths, rows, 0.95);
    assert!(matches!(fit(&[1.0, 2.0], &[]), Err(StatsError::TooFew { .. })));
    let ragged = fit(&[1.0, 2.0], &[row.clone(), vec![Some(1.0)]]);
    assert!(matches!(ragged, Err(StatsError::LengthMismatch { expected: 2, found: 1, .. })));
    let falling = fit(&[2.0, 1.0], std::slice::from_ref(&row));
    assert_eq!(falling, Err(StatsError::WidthsNotIncreasing(1)));
    let missing = fit(&[1.0, 2.0], &[row, vec![Some(1.0), None]]);
    assert!(matches!(missing, Err(StatsError::TooFew { needed: 2, found: 1, .. })));
    let negative = fit(&[1.0, 2.0], &[vec![Some(1.0), Some(-1.0)]]);
    assert!(matches!(negative, Err(StatsError::NotPositive { position: 1, .. })));
}

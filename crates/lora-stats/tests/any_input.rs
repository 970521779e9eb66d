//! Public functions on arbitrary numbers: an answer that makes sense or a typed error, no panic.

use lora_stats::{
    Interval, LrCurve, LrGrid, LrGridSpec, Sample, Samples, StatsError, WidthRule, decide_exponent,
    decide_interval, exponent_over_seeds, fit_line, geometric_mean_interval, local_slopes,
    scaling_over_seeds, seed_interval,
};
use proptest::prelude::*;

/// Numbers of all kinds, with those that make sense often enough to get past the first check.
fn numbers() -> impl Strategy<Value = f64> {
    prop_oneof![
        1 => any::<f64>(),
        1 => prop::num::f64::ANY,
        3 => 1e-6..1e3f64,
        1 => prop::sample::select(vec![0.0, -1.0, 1.0, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE]),
    ]
}

fn grid() -> LrGrid {
    LrGrid::new(LrGridSpec {
        lr_min: 1e-3,
        lr_max: 1.0,
        coarse_factor: 10.0,
        bracket_factor: 2.0,
        max_extensions: 2,
    })
    .unwrap()
}

fn curves() -> impl Strategy<Value = LrCurve> {
    let sample = (prop::option::weighted(0.9, numbers()), prop::option::weighted(0.9, numbers()))
        .prop_map(|(score, peak)| Sample { score, peak });
    let index = prop_oneof![9 => -10..25i64, 1 => any::<i64>()];
    prop::collection::btree_map(index, sample, 0..30)
        .prop_map(|samples: Samples| LrCurve::new(&grid(), &samples))
}

proptest! {
    #[test]
    fn grids(
        lr_min in numbers(),
        lr_max in numbers(),
        coarse_factor in numbers(),
        bracket_factor in numbers(),
        max_extensions in prop_oneof![3 => 0..10u32, 1 => any::<u32>()],
    ) {
        let spec = LrGridSpec { lr_min, lr_max, coarse_factor, bracket_factor, max_extensions };
        if let Ok(grid) = LrGrid::new(spec) {
            let (lowest, highest) = grid.limits();
            prop_assert!(grid.lr(lowest).is_normal() && grid.lr(highest).is_normal());
            prop_assert!(grid.lr(1) / grid.lr(0) <= bracket_factor * (1.0 + 1e-9));
            let coarse = grid.coarse_indices();
            prop_assert!(coarse.len() >= 2);
            prop_assert!(coarse.windows(2).all(|pair| grid.lr(pair[0]) < grid.lr(pair[1])));
            let last = coarse[coarse.len() - 1];
            prop_assert!(grid.lr(0) == lr_min && grid.lr(last) <= lr_max * (1.0 + 1e-6));
            prop_assert!(grid.lr(last) < grid.lr(last + 1));
        }
    }

    #[test]
    fn optima_and_basins(curve in curves(), tolerance in numbers()) {
        let Ok(best) = curve.optimum() else { return Ok(()) };
        prop_assert!(best.lr > 0.0 && best.lr.is_finite() && best.score.is_finite());
        let scores = curve.points().iter().filter_map(|point| point.score);
        prop_assert_eq!(best.score, scores.fold(f64::INFINITY, f64::min));
        if let Some((lower, upper)) = best.bracket {
            prop_assert!(lower <= best.lr && best.lr <= upper);
        }
        if let Ok(centre) = curve.centre() {
            let lrs = || curve.points().iter().map(|point| point.lr);
            let (least, most) = (lrs().fold(f64::INFINITY, f64::min), lrs().fold(0.0, f64::max));
            prop_assert!(least <= centre.lr * (1.0 + 1e-9) && centre.lr <= most * (1.0 + 1e-9));
            let weights: f64 = centre.weights.iter().map(|(_, weight)| weight).sum();
            prop_assert!((weights - 1.0).abs() < 1e-9);
        }
        let sampled = grid().lr(best.index);
        let (Ok(basin), Ok(core)) = (curve.basin(tolerance), curve.basin(0.0)) else {
            return Ok(());
        };
        prop_assert!(basin.lower <= sampled && sampled <= basin.upper);
        // A wider tolerance never gives a narrower basin.
        let slack = 1.0 + 1e-12;
        prop_assert!(basin.lower <= core.lower * slack && core.upper <= basin.upper * slack);
    }

    #[test]
    fn crossings(curve in curves(), bound in numbers()) {
        let Ok(crossing) = curve.crossing(bound) else { return Ok(()) };
        prop_assert_eq!(crossing.bracketed(), crossing.lr.is_some());
        if let (Some(lr), Some(lower), Some(upper)) =
            (crossing.lr, crossing.last_stable, crossing.first_unstable)
        {
            prop_assert!(lower <= lr * (1.0 + 1e-12) && lr <= upper * (1.0 + 1e-12));
        }
    }

    #[test]
    fn lines(points in prop::collection::vec((numbers(), numbers()), 0..8)) {
        let (x, y): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
        if let Ok(fit) = fit_line(&x, &y) {
            prop_assert!(fit.slope.is_finite() && fit.intercept.is_finite());
        }
        let _ = local_slopes(&x, &y);
        prop_assert!(fit_line(&x, &y[..y.len() / 2]).is_err() || y.is_empty());
    }

    #[test]
    fn intervals(values in prop::collection::vec(numbers(), 0..8), level in numbers()) {
        let _ = geometric_mean_interval(&values, level);
        let largest = |seeds: &[usize]| seeds.iter().map(|&s| values[s]).reduce(f64::max);
        match seed_interval(values.len(), level, largest) {
            Ok(interval) => prop_assert_ne!(interval.contains(interval.estimate), Some(false)),
            Err(StatsError::Overflow) => (),
            Err(_) => prop_assert!(
                values.is_empty()
                    || !(0.001..=0.999_999).contains(&level)
                    || !largest(&(0..values.len()).collect::<Vec<_>>()).unwrap().is_finite()
            ),
        }
    }

    #[test]
    fn exponents(
        widths in prop::collection::vec(numbers(), 0..5),
        rows in prop::collection::vec(
            prop::collection::vec(prop::option::weighted(0.9, numbers()), 0..5), 0..4),
    ) {
        let _ = exponent_over_seeds(&widths, &rows, 0.95);
    }

    #[test]
    fn scaling_and_decisions(
        steps in prop::collection::vec(1.01..4.0f64, 2..8),
        rows in prop::collection::vec(
            prop::collection::vec(prop::option::weighted(0.97, numbers()), 8), 1..5),
        predicted in numbers(),
        tolerance in numbers(),
    ) {
        let mut x = 16.0;
        let xs: Vec<f64> = steps.iter().map(|step| { x *= step; x }).collect();
        let rows: Vec<_> = rows.iter().map(|row| row[..xs.len()].to_vec()).collect();
        let rule = WidthRule::default();
        let Ok(fit) = scaling_over_seeds(&xs, &rows, 0.95, &rule) else { return Ok(()) };
        prop_assert!(fit.chosen.widths_used.len() >= fit.all.widths_used.len().min(5));
        prop_assert_eq!(fit.corrected.is_some(), fit.all.widths_used.len() >= 5);
        let decision = decide_exponent(&fit, predicted, tolerance);
        prop_assert!(!decision.reason.is_empty());
        if let Some(needed) = decision.needed {
            prop_assert!(needed.seeds.is_none_or(|seeds| seeds > rows.len()));
            // At the widest points there may be no value of any seed.
            let largest = fit.all.widths_used.last().copied().unwrap_or(x);
            prop_assert!(needed.widest.is_none_or(|widest| widest > largest));
        }
    }

    #[test]
    fn comparisons(
        values in prop::array::uniform4(numbers()),
        ends in (prop::option::of(numbers()), prop::option::of(numbers())),
        seeds in 0..6usize,
        level in numbers(),
    ) {
        let [estimate, lower, upper, error] = values;
        let interval = Interval {
            estimate,
            lower: Some(lower),
            upper: Some(upper),
            standard_error: Some(error),
            undefined_share: 0.0,
            level,
            seeds,
        };
        let _ = decide_interval(&interval, ends);
    }

    /// A change of units moves the intercept and nothing else.
    #[test]
    fn exponents_do_not_depend_on_units(
        rows in prop::collection::vec(prop::collection::vec(1e-4..1.0f64, 4), 1..5),
        unit in 1e-3..1e3f64,
    ) {
        let widths = [64.0, 128.0, 512.0, 1024.0];
        let fit = |unit: f64| {
            let lrs: Vec<Vec<Option<f64>>> =
                rows.iter().map(|row| row.iter().map(|lr| Some(unit * lr)).collect()).collect();
            exponent_over_seeds(&widths, &lrs, 0.95).unwrap()
        };
        let (plain, scaled) = (fit(1.0), fit(unit));
        let close = |a: Option<f64>, b: Option<f64>| match (a, b) {
            (Some(a), Some(b)) => (a - b).abs() < 1e-9,
            (a, b) => a == b,
        };
        prop_assert!(close(Some(plain.exponent), Some(scaled.exponent)));
        prop_assert!(close(plain.lower, scaled.lower) && close(plain.upper, scaled.upper));
        prop_assert!(close(Some(plain.intercept + unit.ln()), Some(scaled.intercept)));
    }
}

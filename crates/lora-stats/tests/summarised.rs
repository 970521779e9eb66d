//! Judging from a table of local slopes, against judging from the seeds' values.

use crate::support::{Random, plant_corrected, scattered, study_widths};
use lora_stats::{
    DEFAULT_LEVEL, ExponentFit, LocalSlope, ScalingFit, StatsError, Summarised, Tabulated, Verdict,
    WidthRule, decide_exponent, scaling_over_seeds,
};

fn tabulated(fit: &ExponentFit) -> Tabulated {
    let (lower, upper) = (fit.lower.unwrap(), fit.upper.unwrap());
    Tabulated { exponent: fit.exponent, lower, upper }
}

/// What the tables keep of a fit.
fn table(fit: &ScalingFit, seeds: usize) -> Summarised {
    let corrected = fit.corrected.unwrap().exponent;
    Summarised {
        seeds,
        slopes: fit.all.local_slopes.clone(),
        all: tabulated(&fit.all),
        chosen: (tabulated(&fit.chosen), fit.chosen.widths_used.len()),
        corrected: Some(Tabulated {
            exponent: corrected.estimate,
            lower: corrected.lower.unwrap(),
            upper: corrected.upper.unwrap(),
        }),
    }
}

/// Where errors are independent, as the table must suppose, both ways give one verdict in nearly all
/// studies: they estimate one spread in two ways.
#[test]
fn the_table_gives_the_verdict_of_the_seeds() {
    let (mut same, mut all) = (0, 0);
    for number in 0..60 {
        let mut random = Random::new(11 * number + 5);
        let values = plant_corrected(&study_widths(), -0.75, 0.0, 12, scattered(0.1), &mut random);
        let rule = WidthRule::default();
        let fit = scaling_over_seeds(&study_widths(), &values, DEFAULT_LEVEL, &rule).unwrap();
        let again = table(&fit, 12).fit(&rule).unwrap();
        assert_eq!(again.all.widths_used, fit.all.widths_used);
        for predicted in [-0.75, -1.0, -0.5] {
            let verdict = |fit| decide_exponent(fit, predicted, 0.125).verdict;
            all += 1;
            same += usize::from(verdict(&fit) == verdict(&again));
        }
    }
    assert!(same * 100 >= 93 * all, "{same} of {all}");
}

/// A row as it was committed: it bends back, and was called refuted.
#[test]
fn an_exponent_that_comes_back_is_no_power_law() {
    let slope = |k: i32, (slope, reach): (f64, f64)| LocalSlope {
        from: 2f64.powi(k),
        to: 2f64.powi(k + 1),
        slope,
        lower: Some(slope - reach),
        upper: Some(slope + reach),
    };
    let rows = [(-1.17, 0.36), (-1.92, 0.79), (-2.40, 0.86), (-2.06, 0.91), (-1.67, 0.77)];
    let rows = rows.into_iter().chain([(-1.016, 0.188)]);
    let fitted = Tabulated { exponent: -1.831, lower: -1.868, upper: -1.793 };
    let table = Summarised {
        seeds: 12,
        slopes: rows.enumerate().map(|(k, row)| slope(7 + k as i32, row)).collect(),
        all: fitted,
        chosen: (fitted, 7),
        corrected: Some(Tabulated { exponent: -1.755, lower: -2.181, upper: -1.329 }),
    };
    let decision = decide_exponent(&table.fit(&WidthRule::default()).unwrap(), -1.0, 0.125);
    assert_ne!(decision.verdict, Verdict::Refuted, "{}", decision.reason);
    assert_ne!(decision.verdict, Verdict::Holds, "{}", decision.reason);
    let heading = decision.heading.unwrap();
    assert!(heading.lower < -1.0 && -1.0 < heading.upper, "{}", decision.reason);
}

fn slope_of_one() -> LocalSlope {
    LocalSlope { from: 128.0, to: 256.0, slope: -1.0, lower: None, upper: None }
}

#[test]
fn a_table_without_intervals_is_refused() {
    let slope =
        |from: f64| LocalSlope { from, to: 2.0 * from, slope: -1.0, lower: None, upper: None };
    let fitted = Tabulated { exponent: -1.0, lower: -1.1, upper: -0.9 };
    let table = Summarised {
        seeds: 5,
        slopes: vec![slope(128.0), slope(256.0)],
        all: fitted,
        chosen: (fitted, 3),
        corrected: None,
    };
    let refused = table.fit(&WidthRule::default());
    assert!(matches!(refused, Err(StatsError::TooFew { .. })));
    for (from, to, slope, lower, upper) in [
        (-5.0, 128.0, -1.0, -1.1, -0.9),
        (128.0, 128.0, -1.0, -1.1, -0.9),
        (64.0, 128.0, f64::NAN, -1.1, -0.9),
        (64.0, 128.0, -1.0, f64::NAN, f64::NAN),
        (64.0, 128.0, -1.0, f64::NEG_INFINITY, f64::INFINITY),
        (64.0, 128.0, -1.0, -0.9, -1.1),
    ] {
        let known = LocalSlope { from, to, slope, lower: Some(lower), upper: Some(upper) };
        let next =
            LocalSlope { from: 128.0, lower: Some(-1.1), upper: Some(-0.9), ..slope_of_one() };
        let slopes = vec![known, next];
        let refused = Summarised { slopes, ..table.clone() }.fit(&WidthRule::default());
        assert!(refused.is_err(), "{known:?}");
    }
    let many = Summarised { seeds: usize::MAX, ..table.clone() };
    assert!(many.fit(&WidthRule::default()).is_err());
    let lone = Summarised { seeds: 1, ..table };
    assert!(matches!(
        lone.fit(&WidthRule::default()),
        Err(StatsError::TooFew { what: "seeds", .. })
    ));
}

//! The three-way decision, case by case.

use approx::assert_relative_eq;
use lora_stats::{
    Decision, Interval, ScalingFit, StatsError, Verdict, WidthRule, decide_exponent,
    decide_interval, scaling_over_seeds,
};

fn widths() -> Vec<f64> {
    (7..=13).map(|exponent| f64::from(1 << exponent)).collect()
}

/// Exact values of a law at each seed, whose own exponents are `exponents`.
fn values(exponents: &[f64], law: impl Fn(f64) -> f64) -> Vec<Vec<Option<f64>>> {
    let seed = |exponent: &f64| {
        widths().into_iter().map(|n| Some(n.powf(*exponent) * law(n).exp())).collect()
    };
    exponents.iter().map(seed).collect()
}

fn fit(exponents: &[f64], law: impl Fn(f64) -> f64) -> ScalingFit {
    let rule = WidthRule::default();
    scaling_over_seeds(&widths(), &values(exponents, law), 0.95, &rule).unwrap()
}

fn interval(lower: f64, upper: f64) -> Interval {
    let estimate = 0.5 * (lower + upper);
    Interval {
        estimate,
        lower: Some(lower),
        upper: Some(upper),
        standard_error: Some((upper - estimate) / 2.776),
        undefined_share: 0.0,
        level: 0.95,
        seeds: 5,
    }
}

#[test]
fn a_straight_law_is_fitted_alike_three_times() {
    let fit = fit(&[-0.7, -0.72, -0.68], |_| 0.0);
    let corrected = fit.corrected.unwrap();
    assert_eq!((fit.smallest, &fit.chosen), (128.0, &fit.all));
    assert_relative_eq!(fit.all.exponent, -0.7, max_relative = 1e-12);
    assert_relative_eq!(corrected.exponent.estimate, -0.7, max_relative = 1e-10);
    assert_relative_eq!(corrected.amplitude.estimate, 0.0, epsilon = 1e-10);
    assert_eq!(corrected.power, 0.5);
}

#[test]
fn a_planted_correction_is_taken_off() {
    let fit = fit(&[-0.7, -0.72, -0.68], |n| 3.0 * n.powf(-0.5));
    let corrected = fit.corrected.unwrap();
    assert_relative_eq!(corrected.exponent.estimate, -0.7, max_relative = 1e-10);
    assert_relative_eq!(corrected.amplitude.estimate, 3.0, max_relative = 1e-10);
    // A line over all widths is steeper, one over the widths that the rule leaves less so.
    assert!(fit.smallest > 128.0 && fit.chosen.widths_used.len() >= 5);
    assert!(fit.all.exponent < fit.chosen.exponent && fit.chosen.exponent < -0.7);
}

#[test]
fn curvature_of_no_consequence_drops_nothing() {
    // Noise-free, so any curvature is significant: 0.1 n^-1/2 bends the slope by 0.004.
    let fit = fit(&[-0.7, -0.7], |n| 0.1 * n.powf(-0.5));
    assert_eq!(fit.smallest, 128.0);
}

#[test]
fn one_seed_keeps_all_widths_and_decides_nothing() {
    let fit = fit(&[-0.7], |n| 30.0 * n.powf(-0.5));
    assert_eq!((fit.smallest, fit.chosen.lower), (128.0, None));
    let decision = decide_exponent(&fit, -0.75, 0.125);
    assert_eq!((decision.verdict, decision.needed), (Verdict::Undecided, None));
    assert!(decision.reason.contains("no interval"));
}

#[test]
fn widths_that_a_seed_lacks_are_not_usable() {
    let mut rows = values(&[-0.7, -0.6], |_| 0.0);
    for (seed, width) in [(0, 0), (1, 3), (0, 6)] {
        rows[seed][width] = None;
    }
    let fit = scaling_over_seeds(&widths(), &rows, 0.95, &WidthRule::default()).unwrap();
    assert_eq!((fit.smallest, fit.corrected), (256.0, None));
    assert_eq!(fit.chosen.excluded_widths, [128.0, 1024.0, 8192.0]);
    let rule = WidthRule { min_points: 2 };
    let refused = scaling_over_seeds(&widths(), &rows, 0.95, &rule);
    assert!(matches!(refused, Err(StatsError::InvalidParameter { name: "min_points", .. })));
}

#[test]
fn exponents_hold_or_are_refuted_or_neither() {
    let narrow = fit(&[-0.70, -0.71, -0.72], |_| 0.0);
    assert_eq!(decide_exponent(&narrow, -0.75, 0.125).verdict, Verdict::Holds);
    assert_eq!(decide_exponent(&narrow, -0.5, 0.125).verdict, Verdict::Refuted);
    assert_eq!(decide_exponent(&narrow, -1.0, 0.125).verdict, Verdict::Refuted);
    let wide = fit(&[-0.5, -0.7, -0.9], |_| 0.0);
    let decision = decide_exponent(&wide, -0.75, 0.125);
    assert_eq!(decision.verdict, Verdict::Undecided);
    assert!(decision.reason.contains("too wide"), "{}", decision.reason);
    // sd 0.2 against 0.075 to the nearest edge: t(29) · 0.2 / √30 = 0.0747, and 0.0761 with 29.
    assert_eq!(decision.needed.unwrap().seeds, Some(30));
}

#[test]
fn a_correction_that_disagrees_leaves_it_undecided() {
    // Steep at the narrow end: the line says −0.73 or so, the corrected fit −0.7.
    let bent = fit(&[-0.7, -0.701, -0.699], |n| 2.0 * n.powf(-0.5));
    assert!(bent.chosen.upper.unwrap() < -0.72);
    let decision = decide_exponent(&bent, -0.7, 0.02);
    assert_eq!(decision.verdict, Verdict::Undecided);
    assert!(decision.reason.starts_with("the leading finite-width correction decides"));
    assert_eq!(decision.needed, None);
}

#[test]
fn a_correction_that_matters_is_no_power_law() {
    let bent = fit(&[-0.7, -0.701, -0.699], |n| 6.0 * n.powf(-0.5));
    let decision = decide_exponent(&bent, -0.7, 0.05);
    assert_eq!(decision.verdict, Verdict::NotAPowerLaw);
    let heading = decision.heading.unwrap();
    assert!(-0.78 < heading.slope && heading.slope < -0.7, "{}", decision.reason);
}

#[test]
fn intervals_are_compared_with_any_range() {
    let below_zero = (None, Some(0.0));
    let verdict = |lower, upper| decide_interval(&interval(lower, upper), below_zero).verdict;
    assert_eq!(verdict(-0.3, 0.0), Verdict::Holds);
    assert_eq!(verdict(0.1, 0.3), Verdict::Refuted);
    assert_eq!(verdict(0.0, 0.3), Verdict::Undecided);
    let undecided = decide_interval(&interval(-0.3, 0.1), below_zero);
    // t(S − 1)/√S must halve: 2.776/√5 = 1.242 becomes 0.618 with 13 seeds, 0.604 being less.
    assert_eq!(undecided.needed.unwrap().seeds, Some(13));
    assert_eq!(undecided.needed.unwrap().widest, None);
    assert_eq!(decide_interval(&interval(0.2, 0.3), (Some(0.1), None)).verdict, Verdict::Holds);
    assert_eq!(decide_interval(&interval(-1.0, 1.0), (None, None)).verdict, Verdict::Holds);
}

#[test]
fn nonsense_decides_nothing() {
    let fit = fit(&[-0.70, -0.71, -0.72], |_| 0.0);
    for (predicted, tolerance) in [(f64::NAN, 0.1), (-0.7, -0.1), (f64::INFINITY, 0.1)] {
        assert_eq!(decide_exponent(&fit, predicted, tolerance).verdict, Verdict::Undecided);
    }
    let reversed = decide_interval(&interval(0.0, 1.0), (Some(1.0), Some(0.0)));
    assert_eq!(reversed.verdict, Verdict::Undecided);
}

#[test]
fn fits_and_decisions_survive_json() {
    let fit = fit(&[-0.5, -0.7, -0.9], |n| n.powf(-0.5));
    let text = serde_json::to_string(&fit).unwrap();
    assert_eq!(serde_json::from_str::<ScalingFit>(&text).unwrap(), fit);
    let decision = decide_exponent(&fit, -0.75, 0.125);
    let text = serde_json::to_string(&decision).unwrap();
    assert!(text.starts_with("{\"verdict\":\"undecided\",\"reason\":"), "{text}");
    assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), decision);
}

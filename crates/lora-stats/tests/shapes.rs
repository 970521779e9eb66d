//! Curves that are no power laws, and power laws that must not be called curves.
//!
//! Planted over widths 2^7 … 2^16 with the tolerance 1/8. A curve is given by its local slope; a
//! study draws readings about it for each seed.

use crate::support::{Random, study_widths};
use lora_stats::{
    DEFAULT_LEVEL, Decision, SHAPE_LEVEL, ScalingFit, Verdict, WidthRule, decide_exponent,
    scaling_over_seeds,
};

const TOLERANCE: f64 = 0.125;

/// A curve of ln q with local slope `slope(log₂ n)`, read with noise `reading` by each seed.
fn study(
    slope: impl Fn(f64) -> f64,
    (seeds, reading): (usize, f64),
    random: &mut Random,
) -> ScalingFit {
    let widths = study_widths();
    let mut law = vec![0.0];
    for pair in widths.windows(2) {
        let (from, to) = (pair[0].log2(), pair[1].log2());
        let rise = slope(0.5 * (from + to)) * (pair[1] / pair[0]).ln();
        law.push(law[law.len() - 1] + rise);
    }
    let seed = |_| {
        let level = 0.3 * random.normal();
        law.iter().map(|y| Some((y + level + reading * random.normal()).exp())).collect()
    };
    let values: Vec<Vec<Option<f64>>> = (0..seeds).map(seed).collect();
    scaling_over_seeds(&widths, &values, DEFAULT_LEVEL, &WidthRule::default()).unwrap()
}

fn studies(
    count: usize,
    slope: impl Fn(f64) -> f64,
    size: (usize, f64),
) -> impl Iterator<Item = ScalingFit> {
    (0..count).map(move |number| {
        let mut random = Random::new(7 * number as u64 + 1_000_003 * size.0 as u64);
        study(&slope, size, &mut random)
    })
}

fn share(decisions: &[Decision], verdict: Verdict) -> f64 {
    let hits = decisions.iter().filter(|decision| decision.verdict == verdict).count();
    hits as f64 / decisions.len() as f64
}

fn decided(
    count: usize,
    slope: impl Fn(f64) -> f64,
    size: (usize, f64),
    predicted: f64,
) -> Vec<(ScalingFit, Decision)> {
    let decide = |fit: ScalingFit| {
        let decision = decide_exponent(&fit, predicted, TOLERANCE);
        (fit, decision)
    };
    studies(count, slope, size).map(decide).collect()
}

fn decisions(decided: &[(ScalingFit, Decision)]) -> Vec<Decision> {
    decided.iter().map(|(_, decision)| decision.clone()).collect()
}

/// A swing: the slope overshoots by 1.3 about 2^11 and comes back, as η_stable of Init[B] does.
fn overshoot(log_width: f64) -> f64 {
    -1.0 - 1.3 * (-((log_width - 11.0) / 1.8).powi(2)).exp()
}

/// A step of the slope, from −1 − `size` to −1, about 2^`middle`.
fn step(size: f64, middle: f64) -> impl Fn(f64) -> f64 {
    move |log_width| -1.0 - size / (1.0 + ((log_width - middle) / 0.5).exp())
}

/// A slope that oscillates about −3/4 with a period of five doublings.
fn oscillation(log_width: f64) -> f64 {
    -0.75 + 0.5 * (std::f64::consts::TAU * (log_width - 7.0) / 5.0).sin()
}

/// A parabola in ln n: the slope goes from −1.9 to −0.4 and does not settle.
fn bend(log_width: f64) -> f64 {
    -1.9 + 1.5 * (log_width - 7.5) / 8.0
}

/// What the level promises: at 8·10⁻⁵ a fit, 600 fits call a power law none in at most 5% of
/// suites. Here every departure is relevant, which makes the rate as large as it can be. 20 000
/// studies have 1.6 false alarms on average; seven or more happen once in 500 such tests.
#[test]
fn true_power_laws_are_called_none_as_rarely_as_the_level_says() {
    assert!(1.0 - (1.0 - SHAPE_LEVEL).powi(600) < 0.05);
    for seeds in [3, 6] {
        let false_alarms = studies(10_000, |_| -0.75, (seeds, 1.0))
            .filter(|fit| fit.shape.beyond(SHAPE_LEVEL, 0.0).is_some())
            .count();
        assert!(false_alarms <= 5, "{false_alarms} of 10000 with {seeds} seeds");
    }
}

/// The same test at 1%, where there is enough to count: the Bonferroni bound holds, and the
/// contrasts are not so dependent that it wastes half. Narrow widths were dropped before by the
/// same contrasts, which can only remove what was found.
#[test]
fn the_level_is_kept_where_errors_can_be_counted() {
    let studies: Vec<ScalingFit> = studies(4000, |_| -0.75, (6, 0.2)).collect();
    let found = studies.iter().filter(|fit| fit.shape.beyond(0.01, 0.0).is_some()).count();
    let share = found as f64 / 4000.0;
    assert!(share <= 0.01 + 4.0 * (0.01f64 * 0.99 / 4000.0).sqrt(), "{share}");
    assert!(share >= 0.002, "{share}: the test sees nothing");
}

/// Power: the shares of curves that are called no power law. With twelve seeds and readings as of
/// the suite's stable rates (0.07 to 0.2) S-shapes, oscillations and bends are found; at 0.3 few
/// are, and they are left undecided instead.
#[test]
fn curves_are_distinguished_from_power_laws() {
    type Curve = Box<dyn Fn(f64) -> f64>;
    let curves: [(&str, Curve, [f64; 3]); 4] = [
        // With 12 seeds at 0.07, at 0.1, and with 8 seeds at 0.07.
        ("overshoot", Box::new(overshoot), [0.95, 0.75, 0.5]),
        ("step", Box::new(step(1.0, 13.0)), [0.95, 0.8, 0.7]),
        ("oscillation", Box::new(oscillation), [0.95, 0.95, 0.9]),
        ("bend", Box::new(bend), [0.95, 0.8, 0.5]),
    ];
    for (name, curve, least) in &curves {
        for (size, least) in [(12, 0.07), (12, 0.1), (8, 0.07)].into_iter().zip(least) {
            let decided = decisions(&decided(120, curve, size, -1.0));
            let found = share(&decided, Verdict::NotAPowerLaw);
            assert!(found >= *least, "{name} {size:?}: found in {found}");
        }
    }
}

/// Curves that have settled over the three widest points. What the verdict says is true of their
/// limit in nine of ten studies: *holds* and *refuted* of the predicted −1, else the slope to which
/// it heads, or that of the widest points where it is undecided. Where readings scatter by 0.3, or
/// by 0.2 with five seeds, a half step is hidden: a prediction of −5/4, its average slope, holds
/// falsely in up to two fifths.
#[test]
fn the_verdict_names_the_limit_of_what_has_settled() {
    type Curve = Box<dyn Fn(f64) -> f64>;
    let curves: [(&str, Curve); 4] = [
        ("overshoot", Box::new(overshoot)),
        ("small step", Box::new(step(0.5, 13.0))),
        ("large step", Box::new(step(1.0, 13.0))),
        ("early step", Box::new(step(0.5, 10.0))),
    ];
    for (name, curve) in &curves {
        let sizes = [(12, 0.07), (12, 0.2), (8, 0.07), (8, 0.2), (5, 0.07), (5, 0.2), (12, 0.3)];
        for size in sizes {
            let fits: Vec<ScalingFit> = studies(150, curve, size).collect();
            for predicted in [-1.0, -0.75, -1.25] {
                let named = fits.iter().filter(|fit| names(fit, predicted)).count();
                let share = named as f64 / 150.0;
                // Nine tenths, less three binomial standard deviations of 150 studies.
                let hidden = size == (12, 0.3) || size == (5, 0.2);
                let least = if hidden { 0.55 } else { 0.9 - 0.073 };
                assert!(share >= least, "{name} {size:?} {predicted}: named in {share}");
            }
        }
    }
}

/// Whether the decision on a fit is true of the limit −1.
fn names(fit: &ScalingFit, predicted: f64) -> bool {
    let (truth, decision) = (-1.0, decide_exponent(fit, predicted, TOLERANCE));
    let agrees = (predicted - truth).abs() <= TOLERANCE;
    match decision.verdict {
        Verdict::Holds => agrees,
        Verdict::Refuted => !agrees,
        Verdict::NotAPowerLaw => {
            let heading = decision.heading.unwrap();
            heading.lower <= truth && truth <= heading.upper
        }
        Verdict::Undecided => fit.wide_end.three.contains(truth).unwrap(),
    }
}

/// A curve that has settled is hardly ever refuted for its past.
#[test]
fn a_curve_that_has_settled_on_the_prediction_is_not_refuted() {
    for size in [(12, 0.07), (12, 0.2), (8, 0.2), (5, 0.2)] {
        for curve in [&overshoot as &dyn Fn(f64) -> f64, &step(0.5, 13.0), &step(1.0, 13.0)] {
            let refuted = share(&decisions(&decided(200, curve, size, -1.0)), Verdict::Refuted);
            assert!(refuted <= 0.08, "{size:?}: refuted in {refuted}");
        }
    }
}

/// Nearly noise-free data show any shape; one of no consequence is none.
#[test]
fn a_shape_of_no_consequence_is_a_power_law() {
    let slope = |log_width: f64| -0.75 + 0.02 * (log_width - 11.5) / 4.5;
    for (fit, decision) in decided(20, slope, (5, 1e-6), -0.75) {
        assert!(fit.shape.beyond(SHAPE_LEVEL, 0.0).is_some());
        assert_eq!(decision.verdict, Verdict::Holds, "{}", decision.reason);
    }
}

/// What is said of a curve: how it departs, where it heads, and whether it still moves.
#[test]
fn the_reason_names_the_shape_and_the_heading() {
    let (_, decision) = decided(1, overshoot, (12, 0.02), -1.0).remove(0);
    assert_eq!(decision.verdict, Verdict::NotAPowerLaw);
    assert!(decision.reason.starts_with("the points lie on no power law: they "));
    assert!(decision.reason.contains("at the widest points the local slope is -1.0"));
    let (_, decision) = decided(1, bend, (12, 0.02), -1.0).remove(0);
    assert!(decision.reason.contains("and still rises"), "{}", decision.reason);
    assert_eq!(decision.needed, None);
}

/// A curve refutes what it comes near nowhere, unless it is on its way there.
#[test]
fn a_prediction_that_no_local_slope_agrees_with_is_refuted_by_a_curve_too() {
    let (_, away) = decided(1, bend, (12, 0.005), -3.0).remove(0);
    assert_eq!(away.verdict, Verdict::Refuted, "{}", away.reason);
    assert!(away.reason.starts_with("every local slope lies above"), "{}", away.reason);
    let (_, coming) = decided(1, bend, (12, 0.005), 0.0).remove(0);
    assert_eq!(coming.verdict, Verdict::NotAPowerLaw, "{}", coming.reason);
}

/// A wide end that departs away from the prediction never makes a refutation less certain.
#[test]
fn a_kink_away_from_the_prediction_leaves_it_refuted() {
    for kink in [0.0, 0.2, 0.3, 0.7, 1.5] {
        let away = |log_width: f64| if log_width > 14.0 { -1.0 - kink } else { -1.0 };
        let refuted = share(&decisions(&decided(40, away, (8, 0.1), 0.0)), Verdict::Refuted);
        assert!(refuted >= 0.9, "{kink}: refuted in {refuted}");
    }
}

/// A wide end that leaves the line, but not beyond what a suite of fits shows by chance, decides
/// nothing: neither that the prediction holds nor that it is refuted.
#[test]
fn a_wide_end_that_leaves_the_line_is_undecided() {
    let late = |log_width: f64| if log_width > 15.0 { -2.0 } else { -1.0 };
    let decided = decisions(&decided(100, late, (12, 0.25), -1.0));
    assert!(share(&decided, Verdict::Holds) <= 0.15, "{}", share(&decided, Verdict::Holds));
    let decision =
        decided.iter().find(|d| d.reason.starts_with("the points may lie on no power law"));
    assert_eq!(decision.unwrap().verdict, Verdict::Undecided);
    assert!(decision.unwrap().heading.is_some());
}

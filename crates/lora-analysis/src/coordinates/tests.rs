//! Planted features: what is flat is told from what is not.

use lora_experiment::experiment::with_settings;
use lora_experiment::study::definition::Study;
use lora_sim::spec::Init;
use lora_stats::Agreement;
use lora_store::rows::{Results, RunRow, StepRow};
use lora_types::Verdict;

use super::check;
use crate::draw::{flat, flatness};
use crate::summary::{CoordinateSummary, FeatureSummary};

const SETTINGS: [&str; 7] = [
    "model.readout_exponent=1",
    "training.steps=3",
    "training.record_every=1",
    "search.lr_min=0.02",
    "search.lr_max=0.4",
    "figures.coordinates_lr=0.1",
    r#"search.lr_exponent={ A = "-1/2", B = "-1" }"#,
];

fn study(more: &[&str]) -> Study {
    let set: Vec<String> = SETTINGS.iter().chain(more).map(|set| (*set).to_owned()).collect();
    Study::of("planted", &with_settings(&set).expect("an experiment")).expect("a grid")
}

/// Repeatable noise of a few per cent.
fn noise(seed: u64, width: usize, step: usize) -> f64 {
    (0.03 * (7.0 * seed as f64 + 5.0 * (width as f64).ln() + 3.0 * step as f64).sin()).exp()
}

/// Runs whose Z_A goes like n^za and whose Z_B like n^zb from the first step on, and whose loss falls by `loss(n)`
/// a step. At other places of the grid everything is different.
fn planted(study: &Study, place: i64, [za, zb]: [f64; 2], loss: impl Fn(usize) -> f64) -> Results {
    let e = &study.experiment;
    let mut results = Results::default();
    for &init in &e.training.inits {
        for &width in &e.model.widths {
            for &seed in &e.training.seeds {
                for lr_index in [place - 1, place, place + 1] {
                    let of_place = if lr_index == place { 1.0 } else { width as f64 };
                    results.runs.push(run(init, width, seed, lr_index));
                    for step in 0..=e.training.steps {
                        let size = |power: f64| {
                            of_place * (width as f64).powf(power) * noise(seed, width, step)
                        };
                        let fallen = 5.0 * (-loss(width) * step as f64).exp();
                        results.steps.push(StepRow {
                            za_rms: size(za) as f32,
                            zb_rms: if step == 0 { 0.0 } else { size(zb) as f32 },
                            train_loss: (of_place * fallen) as f32,
                            ..still(init, width, seed, lr_index, step)
                        });
                    }
                }
            }
        }
    }
    results
}

fn run(init: Init, width: usize, seed: u64, lr_index: i64) -> RunRow {
    RunRow {
        init,
        width,
        seed,
        lr_index,
        lr: 0.1,
        score: Some(1.0),
        first_loss: 5.0,
        train_loss: 1.0,
        test_loss: 1.0,
        peak_zb: Some(1.0),
        za_rms: 1.0,
        zb_rms: 1.0,
        za_norm: 1.0,
        zb_norm: 1.0,
        a_move: 1.0,
        b_move: 1.0,
        least_gradient_a: None,
        least_gradient_b: None,
        diverged_at: None,
    }
}

fn still(init: Init, width: usize, seed: u64, lr_index: i64, step: usize) -> StepRow {
    StepRow {
        init,
        width,
        seed,
        lr_index,
        step,
        train_loss: 1.0,
        test_loss: 1.0,
        za_rms: 1.0,
        za_norm: 1.0,
        zb_rms: 1.0,
        zb_norm: 1.0,
        delta1: 0.0,
        delta2: 0.0,
        delta3: 0.0,
        a_move: 1.0,
        b_move: 1.0,
    }
}

/// The place of 0.08 on a grid of a factor 4 from 0.02 that is halved three times.
const PLACE: i64 = 8;

fn of<'s>(
    check: &'s CoordinateSummary,
    init: Init,
    feature: &str,
    step: usize,
) -> &'s FeatureSummary {
    let found = check
        .features
        .iter()
        .find(|of| (of.init, of.feature.as_str(), of.step) == (init, feature, step));
    found.expect("it is judged")
}

#[test]
fn no_check_without_its_key() {
    let study = study(&["figures.coordinates_lr=0"]);
    assert_eq!(check(&study, &planted(&study, PLACE, [0.0; 2], |_| 0.1)), None);
}

#[test]
fn the_coarse_rate_nearest_to_the_key_is_checked_alone() {
    let study = study(&[]);
    let found = check(&study, &planted(&study, PLACE, [0.0, 0.0], |_| 0.1)).expect("a check");
    assert_eq!((found.lr_index, found.smallest_width), (PLACE, 128));
    assert!((found.lr - 0.08).abs() < 1e-12, "{}", found.lr);
    for init in [Init::A, Init::B] {
        for feature in ["za_rms", "zb_rms"] {
            let of = of(&found, init, feature, 3);
            assert_eq!(of.flat, Verdict::Holds, "{of:?}");
            assert!(of.lower.is_some_and(|lower| lower < 0.0), "{of:?}");
        }
    }
    // Nothing is said of what no run has: δ1 to δ3, and Z_B before the first step.
    assert_eq!(found.features.len(), 2 * (4 + 3));
}

/// Of the grid 0.02, 0.08, 0.32 the last rate is nearest to 0.18 in logarithms, and 0.08 by the difference.
#[test]
fn nearest_is_meant_in_logarithms() {
    let study = study(&["figures.coordinates_lr=0.18"]);
    let found = check(&study, &planted(&study, 2 * PLACE, [0.0, 0.0], |_| 0.1)).expect("a check");
    assert_eq!(found.lr_index, 2 * PLACE);
    assert!((found.lr - 0.32).abs() < 1e-12, "{}", found.lr);
}

/// At γ = −15/16 Z_B goes like n^1/16 under Init\[B\], which an interval within 1/8 of 0 would call flat.
#[test]
fn a_small_exponent_of_the_theory_asks_for_a_smaller_tolerance() {
    let study = study(&[r#"search.lr_exponent={ A = "-1/2", B = "-15/16" }"#]);
    let at = |power| {
        let found = check(&study, &planted(&study, PLACE, [0.0, power], |_| 0.1)).expect("a check");
        let words = flatness(&found);
        assert!(words.ends_with("or within half of the theory’s exponent where that is less."));
        [Init::B, Init::A].map(|init| of(&found, init, "zb_rms", 3).clone())
    };
    let [grows, other] = at(1.0 / 16.0);
    assert_eq!((grows.predicted_exact.as_deref(), grows.flat_within), (Some("1/16"), 1.0 / 32.0));
    assert_eq!((grows.flat, flat(&grows).as_str()), (Verdict::Refuted, "not flat (within 0.031)"));
    assert!(grows.lower.is_some_and(|lower| lower > 0.0), "{grows:?}");
    assert_eq!((other.flat, flat(&other).as_str()), (Verdict::Holds, "flat"));
    assert_eq!(at(0.0)[0].flat, Verdict::Holds);
}

#[test]
fn the_tolerance_is_explained_by_the_theory_where_there_is_one() {
    let study = study(&[]);
    let mut found = check(&study, &planted(&study, PLACE, [0.0, 0.0], |_| 0.1)).expect("a check");
    let quarter = "Flat: its interval lies within 1/8 of 0, half the distance to the nearest other multiple of 1/4.";
    assert_eq!(flatness(&found), quarter);
    found.features.iter_mut().for_each(|of| of.predicted_exact = None);
    assert_eq!(flatness(&found), "Flat: its interval lies within 1/8 of 0, which is our choice.");
}

#[test]
fn an_init_of_which_every_run_diverged_is_undecided_after_the_last_step() {
    let study = study(&[]);
    let mut results = planted(&study, PLACE, [0.0, 0.0], |_| 0.1);
    let mut diverge = |init: Init| {
        results.steps.retain(|row| row.init != init || row.step < 2);
        let of_init = results.runs.iter_mut().filter(|row| row.init == init);
        of_init.for_each(|row| row.diverged_at = Some(2));
        check(&study, &results).expect("a check")
    };
    let one = diverge(Init::B);
    assert_eq!(of(&one, Init::A, "zb_rms", 3).flat, Verdict::Holds);
    let both = diverge(Init::A);
    for found in [one, both] {
        let of = of(&found, Init::B, "zb_rms", 3);
        assert_eq!((of.flat, of.why.as_str()), (Verdict::Undecided, "every run had diverged"));
        assert_eq!((of.exponent, found.features.iter().map(|of| of.step).max()), (None, Some(3)));
    }
}

#[test]
fn a_verdict_needs_three_widths() {
    let at = |widths: &str| {
        let study = study(&[&format!("model.widths={widths}")]);
        let found = check(&study, &planted(&study, PLACE, [0.0, 0.0], |_| 0.1)).expect("a check");
        of(&found, Init::A, "zb_rms", 3).clone()
    };
    let two = at("[128,8192]");
    assert!(two.exponent.is_some() && two.lower.is_some(), "{two:?}");
    assert_eq!(two.flat, Verdict::Undecided);
    assert_eq!(two.why, "a verdict needs 3 widths, and there are 2");
    assert_eq!(at("[128,1024,8192]").flat, Verdict::Holds);
}

#[test]
fn a_quarter_is_not_flat() {
    let study = study(&[]);
    for power in [0.25, -0.25] {
        let found = check(&study, &planted(&study, PLACE, [0.0, power], |_| 0.1)).expect("a check");
        let [za, zb] = ["za_rms", "zb_rms"].map(|feature| of(&found, Init::B, feature, 3));
        assert_eq!((za.flat, zb.flat), (Verdict::Holds, Verdict::Refuted), "{zb:?}");
        assert!((zb.exponent.expect("a slope") - power).abs() < 0.01);
    }
}

/// Within these widths the slope of a valley is 0, and it is not flat.
#[test]
fn a_valley_bends() {
    let study = study(&[]);
    let mut results = planted(&study, PLACE, [0.0, 0.0], |_| 0.1);
    for row in &mut results.steps {
        row.zb_rms *= (0.3 * (row.width as f32 / 1024.0).ln().powi(2)).exp();
    }
    let found = check(&study, &results).expect("a check");
    let of = of(&found, Init::A, "zb_rms", 3);
    assert!(of.exponent.is_some_and(|slope| slope.abs() < 0.05), "{of:?}");
    assert_eq!(of.flat, Verdict::NotAPowerLaw, "{of:?}");
    assert!(of.why.starts_with("the points bend: a local slope departs"), "{of:?}");
}

/// After the last step Z_A is predicted to go like n^1/2 under Init\[A\], and to stay under Init\[B\].
#[test]
fn the_theory_is_compared_after_the_last_step_alone() {
    let study = study(&[]);
    let found = check(&study, &planted(&study, PLACE, [0.5, 0.0], |_| 0.1)).expect("a check");
    let last = of(&found, Init::A, "za_rms", 3);
    assert_eq!((last.predicted_exact.as_deref(), last.gamma.as_str()), (Some("1/2"), "-1/2"));
    assert_eq!((last.agreement, last.flat), (Agreement::Agrees, Verdict::Refuted));
    assert_eq!(of(&found, Init::B, "za_rms", 3).agreement, Agreement::Excluded);
    let before = of(&found, Init::A, "za_rms", 2);
    assert_eq!((&before.predicted_exact, before.agreement), (&None, Agreement::NoPrediction));
}

#[test]
fn a_width_that_a_run_did_not_reach_leaves_it_undecided() {
    let study = study(&[]);
    let mut results = planted(&study, PLACE, [0.0, 0.0], |_| 0.1);
    results.steps.retain(|row| (row.width, row.seed) != (8192, 3) || row.step < 2);
    let found = check(&study, &results).expect("a check");
    let [before, after] = [1, 2].map(|step| of(&found, Init::A, "zb_rms", step));
    assert_eq!((before.flat, after.flat), (Verdict::Holds, Verdict::Undecided));
    assert_eq!(after.why, "some seed has no positive value at n = 8192");
    assert_eq!(found.loss_gaps.last().expect("a pair").gap, None);
}

/// Losses that fall like exp(−(0.1 + 1/n) t) differ by (1/n − 1/n') t.
#[test]
fn the_gap_of_loss_curves_is_that_of_their_logarithms() {
    let study = study(&[]);
    let results = planted(&study, PLACE, [0.0, 0.0], |n| 0.1 + 10.0 / n as f64);
    let found = check(&study, &results).expect("a check");
    assert_eq!(found.loss_gaps.len(), 2 * 6);
    for gap in &found.loss_gaps {
        let each_step = 10.0 / gap.from as f64 - 10.0 / gap.to as f64;
        let expected = each_step * (14.0f64 / 3.0).sqrt();
        assert!((gap.gap.expect("a gap") / expected - 1.0).abs() < 1e-3, "{gap:?}");
    }
}

#[test]
fn one_seed_and_one_width_are_undecided_and_one_width_has_no_gap() {
    let one = study(&["training.seeds=[0]"]);
    let found = check(&one, &planted(&one, PLACE, [0.0, 0.0], |_| 0.1)).expect("a check");
    assert_eq!(of(&found, Init::A, "za_rms", 3).flat, Verdict::Undecided);
    let one = study(&["model.widths=[128]"]);
    let found = check(&one, &planted(&one, PLACE, [0.0, 0.0], |_| 0.1)).expect("a check");
    let of = of(&found, Init::A, "za_rms", 3);
    assert_eq!((of.exponent, of.flat), (None, Verdict::Undecided));
    assert!(found.loss_gaps.is_empty());
}

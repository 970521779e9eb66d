//! Poor inputs are drawn as well as can be, without a panic.

use crate::common;
use crate::common::All;
use lora_figures::{FigureText, Init, Regime, TraceAxis, Width};

/// Draws all, and checks that each picture shows something and its SVG has no broken number.
fn draws(all: &All) {
    let dir = tempfile::tempdir().unwrap();
    for files in all.draw(dir.path()).unwrap() {
        let picture = common::png::decode(&std::fs::read(&files.png).unwrap());
        assert!(picture.covered() > 0.001, "{} is blank", files.png.display());
        let svg = std::fs::read_to_string(&files.svg).unwrap();
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{}", files.svg.display());
    }
}

#[test]
fn empty_figures_say_so() {
    let dir = tempfile::tempdir().unwrap();
    for files in All::empty().draw(dir.path()).unwrap() {
        assert!(std::fs::read_to_string(&files.svg).unwrap().contains("no data"));
    }
    draws(&All::empty());
}

#[test]
fn one_width_one_seed_and_no_fits() {
    let mut all = All::sample();
    all.scaling.points.retain(|p| p.width == Width::Finite(128));
    all.scaling.fits.clear();
    all.scaling.guides.clear();
    all.norms.rows.retain(|r| r.width == Width::Finite(128) && r.seed == 0 && r.step == 30);
    all.norms.means.retain(|m| m.width == Width::Finite(128) && m.step == 30);
    all.norms.notes.clear();
    all.curves.runs.retain(|r| r.width == Width::Finite(128) && r.seed == 0);
    all.curves.means.clear();
    all.curves.optima.clear();
    all.phases.phases.truncate(1);
    all.phases.measured.clear();
    all.verdicts.rows.truncate(1);
    all.lora_plus.regions.truncate(1);
    all.lora_plus.points.clear();
    all.lora_plus.marks.truncate(1);
    all.drift.rows.truncate(1);
    all.drift.lines.clear();
    all.traces.points.retain(|p| p.width == Width::Finite(128) && p.step == 3);
    all.traces.notes.clear();
    draws(&all);
}

#[test]
fn identical_values() {
    let mut all = All::sample();
    for p in &mut all.scaling.points {
        (p.value, p.lower, p.upper) = (0.01, Some(0.01), Some(0.01));
    }
    all.norms.rows.iter_mut().for_each(|r| (r.norm, r.step) = (1.0, 7));
    all.norms.means.iter_mut().for_each(|m| (m.norm, m.step) = (1.0, 7));
    all.curves.runs.iter_mut().for_each(|r| (r.loss, r.learning_rate) = (1.0, 0.1));
    all.curves.means.iter_mut().for_each(|r| (r.loss, r.learning_rate) = (1.0, 0.1));
    all.phases.phases.iter_mut().for_each(|p| (p.from, p.to) = (-1.0, -1.0));
    for r in &mut all.verdicts.rows {
        (r.estimate, r.lower, r.upper) = (Some(0.0), Some(0.0), Some(0.0));
        (r.predicted, r.tolerance) = (0.0, 0.0);
    }
    for p in &mut all.lora_plus.points {
        (p.gamma_a, p.gamma_b) = (-1.0, -1.0);
    }
    all.lora_plus.regions.clear();
    for r in &mut all.drift.rows {
        (r.width, r.slope, r.lower, r.upper) = (128.0, -1.0, Some(-1.0), Some(-1.0));
    }
    all.traces.points.iter_mut().for_each(|p| (p.value, p.step) = (1.0, 7));
    draws(&all);
}

/// Every number that a caller can get wrong, set to each of a set of bad values.
#[test]
fn bad_numbers_everywhere() {
    let bad = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        0.0,
        -1.0,
        f64::MAX,
        f64::MIN_POSITIVE,
        5e-324,
    ];
    let mut all = All::sample();
    for (index, p) in all.scaling.points.iter_mut().enumerate() {
        p.value = bad[index % bad.len()];
        p.lower = Some(bad[(index / 2) % bad.len()]);
        p.width = [0.into(), 1.into(), usize::MAX.into(), Width::Infinite][index % 4];
    }
    for (index, f) in all.scaling.fits.iter_mut().enumerate() {
        (f.exponent, f.prefactor) = (bad[index % bad.len()], bad[(index + 3) % bad.len()]);
    }
    for (index, g) in all.scaling.guides.iter_mut().enumerate() {
        g.exponent = bad[index % bad.len()];
    }
    for (index, r) in all.norms.rows.iter_mut().enumerate() {
        r.norm = bad[index % bad.len()];
    }
    for (index, m) in all.norms.means.iter_mut().enumerate() {
        m.norm = bad[index % bad.len()];
    }
    for (index, r) in all.curves.runs.iter_mut().enumerate() {
        (r.loss, r.learning_rate) = (bad[index % bad.len()], bad[(index / 3) % bad.len()]);
    }
    all.curves.loss_ceiling = Some(f64::NAN);
    for (index, p) in all.phases.phases.iter_mut().enumerate() {
        (p.from, p.to) = (bad[index % bad.len()], bad[(index + 1) % bad.len()]);
    }
    for (index, m) in all.phases.measured.iter_mut().enumerate() {
        m.gamma = bad[index % bad.len()];
    }
    for (index, c) in all.phases.critical.iter_mut().enumerate() {
        c.gamma = bad[index % bad.len()];
    }
    for (index, p) in all.traces.points.iter_mut().enumerate() {
        p.value = bad[index % bad.len()];
        p.width = [0.into(), 1.into(), usize::MAX.into(), Width::Infinite][index % 4];
        p.step = [0, 1, u64::MAX][index % 3];
    }
    bad_suite(&mut all, |index| bad[index % bad.len()]);
    draws(&all);
    all.traces.over = TraceAxis::Step;
    draws(&all);
}

/// The same for the figures of the suite.
fn bad_suite(all: &mut All, bad: impl Fn(usize) -> f64) {
    for (index, r) in all.verdicts.rows.iter_mut().enumerate() {
        (r.estimate, r.lower, r.upper) = (Some(bad(index)), Some(bad(index / 2)), None);
        (r.predicted, r.tolerance) = (bad(index + 1), bad(index + 3));
        r.corrected = Some((bad(index + 4), bad(index + 2)));
    }
    for (index, r) in all.lora_plus.regions.iter_mut().enumerate() {
        (r.gamma_a, r.gamma_b, r.size) = (bad(index), bad(index / 3), bad(index / 7));
    }
    for (index, p) in all.lora_plus.points.iter_mut().enumerate() {
        (p.gamma_a, p.gamma_b) = (bad(index), bad(index / 2));
    }
    all.lora_plus.marks.iter_mut().enumerate().for_each(|(i, m)| m.gamma_a = bad(i));
    for (index, r) in all.drift.rows.iter_mut().enumerate() {
        (r.width, r.slope) = (bad(index), bad(index / 2));
        (r.lower, r.upper) = (Some(bad(index / 3)), Some(bad(index + 1)));
    }
    for (index, l) in all.drift.lines.iter_mut().enumerate() {
        (l.predicted, l.tolerance) = (bad(index), bad(index + 1));
    }
}

#[test]
fn each_bad_number_alone() {
    for bad in [f64::NAN, f64::INFINITY, -1.0, f64::MAX, 5e-324] {
        let mut all = All::sample();
        all.scaling.points.iter_mut().for_each(|p| p.value = bad);
        all.norms.rows.iter_mut().for_each(|r| r.norm = bad);
        all.curves.means.iter_mut().for_each(|r| r.loss = bad);
        all.traces.points.iter_mut().for_each(|p| p.value = bad);
        all.curves.loss_ceiling = Some(bad);
        all.phases.critical.iter_mut().for_each(|c| c.gamma = bad);
        bad_suite(&mut all, |_| bad);
        draws(&all);
        let mut all = All::sample();
        all.verdicts.rows.iter_mut().for_each(|r| r.estimate = Some(bad));
        all.verdicts.x_range = Some((bad, bad));
        all.lora_plus.points.iter_mut().for_each(|p| p.gamma_b = bad);
        all.drift.rows.iter_mut().for_each(|r| r.upper = Some(bad));
        draws(&all);
    }
}

#[test]
fn unending_words() {
    let mut all = All::sample();
    let text = FigureText {
        title: "long title ".repeat(50),
        caption: format!("{}{}", "x".repeat(3000), " many words".repeat(2000)),
        badge: Some("warning ".repeat(200)),
    };
    all.scaling.text = text.clone();
    all.norms.text = text.clone();
    all.curves.text = text.clone();
    all.phases.text = text.clone();
    all.verdicts.text = text.clone();
    all.lora_plus.text = text.clone();
    all.traces.text = text.clone();
    all.drift.text = text;
    all.verdicts.x_label = "axis ".repeat(90);
    all.verdicts.rows.iter_mut().for_each(|r| {
        (r.group, r.label) = ("group ".repeat(90), "claim ".repeat(90));
    });
    all.lora_plus.marks.iter_mut().for_each(|m| m.label = "mark ".repeat(90));
    all.lora_plus.points[0].panel = "panel ".repeat(90);
    (all.drift.x_label, all.drift.y_label) = ("axis ".repeat(90), "axis ".repeat(90));
    all.drift.rows.iter_mut().for_each(|r| r.panel = "panel ".repeat(90));
    all.drift.rows[0].series = "series ".repeat(90);
    all.curves.loss_name = "loss ".repeat(90);
    all.traces.rows.iter_mut().for_each(|r| r.name = "row ".repeat(90));
    all.traces.notes.iter_mut().for_each(|n| n.text = "note ".repeat(90));
    all.phases.critical.iter_mut().for_each(|c| c.name = "name ".repeat(60));
    all.phases.phases.iter_mut().for_each(|p| p.bar = "bar ".repeat(90));
    draws(&all);
}

#[test]
fn crowded_summary() {
    let mut all = All::sample();
    let template = all.phases.critical[0].clone();
    for index in 0..12 {
        let mut more = template.clone();
        more.gamma = -1.0 + 0.02 * f64::from(index);
        more.name = format!("exponent {index}");
        all.phases.critical.push(more);
        let mut phase = all.phases.phases[0].clone();
        (phase.bar, phase.init, phase.regime) =
            (format!("bar {index}"), Init::AB, Regime::Learning);
        all.phases.phases.push(phase);
    }
    draws(&all);
}

//! The coordinate check as a table on standard output.

use lora_analysis::draw::{flat, flatness};
use lora_analysis::summary::{CoordinateSummary, FeatureSummary, Summary};

use crate::plain::{add, table};

const SLOPE: &str = "Slope: d ln rms / d ln n.";
const GAP: &str = "Gap: how far apart the loss curves of neighbouring widths are, in logarithms.";

/// What the check says after the last step, and how far apart loss curves are; nothing where there is no check.
pub fn render(summary: &Summary) -> String {
    let Some(check) = &summary.coordinates else { return String::new() };
    let last = check.features.iter().map(|of| of.step).max().unwrap_or_default();
    let (lr, from) = (check.lr, check.smallest_width);
    let mut out = table(&[
        "init",
        "γ",
        "rms of",
        "slope",
        "95% interval",
        "predicted",
        "agreement",
        "verdict",
    ]);
    check.features.iter().filter(|of| of.step == last).for_each(|of| add(&mut out, row(of)));
    format!(
        "\nCoordinate check at η = c (n/{from})^γ with c = {lr:.2e}, after step {last}; summary.json has the other \
         steps:\n{}\n{}\n{SLOPE}\n{}\n{GAP}\n",
        out.trim_fmt(),
        gaps(check),
        flatness(check)
    )
}

fn row(of: &FeatureSummary) -> Vec<String> {
    let number = |x: f64| format!("{x:.3}");
    let none = || "–".to_owned();
    let interval =
        of.lower.zip(of.upper).map(|(low, high)| format!("[{}, {}]", number(low), number(high)));
    vec![
        of.init.to_string(),
        of.gamma.clone(),
        of.feature.trim_end_matches("_rms").to_owned(),
        of.exponent.map_or_else(none, number),
        interval.unwrap_or_else(none),
        of.predicted_exact.clone().unwrap_or_else(none),
        of.agreement.words().to_owned(),
        flat(of),
    ]
}

fn gaps(check: &CoordinateSummary) -> String {
    let mut lines = String::new();
    for of_init in check.loss_gaps.chunk_by(|one, other| one.init == other.init) {
        let gap = |gap: Option<f64>| gap.map_or("–".to_owned(), |gap| format!("{gap:.3}"));
        let all: Vec<String> =
            of_init.iter().map(|of| format!("{} → {}: {}", of.from, of.to, gap(of.gap))).collect();
        lines += &format!("{} gaps: {}\n", of_init[0].init, all.join(", "));
    }
    lines
}

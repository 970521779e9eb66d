//! What was measured, to read.

use lora_stats::Spread;

use lora_runner::bench::{BatchReport, OfPeak};
use lora_tables::plain::{add, table};

/// The sizes, a table of times and rates, then what is measured once.
pub fn render(report: &BatchReport) -> String {
    let (heading, table) = (report.heading(), times(report));
    let (peak, prepare) = (report.peak_in_words(), report.prepare_s);
    let memory = report.memory_in_words().unwrap_or_default();
    format!("{heading}\n\n{table}\n\n{peak}\npreparing the student: {prepare:.3} s\n{memory}")
}

fn times(report: &BatchReport) -> String {
    let mut out = table(&["", "median", "least", "most"]);
    let (ms, rate) = (report.ms_per_lr_step, report.multiply_adds_per_s);
    add(&mut out, row("ms per LR-step", ms, |ms| format!("{ms:.4}")));
    add(&mut out, row("G multiply-adds/s", rate, |rate| format!("{:.2}", rate / 1e9)));
    if let Some(OfPeak { of_peak, .. }) = report.peak {
        add(&mut out, row("of the peak", of_peak, |share| format!("{:.1}%", 100.0 * share)));
    }
    out.trim_fmt()
}

fn row(name: &str, spread: Spread, told: fn(f64) -> String) -> Vec<String> {
    let values = [spread.median, spread.least, spread.most].map(told);
    [name.to_owned()].into_iter().chain(values).collect()
}

//! What was measured, to read.

use lora_stats::Spread;

use crate::table::{add, table};
use lora_runner::bench::{BatchReport, OfPeak};
use lora_runner::memory::size;

/// The sizes, a table of times and rates, then what is measured once.
pub fn render(report: &BatchReport) -> String {
    let (heading, table) = (heading(report), times(report));
    let (peak, prepare) = (peak(report), report.prepare_s);
    let memory = memory(report).unwrap_or_default();
    format!("{heading}\n\n{table}\n\n{peak}\npreparing the student: {prepare:.3} s\n{memory}")
}

fn heading(report: &BatchReport) -> String {
    let s = &report.sizes;
    format!(
        "{}\nn = {}, N = {} and {} test points, r = {}; {} LRs, {} steps, recorded every {}; repeats: {}",
        report.engine,
        s.width,
        s.points,
        s.test_points,
        s.rank,
        s.lrs,
        s.steps,
        s.record_every,
        s.repeats
    )
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

fn peak(report: &BatchReport) -> String {
    match report.peak {
        Some(OfPeak { peak_multiply_adds_per_s: peak, .. }) => {
            let (peak, threads) = (peak / 1e9, report.threads);
            format!("peak: {peak:.2} G f32 multiply-adds/s in registers; threads: {threads}")
        }
        None => "peak: not measured here; lora-cuda-bench measures the device's".to_owned(),
    }
}

fn memory(report: &BatchReport) -> Option<String> {
    let peak = size(report.peak_memory_bytes?);
    let floats = report.floats_per_entry.map_or_else(String::new, |floats| {
        format!(", {floats:.2} floats per neuron and data point beyond the batch's parameters")
    });
    Some(format!("memory at most: {peak}{floats}\n"))
}

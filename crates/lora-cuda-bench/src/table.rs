//! The report as text for a terminal.

use comfy_table::{Cell, CellAlignment, Table, presets};

use crate::report::{DeviceReport, StageReport};

/// The device, its peaks, a row for each stage, and the totals.
pub fn render(report: &DeviceReport) -> String {
    let (s, peaks, prepare) = (&report.workload, &report.peaks, &report.prepare);
    let (step, whole) = (&report.training.step, &report.training.whole_loop);
    let lines = [
        format!("{} ({})", report.device, report.architecture),
        format!(
            "n = {}, N = {}, r = {}, {} runs, {} steps; medians of {}",
            s.width, s.points, s.rank, s.runs, s.steps, s.repeats
        ),
        format!(
            "measured peaks: {:.2} T multiply-adds/s in f32, {:.0} GB/s copied",
            peaks.multiply_adds_per_s / 1e12,
            peaks.bytes_per_s / 1e9
        ),
        String::new(),
        table(&report.training.stages).trim_fmt(),
        String::new(),
        format!(
            "step as a graph: {:.4} ms, {} of peak; stages alone: {:.4} ms",
            step.ms,
            percent(step.of_peak_multiply_adds),
            step.stages_ms
        ),
        format!(
            "whole loop with recording: {:.1} ms, {:.6} ms per LR-step, {} of peak",
            whole.ms,
            whole.ms_per_lr_step,
            percent(whole.of_peak_multiply_adds)
        ),
        format!(
            "preparing: {:.1} ms = {:.1} data (host) + {:.1} ZᵀZ (device) + {:.1} eigenvectors \
             (host) + {:.1} the rest (device)",
            prepare.total_ms, prepare.data_ms, prepare.gram_ms, prepare.root_ms, prepare.rest_ms
        ),
    ];
    lines.join("\n")
}

fn table(stages: &[StageReport]) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    let right = |text: &str| Cell::new(text).set_alignment(CellAlignment::Right);
    let header =
        ["stage", "ms", "recorded", "G madd/s", "GB/s", "of peak", "of copying", "of the step"];
    table.set_header(header.map(right));
    for stage in stages {
        let cells = [
            stage.kernel.clone(),
            format!("{:.4}", stage.ms),
            format!("{:.4}", stage.recorded_ms),
            format!("{:.1}", stage.multiply_adds_per_s / 1e9),
            format!("{:.1}", stage.bytes_per_s / 1e9),
            percent(stage.of_peak_multiply_adds),
            percent(stage.of_peak_bytes),
            percent(stage.share),
        ];
        table.add_row(cells.iter().map(|text| right(text)));
    }
    table
}

fn percent(share: f64) -> String {
    format!("{:.1}%", 100.0 * share)
}

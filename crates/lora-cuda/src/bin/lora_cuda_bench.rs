//! Measures the GPU engine on this machine's device.

use std::process::ExitCode;

use clap::Parser;
use comfy_table::{Cell, CellAlignment, Table, presets};
use lora_cuda::bench::{Bench, Report, Setting, StageReport};

/// Measures the engine on the first CUDA device: every stage of a training step, whole steps, the
/// whole loop, and the device's own peaks.
///
/// Multiply-adds are those that training needs, 5 n N r a run and step; bytes are those that every
/// stage must move if it reads each operand once. Every other step is recorded, and a tenth as many
/// test points follow the N points.
///
/// Exit codes: 0 done; 1 something failed; 2 the request is at fault, or there is no usable device.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// n
    #[arg(long, default_value = "8192", value_parser = size(1, 1 << 30))]
    width: u64,
    /// N
    #[arg(long, default_value = "1000", value_parser = size(1, 1 << 20))]
    points: u64,
    /// r
    #[arg(long, default_value = "4", value_parser = size(1, 1 << 12))]
    rank: u64,
    /// Runs that train together
    #[arg(long, default_value = "16", value_parser = size(1, 1 << 16))]
    runs: u64,
    /// Steps of the whole loop
    #[arg(long, default_value = "100", value_parser = size(4, 1 << 20))]
    steps: u64,
    /// Times that everything is measured, after a warm-up; medians are printed
    #[arg(long, default_value = "5", value_parser = size(1, 1000))]
    repeats: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

fn size(from: u64, to: u64) -> clap::builder::RangedU64ValueParser {
    clap::value_parser!(u64).range(from..=to)
}

impl Cli {
    fn setting(&self) -> Setting {
        let [width, points, rank, runs, steps, repeats] =
            [self.width, self.points, self.rank, self.runs, self.steps, self.repeats]
                .map(|number| number as usize);
        Setting { width, points, rank, runs, steps, repeats }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let bench = match Bench::open(0) {
        Ok(bench) => bench,
        Err(unavailable) => {
            eprintln!("error: {unavailable}");
            return ExitCode::from(2);
        }
    };
    let told = bench.measure(&cli.setting()).map_err(|error| error.to_string());
    let text = told.and_then(|report| match cli.json {
        true => serde_json::to_string(&report).map_err(|error| error.to_string()),
        false => Ok(render(&report)),
    });
    match text {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn render(report: &Report) -> String {
    let (s, peaks, prepare) = (&report.setting, &report.peaks, &report.prepare);
    let (step, whole) = (&report.measured.step, &report.measured.whole_loop);
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
        table(&report.measured.stages).trim_fmt(),
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

//! Measures the GPU engine on this machine's device.

mod bench;
mod clock;
mod peaks;
mod prepare;
mod report;
mod stages;
mod table;
mod trial;
mod workload;

use std::process::ExitCode;

use bench::Bench;
use clap::Parser;
use workload::Workload;

/// Measures the engine on the first CUDA device: every stage of a training step, whole steps, the
/// whole training loop, and the device's own peaks.
///
/// Multiply-adds are those that training needs: 5 n N r for each run and step. Bytes are those that
/// a stage must move if it reads each operand once. Every other step is recorded. A tenth as many
/// test samples follow the N training samples.
///
/// Exit codes: 0 done; 1 something failed; 2 an argument is wrong, or there is no usable device.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// n, the width
    #[arg(long, default_value = "8192", value_parser = size(1, 1 << 30))]
    width: u64,
    /// N, the training samples
    #[arg(long, default_value = "1000", value_parser = size(1, 1 << 20))]
    points: u64,
    /// r, the rank
    #[arg(long, default_value = "4", value_parser = size(1, 1 << 12))]
    rank: u64,
    /// Runs that train together
    #[arg(long, default_value = "16", value_parser = size(1, 1 << 16))]
    runs: u64,
    /// T, the steps of the whole loop
    #[arg(long, default_value = "100", value_parser = size(4, 1 << 20))]
    steps: u64,
    /// Measure everything this many times after a warm-up, and print medians
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
    fn workload(&self) -> Workload {
        let [width, points, rank, runs, steps, repeats] =
            [self.width, self.points, self.rank, self.runs, self.steps, self.repeats]
                .map(|number| number as usize);
        Workload { width, points, rank, runs, steps, repeats }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let bench = match Bench::open(0) {
        Ok(bench) => bench,
        Err(unavailable) => {
            let remedy = unavailable.remedy().map(|remedy| format!("; {remedy}"));
            eprintln!("error: {unavailable}{}", remedy.unwrap_or_default());
            return ExitCode::from(2);
        }
    };
    let measured = bench.measure(&cli.workload()).map_err(|error| error.to_string());
    let text = measured.and_then(|report| match cli.json {
        true => serde_json::to_string(&report).map_err(|error| error.to_string()),
        false => Ok(table::render(&report)),
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

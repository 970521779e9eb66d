//! Puts the constants of the limit beside those that committed runs have measured, as a table in Markdown.
//!
//! `cargo run -p lora-constants --example against_runs -- figures/paper figures/mup-readout`

use std::error::Error;
use std::path::Path;

use lora_constants::{Choices, Question, Watch, compare, runs_of, solve};
use lora_experiment::experiment::load_resolved;
use lora_stats::Interval;

/// The narrowest width that is compared.
const NARROWEST: usize = 4096;

fn main() -> Result<(), Box<dyn Error>> {
    println!(
        "| readout | init | n | seeds | c_opt of the limit | η_opt n^-γ measured | measured/limit | loss, \
         measured/limit |\n|---|---|---|---|---|---|---|---|"
    );
    for dir in std::env::args().skip(1) {
        let dir = Path::new(&dir);
        let experiment = load_resolved(&dir.join("experiment.toml"))?;
        let question = Question::new(("runs", false), &experiment, &Choices::default())?;
        let (answer, _) = solve(&question, &Watch { stop: &|| false, done: &|_| () })?;
        let runs = runs_of(&dir.join("runs.csv"))?;
        for of in &answer.readouts {
            for row in compare(of, &experiment, &runs, NARROWEST)? {
                println!(
                    "| a = {} | {} | {} | {} | {} | {} | {} | {} |",
                    of.readout,
                    row.init,
                    row.width,
                    row.seeds,
                    shown(&row.c_opt),
                    shown(&row.measured),
                    shown(&row.ratio),
                    shown(&row.loss_ratio)
                );
            }
        }
    }
    Ok(())
}

fn shown(interval: &Interval) -> String {
    match (interval.lower, interval.upper) {
        (Some(lower), Some(upper)) => format!("{:.2} [{lower:.2}, {upper:.2}]", interval.estimate),
        _ => format!("{:.2}", interval.estimate),
    }
}

//! Puts the constants of the limit beside those that committed runs have measured, as a table in Markdown.
//!
//! `cargo run -p lora-constants --example against_runs -- figures/limit figures/paper figures/mup-readout`
//!
//! The first directory holds the constants, which `limit --out` wrote, and the others hold the runs.

use std::error::Error;
use std::path::Path;

use lora_constants::{Solved, compare, runs_of};
use lora_experiment::experiment::{Experiment, load_resolved};
use lora_sim::spec::Model;
use lora_stats::Interval;

/// The narrowest width that is compared.
const NARROWEST: usize = 4096;

fn main() -> Result<(), Box<dyn Error>> {
    let mut dirs = std::env::args().skip(1);
    let solved = Solved::open(Path::new(&dirs.next().ok_or("name a directory of constants")?))?;
    println!(
        "| readout | init | n | seeds | c_opt of the limit | η_opt n^-γ measured | measured/limit | loss, \
         measured/limit |\n|---|---|---|---|---|---|---|---|"
    );
    for dir in dirs {
        let experiment = load_resolved(&Path::new(&dir).join("experiment.toml"))?;
        if !same(&solved.answer.settings, &experiment) {
            return Err(format!("{dir} is of another network than the constants").into());
        }
        let readout = experiment.model.readout_exponent.to_string();
        let of = solved.answer.readouts.iter().find(|of| of.readout == readout);
        let of = of.ok_or_else(|| format!("{dir} has a = {readout}, which was not solved"))?;
        let runs = runs_of(&Path::new(&dir).join("runs.csv"))?;
        for row in compare(of, &experiment, &runs, NARROWEST)? {
            println!(
                "| a = {readout} | {} | {} | {} | {} | {} | {} | {} |",
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
    Ok(())
}

/// Whether two experiments train the same network by the same rules, aside from the readout exponent and from epsilon,
/// which is zero in the limit.
fn same(one: &Experiment, other: &Experiment) -> bool {
    let bare = |of: &Experiment| {
        let mut of = of.clone();
        of.training.epsilon = 0.0;
        let model = Model { readout_exponent: 0.0, ..of.model() };
        (model, of.training(), of.training.seeds, of.search.score, of.search.basin)
    };
    bare(one) == bare(other)
}

fn shown(interval: &Interval) -> String {
    match (interval.lower, interval.upper) {
        (Some(lower), Some(upper)) => format!("{:.2} [{lower:.2}, {upper:.2}]", interval.estimate),
        _ => format!("{:.2}", interval.estimate),
    }
}

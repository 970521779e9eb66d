//! A sweep without files: an experiment that is changed in code, trained, and fitted.
//!
//! `cargo run -p lora-runner --example sweep_from_code`

use std::collections::BTreeMap;
use std::error::Error;

use lora_experiment::experiment::Experiment;
use lora_experiment::study::definition::Study;
use lora_runner::sweep;
use lora_sim::CpuEngine;
use lora_sim::spec::Init;
use lora_stats::{LrCurve, Samples, exponent_over_seeds};
use lora_store::rows::RunRow;

fn main() -> Result<(), Box<dyn Error>> {
    let mut experiment = Experiment::default();
    experiment.model.widths = vec![64, 128, 256].into();
    experiment.model.points = 100;
    experiment.training.steps = 20;
    experiment.training.seeds = vec![0, 1, 2];
    for line in exponents(&experiment)? {
        println!("{line}");
    }
    Ok(())
}

/// Trains an experiment and fits the exponent of the optimal learning rate, a line for each init.
pub fn exponents(experiment: &Experiment) -> Result<Vec<String>, Box<dyn Error>> {
    let study = Study::of("from-code", experiment)?;
    let results = sweep::run(&study, &CpuEngine::new())?;
    let fitted = |&init: &Init| line(&study, init, &results.runs);
    experiment.training.inits.iter().map(fitted).collect()
}

fn line(study: &Study, init: Init, runs: &[RunRow]) -> Result<String, Box<dyn Error>> {
    let (model, training) = (&study.experiment.model, &study.experiment.training);
    let mut curves: BTreeMap<(u64, usize), Samples> = BTreeMap::new();
    for run in runs.iter().filter(|run| run.init == init) {
        curves.entry((run.seed, run.width)).or_default().insert(run.lr_index, run.sample());
    }
    // η_opt of each seed at each width; none where every learning rate diverged.
    let optimum = |seed, width| {
        let curve = LrCurve::new(&study.grid_at(init, width), curves.get(&(seed, width))?);
        Some(curve.optimum().ok()?.lr)
    };
    let by_seed: Vec<Vec<Option<f64>>> = training
        .seeds
        .iter()
        .map(|&seed| model.widths.iter().map(|&width| optimum(seed, width)).collect())
        .collect();
    let widths: Vec<f64> = model.widths.iter().map(|&width| width as f64).collect();
    let fit = exponent_over_seeds(&widths, &by_seed, 0.95)?;
    Ok(format!("{init}: the best learning rate goes like n^{:.2}", fit.exponent))
}

//! Training one point of a study for one seed.

use lora_sim::spec::{Init, Run};
use lora_sim::{Batch, Engine, Problem, SimError};
use lora_stats::LrGrid;

use crate::verify::measured::Measured;
use lora_experiment::study::definition::Goal;
use lora_experiment::study::definition::Point;
use lora_experiment::study::definition::Rates;
use lora_experiment::study::definition::Study;
use lora_experiment::error::CommandError;
use crate::search::Search;

/// Trains everything that a study asks for at a point.
pub fn train(
    study: &Study,
    point: &Point,
    engine: &dyn Engine,
) -> Result<Vec<Measured>, CommandError> {
    let problem = engine.prepare(&point.model, point.width, point.seed);
    let mut problem = problem.map_err(CommandError::failed)?;
    let mut rows = match &study.rates {
        Rates::Search(goal) => search(study, point, *goal, problem.as_mut())?,
        Rates::Powers { pairs, .. } => {
            powers(study, point, pairs.len(), problem.as_mut()).map_err(CommandError::failed)?
        }
    };
    rows.sort_by_key(|row| (row.init, row.lr_index));
    Ok(rows)
}

fn search(
    study: &Study,
    point: &Point,
    goal: Goal,
    problem: &mut (dyn Problem + '_),
) -> Result<Vec<Measured>, CommandError> {
    let grid = LrGrid::new(study.experiment.grid_spec()).map_err(CommandError::failed)?;
    let ratio = study.experiment.training.lr_ratio;
    let mut rows = Vec::new();
    let search = Search {
        grid: &grid,
        goals: study.goals(goal),
        inits: &study.experiment.training.inits,
        adapter_seed: point.seed,
    };
    let take = |found: crate::search::Found| {
        let rates = (found.lr, found.lr * ratio);
        let row = Measured::new(study, found.init, found.lr_index, rates, found.trajectory);
        let sample = row.sample();
        rows.push(row);
        sample
    };
    let training = study.training(ratio);
    let train = |runs: &[Run]| {
        let outcomes = problem.train(&Batch::new(&training, runs))?;
        Ok(outcomes.into_iter().map(|outcome| outcome.trajectory).collect())
    };
    search.run(train, take).map_err(|error: SimError| CommandError::failed(error))?;
    Ok(rows)
}

/// Runs at given rates. Runs of one batch share η_B/η_A, so pairs are batched by it.
fn powers(
    study: &Study,
    point: &Point,
    pairs: usize,
    problem: &mut (dyn Problem + '_),
) -> Result<Vec<Measured>, SimError> {
    let mut batches: Vec<(f64, Vec<usize>)> = Vec::new();
    for pair in 0..pairs {
        let Some((a, b)) = study.rate(pair, point.x) else { continue };
        // Equal exponents must share a batch, and exp and ln round.
        let ratio = if a == b { 1.0 } else { b / a };
        match batches.iter_mut().find(|(known, _)| (known / ratio - 1.0).abs() < 1e-9) {
            Some((_, members)) => members.push(pair),
            None => batches.push((ratio, vec![pair])),
        }
    }
    let mut rows = Vec::new();
    for (ratio, pairs) in batches {
        rows.extend(batch(study, point, ratio, &pairs, problem)?);
    }
    Ok(rows)
}

fn batch(
    study: &Study,
    point: &Point,
    ratio: f64,
    pairs: &[usize],
    problem: &mut (dyn Problem + '_),
) -> Result<Vec<Measured>, SimError> {
    let inits = &study.experiment.training.inits;
    let all = pairs.iter().flat_map(|&pair| inits.iter().map(move |&init| (pair, init)));
    let all: Vec<(usize, Init, f64)> =
        all.filter_map(|(pair, init)| Some((pair, init, study.rate(pair, point.x)?.0))).collect();
    let run = |&(_, init, lr): &(usize, Init, f64)| Run { init, lr, adapter_seed: point.seed };
    let runs: Vec<Run> = all.iter().map(run).collect();
    let training = study.training(ratio);
    let outcomes = problem.train(&Batch::new(&training, &runs))?;
    let row = |(&(pair, init, lr), outcome): (&(usize, Init, f64), &lora_sim::Outcome)| {
        Measured::new(study, init, pair as i64, (lr, lr * ratio), &outcome.trajectory)
    };
    Ok(all.iter().zip(&outcomes).map(row).collect())
}

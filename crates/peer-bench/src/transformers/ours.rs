//! Our trainer as a contestant: a process of its own, which answers line by line as the others do.

use std::collections::BTreeMap;
use std::io::stdin;
use std::path::Path;
use std::time::Instant;

use lora_checkpoint::Checkpoint;
use lora_transformer::base::Base;
use lora_transformer::batch::{Batch, Sequence};
use lora_transformer::trainer::Trainer;
use rayon::prelude::*;
use serde_json::json;
use width_sweep::error::CommandError;

use super::memory;
use super::runs::Runs;

/// Trains the runs of a folder once and prints their losses; then for each line S on standard input trains
/// them again until S seconds have passed, and prints those seconds and how often it has trained them.
///
/// # Errors
/// If something in the folder cannot be read, or does not fit.
pub fn work(folder: &Path, threads: usize) -> Result<(), CommandError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build_global().map_err(CommandError::failed)?;
    let runs = Runs::read(folder)?;
    let checkpoint = Checkpoint::open(&folder.join("model")).map_err(CommandError::failed)?;
    let base = Base::new(checkpoint, runs.task(), 0).map_err(CommandError::failed)?;
    let sequences = runs.sequences();
    let batches: Result<Vec<Batch>, _> = sequences.iter().map(|batch| base.batch(batch)).collect();
    let ours = Ours { base: &base, runs: &runs, batches: batches.map_err(CommandError::failed)? };
    ours.look_around(&sequences)?;
    let loaded = memory::resident(std::process::id());
    let (seconds, losses) = ours.timed()?;
    let versions: BTreeMap<String, String> = BTreeMap::new();
    let hello = json!({
        "versions": versions, "losses": losses, "loaded_kib": loaded, "first_seconds": seconds,
    });
    println!("{hello}");
    for line in stdin().lines().map_while(Result::ok) {
        let least: f64 = line.trim().parse().map_err(CommandError::failed)?;
        let (mut seconds, mut trainings) = (0.0, 0);
        while trainings == 0 || seconds < least {
            seconds += ours.timed()?.0;
            trainings += 1;
        }
        println!("{}", json!({ "seconds": seconds, "trainings": trainings }));
    }
    Ok(())
}

/// What is trained.
struct Ours<'a> {
    base: &'a Base,
    runs: &'a Runs,
    batches: Vec<Batch<'a>>,
}

impl Ours<'_> {
    fn started(&self) -> Result<Vec<Trainer<'_>>, CommandError> {
        let one = |run: &_| Trainer::new(self.base, &self.runs.spec(*run));
        self.runs.runs.iter().map(one).collect::<Result<_, _>>().map_err(CommandError::failed)
    }

    /// As the others do, so that what a first pass brings into memory counts for nobody.
    fn look_around(&self, sequences: &[Vec<Sequence>]) -> Result<(), CommandError> {
        let Some(first) = sequences.iter().flatten().next() else { return Ok(()) };
        let ids = first.ids.iter().copied().take(2).collect();
        let few = match self.runs.classifies {
            true => Sequence::labelled(ids, 0),
            false => Sequence::text(ids),
        };
        if let Some(trainer) = self.started()?.first() {
            trainer.look(&[Batch::new([&few])]);
        }
        Ok(())
    }

    /// Seconds of training all runs side by side, and their losses.
    fn timed(&self) -> Result<(f64, Vec<Vec<f64>>), CommandError> {
        let mut trainers = self.started()?;
        let start = Instant::now();
        let losses = trainers.par_iter_mut().map(|trainer| self.train(trainer)).collect();
        Ok((start.elapsed().as_secs_f64(), losses))
    }

    fn train(&self, trainer: &mut Trainer) -> Vec<f64> {
        self.batches.iter().map(|batch| trainer.step(std::slice::from_ref(batch)).loss).collect()
    }
}

//! The final test: when all searches of a call have ended, the best run of every width, init and seed is
//! trained once more, compared with what is stored, and measured on data that no search sees.
//!
//! To train again costs one run in as many as a search makes, and needs no adapters of all the others: which
//! run is the best is known when the search has ended. A test that is kept is not made again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use lora_experiment::cells::Cell;
use lora_experiment::numbers::short;
use lora_experiment::study::definition::Study;
use lora_sim::Trajectory;
use lora_sim::spec::{Init, Run};
use lora_store::error::StoreError;
use lora_store::rows::{Results, RunRow};
use lora_store::stored::{FinalResult, Hash, StoredFinal, StoredRuns, blob};
use rayon::prelude::*;

use crate::error::RunnerError;
use crate::finetune::{FinetuneError, TransformerEngine, state_key};
use crate::replay;

/// The run with the best score of an init in a cell whose search has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct BestRun {
    /// The width and the seed.
    pub cell: Cell,
    /// Init and learning rate.
    pub run: Run,
    /// What it is stored under.
    pub key: Hash,
    /// Of the search's learning rates, on which side there is none beyond it: a better one may lie there.
    pub edge: Option<Edge>,
}

/// An end of the learning rates of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edge {
    /// No smaller one was tried.
    Smallest,
    /// No larger one was tried.
    Largest,
}

/// The best run of every init in every cell whose search has ended. Of equal scores that of the smallest
/// learning rate is the best, as for the search; inits of which every run diverged have none.
///
/// # Errors
///
/// What the database says where it cannot be read.
pub fn best_runs(kept: &StoredRuns, cells: &[Cell]) -> Result<Vec<BestRun>, StoreError> {
    let mut best = Vec::new();
    for replay in replay::of_cells::<Results>(kept, cells)? {
        let experiment = &kept.studies()[replay.cell.study].experiment;
        let mut rows = replay.results.runs;
        rows.sort_by_key(|row| row.lr_index);
        for &init in &experiment.training.inits {
            let rows: Vec<&RunRow> = rows.iter().filter(|row| row.init == init).collect();
            let Some((place, row)) = best_row(&rows) else { continue };
            let edge = match place {
                0 => Some(Edge::Smallest),
                last if last + 1 == rows.len() => Some(Edge::Largest),
                _ => None,
            };
            let run = Run { init, lr: row.lr, adapter_seed: replay.cell.seed };
            let key = kept.key(replay.cell, experiment.training.lr_ratio, &run)?;
            best.push(BestRun { cell: replay.cell, run, key, edge });
        }
    }
    Ok(best)
}

/// The first of the rows with the lowest score, with its place.
fn best_row<'r>(rows: &[&'r RunRow]) -> Option<(usize, &'r RunRow)> {
    let scored = rows.iter().enumerate().filter_map(|(place, &row)| Some((place, row, row.score?)));
    let best = scored.min_by(|(.., a), (.., b)| a.total_cmp(b));
    best.map(|(place, row, _)| (place, row))
}

/// A run that is to be tested, with the bytes of what is stored of it.
struct Open<'s> {
    study: &'s Study,
    best: BestRun,
    stored: Vec<u8>,
}

/// What has become of a test.
enum Tested {
    Measured(FinalResult),
    /// The run came out otherwise than it is stored.
    Otherwise,
    Stopped,
}

/// Makes the tests of some cells that are not kept. Whether all were made; not if the engine was stopped.
///
/// # Errors
///
/// [`RunnerError::Finetune`] where the base cannot be had, and [`RunnerError::Store`] where runs cannot be
/// read or results not be stored.
pub fn measure(
    engine: &TransformerEngine,
    kept: &StoredRuns,
    cells: &[Cell],
) -> Result<bool, RunnerError> {
    let Some(data) = engine.final_data() else { return Ok(true) };
    let watch = engine.watch();
    let there: BTreeSet<Hash> = {
        let finals = kept.database().finals()?.into_iter();
        finals.filter(|of| of.data == data).map(|of| of.run).collect()
    };
    let forget = |run: &Hash| {
        if let Some(states) = watch.states() {
            states.forget(&state_key(run, &data));
            states.tidy();
        }
    };
    there.iter().for_each(forget);
    let mut wanted = best_runs(kept, cells)?;
    wanted.retain(|best| !there.contains(&best.key));
    if wanted.is_empty() {
        return Ok(true);
    }
    watch.say(&format!("final test: {} of the best runs to be trained again", wanted.len()));
    for together in wanted.chunks(rayon::current_num_threads()) {
        let open: Vec<Open> =
            together.iter().map(|best| open(kept, best)).collect::<Result<_, _>>()?;
        let test = |open: &Open| test(engine, open, &data);
        let tested: Vec<_> = open.par_iter().with_max_len(1).map(test).collect();
        let stopped = store(engine, kept, &data, open.into_iter().zip(tested), forget)?;
        if stopped {
            return Ok(false);
        }
    }
    Ok(true)
}

fn open<'s>(kept: &StoredRuns<'s>, best: &BestRun) -> Result<Open<'s>, StoreError> {
    let gone = || StoreError::StartedOver(kept.database().path().to_owned());
    let stored = kept.database().get(&best.key)?.ok_or_else(gone)?;
    let study = &kept.studies()[best.cell.study];
    Ok(Open { study, best: best.clone(), stored: blob::encode(&stored.trajectory) })
}

fn test(engine: &TransformerEngine, open: &Open, data: &str) -> Result<Tested, FinetuneError> {
    let Open { study, best: BestRun { cell, run, key, .. }, stored } = open;
    let training = study.training(study.experiment.training.lr_ratio);
    let model = study.model(*cell);
    let (place, run) = ((&model, cell.width), (run, state_key(key, data)));
    let same = |trajectory: &Trajectory| blob::encode(trajectory) == *stored;
    match engine.final_test(place, &training, run, same) {
        Ok(Some(result)) => Ok(Tested::Measured(result)),
        Ok(None) => Ok(Tested::Otherwise),
        Err(FinetuneError::Stopped) => Ok(Tested::Stopped),
        Err(error) => Err(error),
    }
}

/// Keeps what was measured, and tells what was not. Whether the engine was stopped.
fn store<'s>(
    engine: &TransformerEngine,
    kept: &StoredRuns,
    data: &str,
    tested: impl Iterator<Item = (Open<'s>, Result<Tested, FinetuneError>)>,
    forget: impl Fn(&Hash),
) -> Result<bool, RunnerError> {
    let (mut results, mut stopped, mut failed) = (Vec::new(), false, None);
    for (Open { best, .. }, tested) in tested {
        match tested {
            Ok(Tested::Measured(result)) => {
                results.push(StoredFinal { run: best.key, data: data.to_owned(), result });
            }
            Ok(Tested::Otherwise) => {
                forget(&best.key);
                let of = words(&best);
                engine.watch().say(&format!(
                    "warning: final test: {of} came out otherwise than it is stored, so it is not \
                     measured: the base, the data or the processor is another"
                ));
            }
            Ok(Tested::Stopped) => stopped = true,
            Err(error) => failed = Some(error),
        }
    }
    kept.database().put_finals(&results)?;
    results.iter().for_each(|result| forget(&result.run));
    failed.map_or(Ok(stopped), |error| Err(error.into()))
}

fn words(BestRun { cell, run, .. }: &BestRun) -> String {
    format!("{}, n = {}, seed {}, η = {}", run.init.label(), cell.width, cell.seed, short(run.lr))
}

/// What final tests have kept of the best runs of some cells, by the digest of the final data.
pub struct KeptFinals {
    best: Vec<BestRun>,
    by_data: BTreeMap<String, Vec<(BestRun, FinalResult)>>,
}

impl KeptFinals {
    /// Replays the searches and reads the results; nothing where an experiment has no final test.
    ///
    /// # Errors
    ///
    /// What the database says where it cannot be read.
    pub fn of(kept: &StoredRuns, cells: &[Cell]) -> Result<Option<Self>, StoreError> {
        if final_file(kept).is_none() {
            return Ok(None);
        }
        let best = best_runs(kept, cells)?;
        let mut by_data: BTreeMap<String, Vec<(BestRun, FinalResult)>> = BTreeMap::new();
        for StoredFinal { run, data, result } in kept.database().finals()? {
            if let Some(of) = best.iter().find(|best| best.key == run) {
                by_data.entry(data).or_default().push((of.clone(), result));
            }
        }
        for found in by_data.values_mut() {
            found.sort_by_key(|(best, _)| (best.run.init, best.cell.width, best.cell.seed));
        }
        Ok(Some(Self { best, by_data }))
    }

    /// The results on each data, by init, width and seed.
    pub fn by_data(&self) -> impl Iterator<Item = (&str, &[(BestRun, FinalResult)])> {
        self.by_data.iter().map(|(data, found)| (data.as_str(), found.as_slice()))
    }

    /// A line for each result under a line on the data, with means over seeds. Results on earlier final data are
    /// told, too, under their own digest.
    pub fn told(&self, kept: &StoredRuns) -> String {
        let mut text = String::new();
        for (data, found) in self.by_data() {
            let FinalResult { sequences, predictions, .. } = &found[0].1;
            // Writing to a text does not fail.
            let _ = writeln!(
                text,
                "final test on data that no search has seen ({sequences} sequences, {predictions} \
                 predictions, data {data}): {} of {} best runs",
                found.len(),
                self.best.len()
            );
            let same = |a: &(BestRun, FinalResult), b: &(BestRun, FinalResult)| {
                (a.0.run.init, a.0.cell.width) == (b.0.run.init, b.0.cell.width)
            };
            found.chunk_by(same).for_each(|group| text += &of_group(kept, group));
        }
        if let Some(file) = final_file(kept).filter(|_| text.is_empty() && !self.best.is_empty()) {
            let count = self.best.len();
            text = format!("final test on {file}: none of the {count} best runs is measured yet\n");
        }
        text
    }
}

/// The name of the final data's file; none where there is no final test.
fn final_file(kept: &StoredRuns) -> Option<String> {
    let section = kept.studies().first()?.transformer()?;
    let name = Path::new(&section.final_data).file_name()?;
    Some(name.to_string_lossy().into_owned())
}

/// The seeds of a width and an init.
fn of_group(kept: &StoredRuns, group: &[(BestRun, FinalResult)]) -> String {
    let (first, _) = &group[0];
    let of_tokens = kept.studies()[first.cell.study]
        .transformer()
        .is_some_and(|section| !section.is_classifying());
    let mut text = String::new();
    for (best, result) in group {
        let edge = match best.edge {
            None => "",
            Some(Edge::Smallest) => "; not bracketed: no smaller learning rate was tried",
            Some(Edge::Largest) => "; not bracketed: no larger learning rate was tried",
        };
        let _ = writeln!(text, "  {}: {}{edge}", words(best), measured(result, of_tokens));
    }
    if group.len() > 1 {
        let mean = |of: fn(&FinalResult) -> f64| {
            group.iter().map(|(_, result)| of(result)).sum::<f64>() / group.len() as f64
        };
        let share = |of: fn(&FinalResult) -> Option<f64>| {
            let shares: Option<Vec<f64>> = group.iter().map(|(_, result)| of(result)).collect();
            shares.map(|shares| shares.iter().sum::<f64>() / group.len() as f64)
        };
        let all = FinalResult {
            loss: mean(|result| result.loss),
            accuracy: mean(|result| result.accuracy),
            exact: share(|result| result.exact),
            generated_exact: share(|result| result.generated_exact),
            choice_accuracy: share(|result| result.choice_accuracy),
            ..group[0].1.clone()
        };
        let (init, n): (Init, usize) = (first.run.init, first.cell.width);
        let (init, seeds, all) = (init.label(), group.len(), measured(&all, of_tokens));
        let _ = writeln!(text, "  {init}, n = {n}, mean of {seeds} seeds: {all}");
    }
    text
}

/// "accuracy 0.9128, loss 0.2412", and of tokens the perplexity.
fn measured(result: &FinalResult, of_tokens: bool) -> String {
    let FinalResult { loss, accuracy, exact, .. } = result;
    if let Some(share) = result.choice_accuracy {
        return format!("choice accuracy {share:.4}, loss {loss:.4}");
    }
    let exact = exact.map_or(String::new(), |exact| format!(", exact {exact:.4}"));
    let written = result.generated_exact;
    let exact =
        exact + &written.map_or(String::new(), |share| format!(", generated exact {share:.4}"));
    let perplexity =
        if of_tokens { format!(", perplexity {:.3}", loss.exp()) } else { String::new() };
    format!("accuracy {accuracy:.4}{exact}, loss {loss:.4}{perplexity}")
}

//! The adapters of a stored run: it is trained again, compared with what is stored, and written for PEFT.

use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};

use lora_experiment::cells::Cell;
use lora_experiment::error::ExperimentError;
use lora_experiment::experiment::Experiment;
use lora_experiment::numbers::short;
use lora_experiment::request::Request;
use lora_experiment::study::definition::Study;
use lora_sim::spec::{Init, Run};
use lora_sim::{Engine, Trajectory};
use lora_store::folder::{Folder, Known};
use lora_store::rows::score;
use lora_store::stored::{Database, Hash, Numerics, Session, StoredRuns, blob};
use lora_types::hex;
use serde::Serialize;

use crate::error::{AdapterFault, RunnerError};
use crate::finetune::{Again, FinetuneError, Judge, Moment, TransformerEngine};

/// What says what lies beside it.
const ABOUT: &str = "adapter.json";

/// What makes a folder PEFT's.
const CONFIG: &str = "adapter_config.json";

/// After the last step, and at the best recorded one.
const FOLDERS: [&str; 2] = ["last", "best"];

/// How a directory of adapters is known.
pub const KNOWN: Known =
    Known { files: &[(ABOUT, "\"run_key\"")], alone: None, by: "written adapter" };

/// Learning rates that differ by less are the same: one that is typed has a few digits.
const SAME_LR: f64 = 1e-3;

/// Which run of a sweep.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Which factor started random.
    pub init: Init,
    /// n; the largest if none is named.
    pub width: Option<usize>,
    /// The seed; the first if none is named.
    pub seed: Option<u64>,
    /// η; the one with the best score if none is named.
    pub lr: Option<f64>,
}

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// Where.
    pub dir: PathBuf,
    /// n.
    pub width: usize,
    /// The run.
    pub run: Run,
    /// Both moments.
    pub again: Again,
}

impl Display for Written {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (dir, init, n) = (self.dir.display(), self.run.init.label(), self.width);
        let (lr, seed, base) = (short(self.run.lr), self.run.adapter_seed, &self.again.base);
        writeln!(f, "{dir}: {init} at n = {n}, η = {lr}, seed {seed}, on {base}")?;
        for (name, moment) in FOLDERS.into_iter().zip([&self.again.last, &self.again.best]) {
            let Moment { step, test_loss, test_accuracy, .. } = moment;
            writeln!(
                f,
                "{name}/: step {step}, test loss {test_loss:.4}, accuracy {test_accuracy:.4}"
            )?;
        }
        Ok(())
    }
}

/// `adapter.json`.
#[derive(Serialize)]
struct About<'a> {
    run_key: String,
    experiment: &'a str,
    init: Init,
    width: usize,
    seed: u64,
    lr: f64,
    base: &'a str,
    numerics: &'a str,
    best_by: &'static str,
    last: AboutMoment,
    best: AboutMoment,
}

#[derive(Serialize)]
struct AboutMoment {
    step: usize,
    test_loss: f64,
    test_accuracy: f64,
}

/// A run that is stored.
struct Stored {
    key: Hash,
    run: Run,
    trajectory: Trajectory,
}

/// Trains a run of the sweep in `dir` again and writes its adapters: `last` and `best`, and a file that says
/// what they are. Without `out` they go to a directory in `dir`.
///
/// # Errors
///
/// [`RunnerError::Adapter`] for a run that is not there, that diverged, or that comes out otherwise than it
/// is stored; [`RunnerError::Finetune`] where the base or the data cannot be read, and
/// [`RunnerError::Store`] where the sweep cannot be read or nothing can be written.
pub fn export_adapter(
    dir: &Path,
    choice: &Choice,
    out: Option<&Path>,
) -> Result<Written, RunnerError> {
    let database = Database::of_sweep(dir)?;
    let path = || database.path().to_owned();
    let fault = |fault| RunnerError::Adapter { path: path(), fault };
    let session = database.last_session()?.ok_or_else(|| RunnerError::NotBegun(dir.to_owned()))?;
    let experiment = experiment(&session, fault)?;
    let study = Study::of(&session.name, &experiment).map_err(ExperimentError::from)?;
    let studies = [study];
    let numerics = Numerics::parse(&session.numerics);
    let kept = StoredRuns::new(&database, &studies, numerics)?;
    let cell = cell(&experiment, choice).map_err(fault)?;
    let stored = stored(&kept, cell, choice)?.map_err(fault)?;
    if let Some(step) = stored.trajectory.diverged_at {
        return Err(fault(AdapterFault::Diverged { lr: stored.run.lr, step }));
    }
    let folder = Folder::for_writing(&place(dir, choice, cell, &stored.run, out), &KNOWN)?;

    let engine = TransformerEngine::new(&experiment)?;
    if engine.numerics() != session.numerics {
        let numerics = Box::new([session.numerics, engine.numerics()]);
        return Err(fault(AdapterFault::OtherNumerics(numerics)));
    }
    let training = studies[0].training(experiment.training.lr_ratio);
    let again = engine.train_again(&studies[0].model(cell), cell.width, &training, &stored.run)?;
    if blob::encode(&again.trajectory) != blob::encode(&stored.trajectory) {
        return Err(fault(AdapterFault::OtherResult { key: hex(&stored.key) }));
    }
    write(&folder, (&session, cell), &stored, &again)?;
    let dir = folder.dir().to_owned();
    Ok(Written { dir, width: cell.width, run: stored.run, again })
}

/// The experiment of a sweep of a transformer.
fn experiment(
    session: &Session,
    fault: impl Fn(AdapterFault) -> RunnerError,
) -> Result<Experiment, RunnerError> {
    match session.request()? {
        Request::Experiment(experiment) if !experiment.model.kind.is_synthetic() => Ok(*experiment),
        _ => Err(fault(AdapterFault::NoTransformer)),
    }
}

/// The width and the seed.
fn cell(experiment: &Experiment, choice: &Choice) -> Result<Cell, AdapterFault> {
    let (widths, seeds) = (&experiment.model.widths, &experiment.training.seeds);
    let width = choice.width.or(widths.last().copied()).unwrap_or(0);
    let seed = choice.seed.or(seeds.first().copied()).unwrap_or(0);
    let no_such = |what, value: String, valid: Vec<String>| AdapterFault::NoSuchRun {
        what,
        value,
        valid: valid.join(", "),
    };
    if !widths.contains(&width) {
        let valid = widths.iter().map(ToString::to_string).collect();
        return Err(no_such("width", width.to_string(), valid));
    }
    if !seeds.contains(&seed) {
        let valid = seeds.iter().map(ToString::to_string).collect();
        return Err(no_such("seed", seed.to_string(), valid));
    }
    let inits = &experiment.training.inits;
    if !inits.contains(&choice.init) {
        let valid = inits.iter().map(|init| init.key().to_owned()).collect();
        return Err(no_such("init", choice.init.key().to_owned(), valid));
    }
    Ok(Cell { study: 0, width, rank: experiment.model.rank, seed })
}

/// The stored run of a cell that is asked for.
fn stored(
    kept: &StoredRuns,
    cell: Cell,
    choice: &Choice,
) -> Result<Result<Stored, AdapterFault>, RunnerError> {
    let experiment = &kept.studies()[cell.study].experiment;
    let mut found: Vec<Stored> = Vec::new();
    for listed in kept.database().list()? {
        let run = Run { init: listed.init, lr: listed.lr, adapter_seed: listed.adapter_seed };
        let same = (listed.width, listed.seed, listed.init) == (cell.width, cell.seed, choice.init);
        if same
            && kept.key(cell, experiment.training.lr_ratio, &run)? == listed.key
            && let Some(stored) = kept.database().get(&listed.key)?
        {
            found.push(Stored { key: listed.key, run, trajectory: stored.trajectory });
        }
    }
    found.sort_by(|a, b| a.run.lr.total_cmp(&b.run.lr));
    let all: Vec<String> = found.iter().map(|stored| short(stored.run.lr)).collect();
    let position = match choice.lr {
        Some(lr) => {
            let distance = |stored: &Stored| (stored.run.lr / lr - 1.0).abs();
            let nearest = found.iter().enumerate();
            let nearest = nearest.min_by(|(_, a), (_, b)| distance(a).total_cmp(&distance(b)));
            nearest.filter(|(_, stored)| distance(stored) < SAME_LR).map(|(position, _)| position)
        }
        None => best(experiment, &found),
    };
    let missing = || match (choice.lr, all.is_empty()) {
        (Some(lr), false) => {
            AdapterFault::NoSuchRun { what: "lr", value: short(lr), valid: all.join(", ") }
        }
        (_, empty) => AdapterFault::NoRuns { init: choice.init, cell, diverged: !empty },
    };
    Ok(position.map(|position| found.swap_remove(position)).ok_or_else(missing))
}

/// The run with the lowest score; of several, the one with the smallest learning rate.
fn best(experiment: &Experiment, found: &[Stored]) -> Option<usize> {
    let score = |stored: &Stored| score(experiment, &stored.trajectory).filter(|x| x.is_finite());
    let scored = found.iter().enumerate().filter_map(|(at, stored)| Some((at, score(stored)?)));
    scored.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(position, _)| position)
}

/// Where adapters go.
fn place(dir: &Path, choice: &Choice, cell: Cell, run: &Run, out: Option<&Path>) -> PathBuf {
    let lr = choice.lr.map_or_else(String::new, |_| format!("-lr{}", short(run.lr)));
    let name = format!("{}-n{}-seed{}{lr}", run.init.key(), cell.width, cell.seed);
    out.map_or_else(|| dir.join("adapters").join(name), Path::to_owned)
}

/// Writes all files. While they are written neither folder has the file by which PEFT knows it, so that half
/// of an adapter, or one beside a file that says something else, is never loaded.
fn write(
    folder: &Folder,
    (session, cell): (&Session, Cell),
    stored: &Stored,
    again: &Again,
) -> Result<(), RunnerError> {
    for name in FOLDERS {
        folder.remove(&format!("{name}/{CONFIG}"))?;
    }
    let moment = |of: &Moment| AboutMoment {
        step: of.step,
        test_loss: of.test_loss,
        test_accuracy: of.test_accuracy,
    };
    let about = About {
        run_key: hex(&stored.key),
        experiment: &session.name,
        init: stored.run.init,
        width: cell.width,
        seed: cell.seed,
        lr: stored.run.lr,
        base: &again.base,
        numerics: &session.numerics,
        best_by: match again.judge {
            Judge::TestLoss => "test_loss",
            Judge::TestAccuracy => "test_accuracy",
        },
        last: moment(&again.last),
        best: moment(&again.best),
    };
    folder.write_json(ABOUT, &about)?;
    for (name, moment) in FOLDERS.into_iter().zip([&again.last, &again.best]) {
        moment.adapter.write(&folder.dir().join(name)).map_err(FinetuneError::from)?;
    }
    Ok(())
}

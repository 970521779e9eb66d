//! Loading base models, and pretraining them once.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use lora_checkpoint::{Checkpoint, CheckpointError};
use lora_data::Data;
use lora_experiment::experiment::TransformerSection;
use lora_pretrain::{
    Corpus, Outcome, Progress, RECIPE, Saving, held_out_loss, pretrain, write_folder,
};
use lora_transformer::base::Base;
use lora_transformer::net::Task;

use super::error::FinetuneError;
use super::source::{Source, recipe};
use crate::watch::Watch;

/// The seed of a head that a checkpoint lacks.
const HEAD_SEED: u64 = 0;

/// What whoever pretrains a model holds, in the model's folder.
const LOCK: &str = ".lock";

/// Updates of a pretraining between two writings of its state.
const SAVE_EVERY: usize = 100;

/// Between two looks at a lock that another process holds.
const PAUSE: Duration = Duration::from_millis(100);

/// The base of a width and a seed of its pretraining.
pub fn make(
    source: &Source,
    section: &TransformerSection,
    data: &Data,
    id: (usize, u64),
    watch: &Watch,
) -> Result<Base, FinetuneError> {
    let task = source.task(section, data.labels);
    match source {
        Source::Checkpoint { path, .. } => {
            on_a_thread(|| Ok(Base::new(Checkpoint::open(path)?, task, HEAD_SEED)?))
        }
        Source::Made { corpus, .. } => on_a_thread(|| made(section, corpus, id, watch)),
    }
}

/// Runs on threads of its own. A worker of the caller's pool that waited for its turn here while it held
/// the lock of the bases could be given another cell, which waits for the same lock.
fn on_a_thread<R: Send>(
    work: impl FnOnce() -> Result<R, FinetuneError> + Send,
) -> Result<R, FinetuneError> {
    let failed = |error: &dyn std::fmt::Display| FinetuneError::Thread(error.to_string());
    let threads = rayon::current_num_threads();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| failed(&error))?;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().spawn_scoped(scope, || pool.install(work));
        let thread = thread.map_err(|error| failed(&error))?;
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Where the base of a width and a seed lies, or will lie.
pub fn place(source: &Source, section: &TransformerSection, id: (usize, u64)) -> PathBuf {
    match source {
        Source::Checkpoint { path, .. } => path.clone(),
        Source::Made { corpus, .. } => folder(section, corpus, id),
    }
}

/// The folder of a model that is pretrained here.
fn folder(section: &TransformerSection, corpus: &Corpus, (width, seed): (usize, u64)) -> PathBuf {
    Path::new(&section.bases).join(recipe(section, width, seed).id(corpus))
}

/// Whether a base has yet to be pretrained.
pub fn is_to_be_made(source: &Source, section: &TransformerSection, id: (usize, u64)) -> bool {
    match source {
        Source::Checkpoint { .. } => false,
        Source::Made { .. } => !place(source, section, id).join(RECIPE).exists(),
    }
}

/// What there is of the bases of an experiment before it is trained, a line each.
pub fn told(
    source: &Source,
    section: &TransformerSection,
    (widths, seeds): (&[usize], &BTreeSet<u64>),
) -> Vec<String> {
    match source {
        Source::Checkpoint { label, .. } => vec![format!("base: {label}")],
        Source::Made { corpus, .. } => {
            let one = |id: (usize, u64)| {
                let (dir, name) = (folder(section, corpus, id), named(section, id));
                if dir.join(RECIPE).exists() {
                    let loss = held_out_loss(&dir).map_or(String::new(), |loss| {
                        format!(", held-out loss of its pretraining {loss:.4}")
                    });
                    return format!("{name}: kept in {}{loss}", dir.display());
                }
                match section.pretrain_steps {
                    0 => format!("{name}: to be drawn, and not pretrained"),
                    steps => format!("{name}: to be pretrained for {steps} steps"),
                }
            };
            let ids = widths.iter().flat_map(|&width| seeds.iter().map(move |&seed| (width, seed)));
            ids.map(one).collect()
        }
    }
}

/// A base in words: with its seed where others of its width have other seeds.
fn named(section: &TransformerSection, (width, seed): (usize, u64)) -> String {
    if section.base_per_seed {
        format!("base of width {width}, seed {seed}")
    } else {
        format!("base of width {width}")
    }
}

fn kept(dir: &Path) -> Result<Base, FinetuneError> {
    Ok(Base::new(Checkpoint::open(dir)?, Task::NextToken, HEAD_SEED)?)
}

/// Waits while another process pretrains the model of this folder, such as one that trains another shard.
/// A file system without locks keeps nobody waiting.
fn alone(dir: &Path, watch: &Watch) -> Result<Option<File>, FinetuneError> {
    let Ok(file) = File::create(dir.join(LOCK)) else { return Ok(None) };
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::Error(_)) => return Ok(None),
            Err(TryLockError::WouldBlock) if watch.stopped() => return Err(FinetuneError::Stopped),
            Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
        }
    }
}

/// A model that was pretrained before, or is now, and is then kept.
fn made(
    section: &TransformerSection,
    corpus: &Corpus,
    id @ (width, seed): (usize, u64),
    watch: &Watch,
) -> Result<Base, FinetuneError> {
    let (recipe, dir) = (recipe(section, width, seed), folder(section, corpus, id));
    let name = named(section, id);
    if dir.join(RECIPE).exists() {
        return kept(&dir);
    }
    fs::create_dir_all(&dir).map_err(|source| CheckpointError::Io { file: dir.clone(), source })?;
    let _alone = alone(&dir, watch)?;
    if dir.join(RECIPE).exists() {
        return kept(&dir);
    }
    let steps = recipe.steps;
    watch.say(&match steps {
        0 => format!("drawing the {name}"),
        steps => format!("pretraining the {name}: {steps} steps"),
    });
    let saving = Saving { path: dir.join("state.bin"), every: SAVE_EVERY };
    watch.meter.begin_pretraining(width, steps);
    let tokens = recipe.batch * recipe.context;
    let mut progress = |progress: Progress| watch.meter.pretrained(progress.step, tokens);
    let outcome = pretrain(&recipe, corpus, &mut progress, &|| watch.stopped(), Some(&saving));
    watch.meter.end_pretraining();
    match outcome? {
        Outcome::Finished(pretrained) => {
            write_folder(&dir, &pretrained, corpus)?;
            let _ = fs::remove_file(&saving.path);
            let loss = pretrained.held_out;
            watch.say(&format!("the {name} has a held-out loss of {loss:.4}"));
            Ok(pretrained.base)
        }
        Outcome::Diverged { step, module } => Err(FinetuneError::Diverged { width, step, module }),
        Outcome::Stopped { step } => {
            watch.say(&format!("pretraining stopped after step {step}, where it will go on"));
            Err(FinetuneError::Stopped)
        }
    }
}

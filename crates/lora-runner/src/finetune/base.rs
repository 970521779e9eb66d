//! Loading base models, and pretraining them once.

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

/// The base of a width.
pub fn make(
    source: &Source,
    section: &TransformerSection,
    data: &Data,
    width: usize,
    watch: &Watch,
) -> Result<Base, FinetuneError> {
    let task = source.task(section, data.labels);
    match source {
        Source::Checkpoint { path, .. } => {
            on_a_thread(|| Ok(Base::new(Checkpoint::open(path)?, task, HEAD_SEED)?))
        }
        Source::Made { corpus, .. } => on_a_thread(|| made(section, corpus, width, watch)),
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

/// Where the base of a width lies, or will lie.
pub fn place(source: &Source, section: &TransformerSection, width: usize) -> PathBuf {
    match source {
        Source::Checkpoint { path, .. } => path.clone(),
        Source::Made { corpus, .. } => folder(section, corpus, width),
    }
}

/// The folder of a model that is pretrained here.
fn folder(section: &TransformerSection, corpus: &Corpus, width: usize) -> PathBuf {
    Path::new(&section.bases).join(recipe(section, width).id(corpus))
}

/// Whether a base has yet to be pretrained.
pub fn is_to_be_made(source: &Source, section: &TransformerSection, width: usize) -> bool {
    match source {
        Source::Checkpoint { .. } => false,
        Source::Made { .. } => !place(source, section, width).join(RECIPE).exists(),
    }
}

/// What there is of the bases of an experiment before it is trained, a line each.
pub fn told(source: &Source, section: &TransformerSection, widths: &[usize]) -> Vec<String> {
    match source {
        Source::Checkpoint { label, .. } => vec![format!("base: {label}")],
        Source::Made { corpus, .. } => {
            let one = |&width: &usize| {
                let dir = folder(section, corpus, width);
                if dir.join(RECIPE).exists() {
                    let loss = held_out_loss(&dir).map_or(String::new(), |loss| {
                        format!(", held-out loss of its pretraining {loss:.4}")
                    });
                    return format!("base of width {width}: kept in {}{loss}", dir.display());
                }
                match section.pretrain_steps {
                    0 => format!("base of width {width}: to be drawn, and not pretrained"),
                    steps => format!("base of width {width}: to be pretrained for {steps} steps"),
                }
            };
            widths.iter().map(one).collect()
        }
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
    width: usize,
    watch: &Watch,
) -> Result<Base, FinetuneError> {
    let (recipe, dir) = (recipe(section, width), folder(section, corpus, width));
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
        0 => format!("drawing the base of width {width}"),
        steps => format!("pretraining the base of width {width}: {steps} steps"),
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
            watch.say(&format!("the base of width {width} has a held-out loss of {loss:.4}"));
            Ok(pretrained.base)
        }
        Outcome::Diverged { step, module } => Err(FinetuneError::Diverged { width, step, module }),
        Outcome::Stopped { step } => {
            watch.say(&format!("pretraining stopped after step {step}, where it will go on"));
            Err(FinetuneError::Stopped)
        }
    }
}

//! A sweep of a small transformer in a directory, which can be stopped at any step.
#![allow(dead_code)] // each test file uses its part

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use lora_experiment::cells::cells;
use lora_experiment::experiment::{Loaded, Source, load};
use lora_experiment::request::Request;
use lora_runner::engines::Engines;
use lora_runner::error::RunnerError;
use lora_runner::finetune::TransformerEngine;
use lora_runner::progress::Progress;
use lora_runner::replay;
use lora_runner::states::{FOLDER, States};
use lora_runner::sweep::Sweep;
use lora_sim::Engine;
use lora_store::manifest::Manifest;
use lora_store::rows::Results;
use lora_store::stored::{Database, FILE, Numerics, Session, StoredRuns, blob};
use tempfile::TempDir;

/// Six runs with everything that has a state: dropout, LoRA+, a schedule, clipping, an order of sequences.
const SMALL: &str = r#"
title = "A small transformer"

[model]
kind = "transformer"
widths = [32]
rank = 2

[transformer]
depth = 1
head_dim = 16
vocabulary = 257
context = 16
pretrain_steps = PRETRAIN
pretrain_batch = 4
batch = 4
test_sequences = 8
dropout = 0.2
warmup = 2
schedule = "cosine"
max_grad_norm = 0.5
bases = "BASES"

[training]
seeds = [0]
steps = 7
record_every = 3
lr_ratio = 4.0

[search]
lr_min = 1e-3
lr_max = 1e-1
coarse_factor = 10.0
bracket_factor = 10.0
max_extensions = 0
score = "test-final"
"#;

/// A directory with an experiment, and with sweeps of it.
pub struct Place {
    pub dir: TempDir,
    pub loaded: Loaded,
}

impl Place {
    pub fn new(pretrain_steps: usize) -> Self {
        Self::with(pretrain_steps, |_| String::new())
    }

    /// With more keys of the transformer, which may name files of the directory.
    pub fn with(pretrain_steps: usize, keys: impl FnOnce(&Path) -> String) -> Self {
        let dir = TempDir::new().expect("a directory");
        let keys = keys(dir.path());
        let bases = dir.path().join("bases").display().to_string();
        let text = SMALL.replace("BASES", &bases).replace("PRETRAIN", &pretrain_steps.to_string());
        let text = text.replace("[training]", &format!("{keys}\n[training]"));
        let file = dir.path().join("small.toml");
        fs::write(&file, text).expect("a file");
        let loaded = load(&Source { file: Some(file), ..Source::default() }).expect("a good file");
        Self { dir, loaded }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The one folder of pretrained models.
    pub fn base(&self) -> PathBuf {
        let mut entries = fs::read_dir(self.path("bases")).expect("a directory");
        entries.next().expect("a base").expect("a base").path()
    }

    /// A sweep in a directory of this one, each of whose runs keeps its state at every step.
    pub fn sweep(&self, name: &str) -> Watched {
        let out = self.path(name);
        fs::create_dir_all(&out).expect("a directory");
        Watched::new(self.loaded.clone(), out)
    }
}

/// Stored runs by key, with every bit of what was measured.
pub type Runs = Vec<([u8; 32], Vec<u8>)>;

/// A sweep with what it says, and with how often it asks whether to stop.
pub struct Watched {
    loaded: Loaded,
    pub out: PathBuf,
    engine: TransformerEngine,
    asked: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    said: Arc<Mutex<Vec<String>>>,
}

impl Watched {
    fn new(loaded: Loaded, out: PathBuf) -> Self {
        let engine = TransformerEngine::new(&loaded.experiment).expect("an engine");
        let [asked, most] = [0, usize::MAX].map(|count| Arc::new(AtomicUsize::new(count)));
        let said = Arc::<Mutex<Vec<String>>>::default();
        Self { loaded, out, engine, asked, most, said }
    }

    /// Lets the engine be watched; `each` is told how often it has asked.
    pub fn attended(self, each: impl Fn(usize) + Send + Sync + 'static) -> Self {
        let (asked, most) = (self.asked.clone(), self.most.clone());
        let stop = move || {
            let count = asked.fetch_add(1, Ordering::SeqCst) + 1;
            each(count);
            count > most.load(Ordering::SeqCst)
        };
        let said = self.said.clone();
        let say = move |line: &str| said.lock().expect("nobody failed").push(line.to_owned());
        let states = States::beside(&self.out.join(FILE)).at_every_step();
        self.engine.watch().attend(stop, say, states);
        self
    }

    /// Trains until it has asked `most` times whether to stop, in one thread.
    pub fn run(&self, most: usize) -> Result<(), RunnerError> {
        self.asked.store(0, Ordering::SeqCst);
        self.most.store(most, Ordering::SeqCst);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("a thread");
        pool.install(|| self.train())
    }

    fn train(&self) -> Result<(), RunnerError> {
        let database = Database::for_writing(&self.out, false)?;
        let studies = std::slice::from_ref(&self.loaded.study);
        let numerics = Numerics { network: self.engine.numerics(), ..Numerics::default() };
        let experiment = &self.loaded.experiment;
        let request = Request::Experiment(Box::new(experiment.clone()));
        let manifest = Manifest::new("small", false, experiment, self.engine.describe(), 0.0)?;
        let session = &Session::begin(&manifest, &request, &numerics.to_string())?;
        database.begin(session)?;
        let kept = &StoredRuns::new(&database, studies, numerics)?;
        let engines = &Engines::one(&self.engine).with_transformer(Some(&self.engine));
        let stop = &|| self.asked() > self.most.load(Ordering::SeqCst);
        let progress = &Progress::hidden(studies);
        let sweep = Sweep { engines, kept, session, progress, stop };
        sweep.run::<Results>(replay::of_cells(kept, &cells(studies))?, |_| Ok(())).map(drop)
    }

    /// How often it has asked whether to stop since the last call began.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// What it has said.
    pub fn said(&self) -> Vec<String> {
        self.said.lock().expect("nobody failed").clone()
    }

    /// The directory of its states.
    pub fn states(&self) -> PathBuf {
        self.out.join(FOLDER)
    }

    /// The stored runs.
    pub fn runs(&self) -> Runs {
        let database = Database::for_reading(&self.out).expect("a database");
        let bytes = |key: &[u8; 32]| {
            let run = database.get(key).expect("a database").expect("a run");
            blob::encode(&run.trajectory)
        };
        let listed = database.list().expect("a database");
        listed.iter().map(|run| (run.key, bytes(&run.key))).collect()
    }
}

/// The files of a directory of states, by name; none where there is no directory.
pub fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    files.retain(|file| file.extension().is_some_and(|end| end == "state"));
    files.sort();
    files
}

/// Copies the files of a directory of states.
pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for file in files(from) {
        fs::copy(&file, to.join(file.file_name().expect("a name"))).expect("a copy");
    }
}

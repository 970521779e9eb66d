//! What is said of a transformer's memory against what its training takes from the allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use lora_experiment::experiment::{Loaded, load_text};
use lora_runner::engine::{EngineName, choose_for};
use lora_sim::Batch;
use lora_sim::spec::{Init, Run};
use tempfile::TempDir;

/// Bytes that are taken, and the most that were.
static TAKEN: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

struct Counting;

// SAFETY: the system's allocator does all of it; the counters are no memory of the caller's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let taken = TAKEN.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(taken, Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        TAKEN.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// Settings, and whether the base must be pretrained.
const CASES: [(&str, bool); 4] = [
    ("width 256, depth 4", true),
    ("context 64", false),
    ("rank 64", false),
    ("narrow and deep", false),
];

fn loaded(case: usize, bases: &TempDir) -> Loaded {
    let width = [256, 256, 128, 64][case];
    let text = format!(
        r#"
        [model]
        kind = "transformer"
        widths = [{width}]
        rank = {rank}
        [transformer]
        depth = {depth}
        context = {context}
        batch = {batch}
        vocabulary = 512
        pretrain_steps = 1
        pretrain_batch = {pretrain_batch}
        test_sequences = 4
        bases = {bases:?}
        [training]
        steps = 1
        record_every = 1
        "#,
        rank = [8, 8, 64, 4][case],
        depth = [4, 4, 4, 16][case],
        context = [256, 64, 256, 128][case],
        batch = [16, 16, 8, 16][case],
        pretrain_batch = if case == 0 { 8 } else { 1 },
        bases = bases.path().join("bases").display().to_string(),
    );
    load_text(("test", "test"), &text, &[], false).expect("an experiment")
}

/// Pretrains the base, so that it is kept.
fn prepare(case: usize, dir: &TempDir) {
    let loaded = loaded(case, dir);
    let chosen = choose_for(EngineName::Cpu, &loaded).unwrap_or_else(|error| panic!("{error}"));
    let e = &loaded.experiment;
    chosen.engine.prepare(&e.model(), e.model.widths[0], 0).expect("a base");
}

/// Bytes that are said to be needed, and bytes that are taken at most.
fn measured(case: usize, dir: &TempDir) -> [f64; 2] {
    let loaded = loaded(case, dir);
    let chosen = choose_for(EngineName::Cpu, &loaded).unwrap_or_else(|error| panic!("{error}"));
    let (e, engine) = (&loaded.experiment, chosen.engine.as_ref());
    let runs: Vec<Run> = [Init::A, Init::B, Init::A, Init::B]
        .into_iter()
        .map(|init| Run { init, lr: 1e-3, adapter_seed: 0 })
        .collect();
    let width = e.model.widths[0];
    let said = engine.memory(&e.model(), width, runs.len()).host as f64;
    let before = TAKEN.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let training = e.training();
    let mut problem = engine.prepare(&e.model(), width, 0).expect("a base");
    let batch = Batch { training: &training, runs: &runs, starts: None, keep_states: false };
    problem.train(&batch).expect("runs");
    [said, (MOST.load(Ordering::Relaxed) - before) as f64]
}

/// On threads that have ended afterwards, since a thread keeps arrays for its next pass.
fn on_two_threads<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let threads = rayon::ThreadPoolBuilder::new().num_threads(2);
    let result = threads.build_scoped(|thread| thread.run(), |pool| pool.install(work));
    result.expect("a pool")
}

/// Within a factor of 1.5, whichever of the two is more. On two threads, as on the machines of CI.
#[test]
fn what_is_said_is_near_what_is_taken() {
    let mut wrong = Vec::new();
    for (case, (name, pretrained)) in CASES.into_iter().enumerate() {
        let dir = TempDir::new().expect("a directory");
        if !pretrained {
            on_two_threads(|| prepare(case, &dir));
        }
        let [said, taken] = on_two_threads(|| measured(case, &dir));
        let ratio = said / taken;
        let told =
            format!("{name}: {:.1} MiB said, {:.1} taken: {ratio:.2}", mib(said), mib(taken));
        println!("{told}");
        if !(1.0 / 1.5..1.5).contains(&ratio) {
            wrong.push(told);
        }
        fs::remove_dir_all(dir.path()).expect("it is there");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn mib(bytes: f64) -> f64 {
    bytes / f64::from(1 << 20)
}

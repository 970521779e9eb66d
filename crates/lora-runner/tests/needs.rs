//! What is said of a transformer's memory against what its training takes from the allocator.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use lora_experiment::experiment::{Loaded, load_text};
use lora_runner::engine::{EngineName, choose_for};
use lora_runner::finetune::TransformerEngine;
use lora_sim::spec::{Init, Run};
use lora_sim::{Batch, Engine};
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
fn prepare(loaded: &Loaded) {
    let chosen = choose_for(EngineName::Cpu, loaded).unwrap_or_else(|error| panic!("{error}"));
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

/// An experiment whose final test takes more than its training: long questions behind a training on short prompts,
/// or many texts that are written together.
fn with_final_test(task: &str, dir: &TempDir) -> Loaded {
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        fs::write(&path, text).expect("a file");
        path.display().to_string()
    };
    let sums = "{\"question\": \"1 + 1?\", \"answer\": \"#### 2\"}\n".repeat(40);
    let train = write("train.jsonl", &sums);
    let last = match task {
        "choose" => write("final.csv", &format!("{},a,b,c,d,A\n", "x ".repeat(180)).repeat(16)),
        _ => write("final.jsonl", &sums),
    };
    let text = format!(
        r#"
        [model]
        kind = "transformer"
        widths = [128]
        rank = 2
        [transformer]
        depth = 12
        context = 512
        batch = 1
        vocabulary = 257
        pretrain_steps = 1
        pretrain_batch = 1
        test_sequences = 4
        train_data = {train:?}
        final_data = {last:?}
        final_task = "{task}"
        bases = {bases:?}
        [training]
        seeds = [0]
        steps = 1
        record_every = 1
        "#,
        bases = dir.path().join("bases").display().to_string(),
    );
    load_text(("test", "test"), &text, &[], false).expect("an experiment")
}

/// Bytes that are said to be needed, and bytes that are taken at most, while both inits are tested at once.
fn measured_in_final_test(task: &str, dir: &TempDir) -> [f64; 2] {
    let loaded = with_final_test(task, dir);
    let (e, width) = (&loaded.experiment, 128);
    let engine = TransformerEngine::new(e).expect("an engine");
    let model = e.model();
    let (said, alone) = (engine.memory(&model, width, 2), engine.training_memory(&model, width, 2));
    assert!(said.host > alone.host, "{task}: {said:?} {alone:?}");
    let before = TAKEN.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let test = |init: Init| {
        let run = Run { init, lr: 1e-3, adapter_seed: 0 };
        engine.final_test((&model, width), &e.training(), (&run, [0; 32]), |_| true)
    };
    let both = rayon::join(|| test(Init::A), || test(Init::B));
    assert!([both.0, both.1].iter().all(|tested| matches!(tested, Ok(Some(_)))));
    [said.host as f64, (MOST.load(Ordering::Relaxed) - before) as f64]
}

/// On threads that have ended afterwards, since a thread keeps arrays for its next pass.
fn on_threads<R: Send>(count: usize, work: impl FnOnce() -> R + Send) -> R {
    let threads = rayon::ThreadPoolBuilder::new().num_threads(count);
    let result = threads.build_scoped(|thread| thread.run(), |pool| pool.install(work));
    result.expect("a pool")
}

/// Within a factor of 1.5, whichever of the two is more. On two threads, as on the machines of CI; final tests on
/// four, of which two share a run.
#[test]
fn what_is_said_is_near_what_is_taken() {
    let mut wrong = Vec::new();
    for (case, (name, pretrained)) in CASES.into_iter().enumerate() {
        let dir = TempDir::new().expect("a directory");
        if !pretrained {
            on_threads(2, || prepare(&loaded(case, &dir)));
        }
        wrong.extend(compared(name, on_threads(2, || measured(case, &dir))));
        fs::remove_dir_all(dir.path()).expect("it is there");
    }
    for task in ["choose", "write"] {
        let dir = TempDir::new().expect("a directory");
        on_threads(2, || prepare(&with_final_test(task, &dir)));
        wrong.extend(compared(task, on_threads(4, || measured_in_final_test(task, &dir))));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What is said and what is taken, in words; none where they are near each other.
fn compared(name: &str, [said, taken]: [f64; 2]) -> Option<String> {
    let ratio = said / taken;
    let told = format!("{name}: {:.1} MiB said, {:.1} taken: {ratio:.2}", mib(said), mib(taken));
    println!("{told}");
    (!(1.0 / 1.5..1.5).contains(&ratio)).then_some(told)
}

fn mib(bytes: f64) -> f64 {
    bytes / f64::from(1 << 20)
}

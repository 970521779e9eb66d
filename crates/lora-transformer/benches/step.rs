//! Times of one LoRA step of a BERT of width 384 and of small Llamas, and of the products of the BERT.
//!
//! `cargo bench -p lora-transformer --bench step` measures; `-- step`, `-- llama` or `-- products` takes one.
//! Without `--bench`, as under `cargo test`, each runs once at a tiny size.

#[path = "models/mod.rs"]
mod models;

use std::time::Duration;

use lora_transformer::lora::Targets;
use lora_transformer::product::{Into, Mat, MatMut, product};
use lora_transformer::thin::thin;
use lora_transformer::trainer::Trainer;

use models::{Model, entries, measuring, minilm};

/// Times steps of a run on the modules that `targets` takes.
fn steps(bencher: divan::Bencher, model: &Model, targets: Targets) {
    let (base, sequences, mut spec) = (model.base(), model.texts(), model.spec());
    spec.lora.targets = targets;
    let mut trainer = Trainer::new(&base, &spec).expect("a run");
    bencher.bench_local(|| {
        let batch = base.batch(&sequences).expect("good sequences");
        let step = trainer.step(&[batch]);
        assert!(step.loss.is_finite());
        step.loss
    });
}

/// MiniLM's width and MLP in two of its blocks, on two slices of 256 tokens. Query and value alone, as in the
/// paper, or every linear module.
#[divan::bench(args = ["query,value", "all-linear"], max_time = Duration::from_secs(5))]
fn step(bencher: divan::Bencher, targets: &str) {
    let targets = match targets {
        "all-linear" => Targets::AllLinear,
        names => Targets::Names(names.split(',').map(str::to_owned).collect()),
    };
    let mut model = minilm();
    // A vocabulary that costs nothing to draw.
    (model.config.depth, model.config.vocabulary, model.sequences) = (2, 1000, 16);
    steps(bencher, &model.for_this_call(), targets);
}

/// Llamas of four blocks, as they are pretrained here: 8 sequences of 128 tokens.
#[divan::bench(args = [64, 128, 256], max_time = Duration::from_secs(3))]
fn llama(bencher: divan::Bencher, width: usize) {
    steps(bencher, &models::llama(width).for_this_call(), Targets::AllLinear);
}

/// Rows of a slice, fan-in and fan-out, by what multiplies them.
fn shape(name: &str) -> [usize; 3] {
    let (rows, n) = if measuring() { (256, 384) } else { (8, 24) };
    match name {
        "query" => [rows, n, n],
        "up" => [rows, n, 4 * n],
        "A" => [rows, n, 8],
        _ => [rows, 8, n],
    }
}

#[divan::bench(args = ["query", "up", "A", "B"], max_time = Duration::from_secs(2))]
fn products(bencher: divan::Bencher, name: &str) {
    let [m, k, n] = shape(name);
    let (a, b, mut c) = (entries(m * k), entries(k * n), vec![0.0; m * n]);
    bencher.counter(divan::counter::ItemsCount::new(m * k * n)).bench_local(|| {
        let (left, right) = (Mat::new(&a, m, k), Mat::new(&b, k, n));
        match name {
            "A" => thin(&mut c, 1.0, &a, right),
            _ => product(&mut MatMut::new(&mut c, m, n), Into::Set, 1.0, left, right),
        }
        c[0]
    });
}

fn main() {
    match measuring() {
        true => divan::main(),
        // Without arguments: divan does not know those of a test harness.
        false => divan::Divan::default().test_benches(),
    }
}

//! Times of one LoRA step of a BERT of width 384 and of small Llamas, and of the products of the BERT.
//!
//! `cargo bench -p lora-transformer` measures; `-- step`, `-- llama` or `-- products` takes one. Without
//! `--bench`, as under `cargo test`, each runs once at a tiny size.

use std::time::Duration;

use lora_checkpoint::{Activation, Config, Family, Positions};
use lora_transformer::base::Base;
use lora_transformer::batch::Sequence;
use lora_transformer::lora::{LoraSpec, Targets};
use lora_transformer::net::{Net, Pooling, Role, Task};
use lora_transformer::pretrain::{Parametrisation, Recipe};
use lora_transformer::product::{Into, Mat, MatMut, product};
use lora_transformer::run_spec::{HeadSpec, RunSpec, Training};
use lora_transformer::thin::thin;
use lora_transformer::trainer::Trainer;

/// Whether this is `cargo bench` and not a smoke test.
fn measuring() -> bool {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    has("--bench") && !has("--test")
}

/// MiniLM's width and MLP in two of its blocks, with a vocabulary that costs nothing to draw.
fn config() -> Config {
    let width = if measuring() { 384 } else { 24 };
    Config {
        family: Family::Bert,
        vocabulary: 1000,
        width,
        depth: 2,
        heads: 12,
        key_value_heads: 12,
        head_dim: width / 12,
        mlp_width: 4 * width,
        max_positions: 128,
        norm_epsilon: 1e-12,
        activation: Activation::Gelu,
        positions: Positions::Learned { first: 0, token_types: 2 },
        query_key_value_bias: true,
        output_bias: true,
        mlp_bias: true,
        tied_head: false,
        labels: Some(2),
    }
}

/// Entries between -1 and 1.
fn entries(count: usize) -> Vec<f32> {
    (0..count).map(|place| (place * 7919 % 2003) as f32 / 1001.5 - 1.0).collect()
}

fn base() -> Base {
    let net = Net::new(&config(), Task::Classify { labels: 2, pooling: Pooling::Cls });
    let weights = net.params.iter().map(|info| {
        let values = entries(info.shape.iter().product());
        let scale = match info.role {
            Role::Gain => return vec![1.0; values.len()],
            Role::Linear => 1.7 / (info.shape[1] as f32).sqrt(),
            Role::Table | Role::Bias => 0.1,
        };
        values.into_iter().map(|value| scale * value).collect()
    });
    let weights = weights.collect();
    Base::of(net, weights, "bench".to_owned())
}

fn spec(targets: Targets, head: Option<HeadSpec>) -> RunSpec {
    let lora = LoraSpec { targets, alpha: 16.0, seed: 1, ..LoraSpec::default() };
    // So small that no repetition leaves the start.
    RunSpec { lora, lr: 1e-9, lora_plus_ratio: 1.0, head, training: Training::default() }
}

/// 16 sequences of 32 tokens: two slices of the size at which products are fast.
fn sequences() -> Vec<Sequence> {
    let (count, length) = if measuring() { (16, 32) } else { (3, 5) };
    let one = |index: usize| {
        let ids = (0..length).map(|place| ((index * 97 + place * 31) % 1000) as u32).collect();
        Sequence::labelled(ids, index as u32 % 2)
    };
    (0..count).map(one).collect()
}

/// Query and value alone, as in the paper, or every linear module.
#[divan::bench(args = ["query,value", "all-linear"], max_time = Duration::from_secs(5))]
fn step(bencher: divan::Bencher, targets: &str) {
    let targets = match targets {
        "all-linear" => Targets::AllLinear,
        names => Targets::Names(names.split(',').map(str::to_owned).collect()),
    };
    let (base, sequences) = (base(), sequences());
    let mut trainer =
        Trainer::new(&base, &spec(targets, Some(HeadSpec::new(1e-9)))).expect("a run");
    bencher.bench_local(|| {
        let batch = base.batch(&sequences).expect("good sequences");
        let step = trainer.step(&[batch]);
        assert!(step.loss.is_finite());
        step.loss
    });
}

/// Llamas of four blocks, as they are pretrained here: 8 sequences of 128 tokens.
#[divan::bench(args = [64, 128, 256], max_time = Duration::from_secs(3))]
fn llama(bencher: divan::Bencher, width: usize) {
    let (width, context) = if measuring() { (width, 128) } else { (width / 8, 8) };
    let recipe = Recipe {
        width,
        depth: 4,
        head_dim: width.min(64) / 2,
        key_value_heads: None,
        vocabulary: 512,
        context,
        mlp_width: None,
        parametrisation: Parametrisation::Standard,
        lr: 1e-3,
        steps: 100,
        batch: 8,
        warmup: 0.0,
        weight_decay: 0.0,
        betas: [0.9, 0.999],
        seed: 0,
    };
    let base = recipe.initial().expect("a recipe");
    let text = |index: usize| {
        Sequence::text((0..context).map(|place| ((index * 97 + place * 31) % 512) as u32).collect())
    };
    let sequences: Vec<Sequence> = (0..8).map(text).collect();
    let mut trainer = Trainer::new(&base, &spec(Targets::AllLinear, None)).expect("a run");
    bencher.bench_local(|| {
        let batch = base.batch(&sequences).expect("good sequences");
        trainer.step(&[batch]).loss
    });
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

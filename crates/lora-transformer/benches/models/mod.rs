//! Models and runs that are timed: MiniLM's and SmolLM2's shapes, and Llamas of four blocks.
#![allow(dead_code)] // Every bench uses a part of it.

use std::time::Instant;

use lora_checkpoint::{Activation, Config, Family, Positions};
use lora_transformer::base::Base;
use lora_transformer::batch::Sequence;
use lora_transformer::lora::{LoraSpec, Targets};
use lora_transformer::net::{Net, Pooling, Role, Task};
use lora_transformer::run_spec::{HeadSpec, RunSpec, Training};

/// r.
pub const RANK: usize = 8;

/// Whether this is `cargo bench` and not a smoke test.
pub fn measuring() -> bool {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    has("--bench") && !has("--test")
}

/// Whether a name contains one of the arguments, or there are none.
pub fn selected(name: &str) -> bool {
    let mut filters = std::env::args().skip(1).filter(|one| !one.starts_with('-')).peekable();
    filters.peek().is_none() || filters.any(|filter| name.contains(&filter))
}

/// A model with the batches that it trains on.
#[derive(Clone)]
pub struct Model {
    /// For tables and filters.
    pub name: String,
    /// Its shape.
    pub config: Config,
    /// Sequences of a step.
    pub sequences: usize,
    /// Tokens of each.
    pub length: usize,
}

/// A Llama of four blocks with heads of 32 and 512 tokens, on 8 sequences of 128 tokens.
pub fn llama(width: usize) -> Model {
    let config = Config {
        family: Family::Llama,
        vocabulary: 512,
        width,
        depth: 4,
        heads: width / 32,
        key_value_heads: width / 32,
        head_dim: 32,
        mlp_width: (8 * width).div_ceil(3).next_multiple_of(16),
        max_positions: 1024,
        norm_epsilon: 1e-5,
        activation: Activation::Silu,
        positions: rotary(32),
        query_key_value_bias: false,
        output_bias: false,
        mlp_bias: false,
        tied_head: false,
        labels: None,
    };
    Model { name: format!("llama-{width}"), config, sequences: 8, length: 128 }
}

/// SmolLM2-135M on 8 sequences of 128 tokens.
pub fn smollm2() -> Model {
    let config = Config {
        vocabulary: 49_152,
        depth: 30,
        heads: 9,
        key_value_heads: 3,
        head_dim: 64,
        mlp_width: 1536,
        positions: rotary(64),
        tied_head: true,
        ..llama(576).config
    };
    Model { name: "smollm2".to_owned(), config, sequences: 8, length: 128 }
}

/// all-MiniLM-L6-v2 with two classes, on 32 sentences of 32 tokens.
pub fn minilm() -> Model {
    let config = Config {
        family: Family::Bert,
        vocabulary: 30_522,
        width: 384,
        depth: 6,
        heads: 12,
        key_value_heads: 12,
        head_dim: 32,
        mlp_width: 1536,
        max_positions: 512,
        norm_epsilon: 1e-12,
        activation: Activation::Gelu,
        positions: Positions::Learned { first: 0, token_types: 2 },
        query_key_value_bias: true,
        output_bias: true,
        mlp_bias: true,
        tied_head: false,
        labels: Some(2),
    };
    Model { name: "minilm".to_owned(), config, sequences: 32, length: 32 }
}

fn rotary(head: usize) -> Positions {
    let pairs = head / 2;
    let frequency = |pair: usize| 10_000f64.powf(-(pair as f64) / pairs as f64);
    Positions::Rotary { inverse_frequencies: (0..pairs).map(frequency).collect() }
}

impl Model {
    /// As it is, or shrunk to almost nothing for a smoke test.
    pub fn for_this_call(mut self) -> Self {
        if !measuring() {
            let config = &mut self.config;
            config.width = config.heads * 4;
            config.head_dim = 4;
            if let Positions::Rotary { .. } = config.positions {
                config.positions = rotary(4);
            }
            (config.depth, config.mlp_width, config.vocabulary) = (2, 24, 40);
            (self.sequences, self.length) = (3, 5);
        }
        self
    }

    /// Random weights of such a size that activations neither grow nor vanish.
    pub fn base(&self) -> Base {
        let task = match self.config.family.is_causal() {
            true => Task::NextToken,
            false => Task::Classify { labels: 2, pooling: Pooling::Cls },
        };
        let net = Net::new(&self.config, task);
        let weights = net.params.iter().map(|info| {
            let count = info.shape.iter().product();
            let scale = match info.role {
                Role::Gain => return vec![1.0; count],
                Role::Linear => 1.7 / (info.shape[1] as f32).sqrt(),
                Role::Table | Role::Bias => 0.1,
            };
            entries(count).into_iter().map(|value| scale * value).collect()
        });
        let weights = weights.collect();
        Base::of(net, weights, "bench".to_owned())
    }

    /// LoRA on every linear module, and the head of a classifier, at learning rates so small that no
    /// repetition leaves the start.
    pub fn spec(&self) -> RunSpec {
        let targets = Targets::AllLinear;
        let lora = LoraSpec { targets, rank: RANK, alpha: 16.0, seed: 1, ..LoraSpec::default() };
        let head = (!self.config.family.is_causal()).then(|| HeadSpec::new(1e-9));
        RunSpec { lora, lr: 1e-9, lora_plus_ratio: 1.0, head, training: Training::default() }
    }

    /// What a step trains on.
    pub fn texts(&self) -> Vec<Sequence> {
        let vocabulary = self.config.vocabulary;
        let one = |index: usize| {
            let id = |place: usize| ((index * 97 + place * 31) % vocabulary) as u32;
            let ids = (0..self.length).map(id).collect();
            match self.config.family.is_causal() {
                true => Sequence::text(ids),
                false => Sequence::labelled(ids, index as u32 % 2),
            }
        };
        (0..self.sequences).map(one).collect()
    }

    /// Fan-in and fan-out of the linear modules of a block: query, key, value, output, then the MLP's.
    pub fn linears(&self) -> Vec<[usize; 2]> {
        let config = &self.config;
        let (n, m) = (config.width, config.mlp_width);
        let (queries, keys) =
            (config.heads * config.head_dim, config.key_value_heads * config.head_dim);
        let mut all = vec![[n, queries], [n, keys], [n, keys], [queries, n], [n, m], [m, n]];
        if config.family.is_causal() {
            all.push([n, m]);
        }
        all
    }
}

/// Entries between -1 and 1.
pub fn entries(count: usize) -> Vec<f32> {
    (0..count).map(|place| (place * 7919 % 2003) as f32 / 1001.5 - 1.0).collect()
}

/// Seconds of a call.
pub fn seconds(call: impl FnOnce()) -> f64 {
    let started = Instant::now();
    call();
    started.elapsed().as_secs_f64()
}

/// The value in the middle.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

//! Memory that transformers take, in bytes.
//!
//! Counted are the arrays that are there at the same time at the worst moment, in f32 where nothing else is
//! said. The program itself, tokenizers and what an allocator keeps for later are not.

use lora_checkpoint::Config;
use lora_transformer::model::Keep;

/// Bytes of an entry.
const ENTRY: f64 = 4.0;

/// Parts in which gradients of a batch are summed, each with arrays of its own.
const LANES: f64 = 8.0;

/// Copies of what a LoRA run trains, beside the sums of its gradients: the parameters, two moments, those
/// of the start, and those that a measurement compares with their gradients.
const COPIES: f64 = 8.0;

/// Copies of all weights in a pretraining, beside the sums of gradients: the start, the present ones and two
/// moments.
const PRETRAINING: f64 = 4.0;

/// Largest bytes of logits that are there at once, but for one row.
const LOGITS: f64 = (16 << 20) as f64;

/// A pass through a model.
#[derive(Clone, Copy, Debug)]
pub struct Passes<'c> {
    /// Its shape.
    pub config: &'c Config,
    /// Threads, each of which computes a slice of a batch.
    pub threads: f64,
    /// Tokens of a slice.
    pub rows: usize,
    /// Tokens of the longest sequence.
    pub longest: usize,
    /// r times the adapted modules of a block, whose features are kept.
    pub features: f64,
    /// What is kept of the forward pass.
    pub keep: Keep,
}

impl Passes<'_> {
    /// Of all threads.
    pub fn bytes(self) -> f64 {
        let (rows, depth) = (self.rows as f64, self.config.depth as f64);
        let kept = match self.keep {
            Keep::All => depth * self.block(),
            Keep::Inputs => depth * self.width() + self.block(),
        };
        let scores = 2.0 * (self.longest as f64).powi(2);
        let entries = rows * (kept + self.backward()) + scores;
        self.threads * (ENTRY * entries + self.logits())
    }

    fn width(&self) -> f64 {
        self.config.width as f64
    }

    /// Entries that a block keeps of a token, with A x of each module.
    fn block(&self) -> f64 {
        block(self.config) + self.features
    }

    /// Entries of a token that its backward pass computes with: in the larger branch, and in the head.
    fn backward(&self) -> f64 {
        let mlp = 4.0 * self.config.mlp_width as f64;
        let attention = 2.0 * projected(self.config);
        4.0 * self.width() + mlp.max(attention)
    }

    fn logits(&self) -> f64 {
        let row = ENTRY * self.config.vocabulary as f64;
        (self.rows as f64 * row).min(LOGITS.max(row))
    }
}

/// Entries of a token in queries, keys and values.
fn projected(config: &Config) -> f64 {
    (config.heads + 2 * config.key_value_heads) as f64 * config.head_dim as f64
}

/// Entries that the forward pass of a block makes of a token: the inputs of both branches and of both norms;
/// queries, keys, values and context; what the MLP is made of; sums of exponentials.
fn block(config: &Config) -> f64 {
    let context = (config.heads * config.head_dim) as f64;
    let mlp = config.mlp_width as f64 * if config.family.is_causal() { 2.0 } else { 1.0 };
    let statistics = 4.0 + config.heads as f64;
    4.0 * config.width as f64 + projected(config) + context + mlp + statistics
}

/// Entries of all weights.
pub fn parameters(config: &Config) -> f64 {
    let (n, m) = (config.width as f64, config.mlp_width as f64);
    let context = (config.heads * config.head_dim) as f64;
    let projected = context + 2.0 * (config.key_value_heads * config.head_dim) as f64;
    let mlp = m * if config.family.is_causal() { 3.0 } else { 2.0 };
    let tables = if config.tied_head { 1.0 } else { 2.0 };
    config.depth as f64 * n * (projected + context + mlp) + tables * config.vocabulary as f64 * n
}

/// Of weights in half precision, the largest matrix is widened in each thread.
pub fn widened(config: &Config, threads: f64) -> f64 {
    let (n, m, vocabulary) = (config.width, config.mlp_width, config.vocabulary);
    threads * ENTRY * n as f64 * m.max(vocabulary) as f64
}

/// Of keys and values of texts that are written or read at the same time.
pub fn kept(config: &Config, texts: usize, longest: usize) -> f64 {
    let places = longest.min(config.max_positions) as f64;
    let entries = 2.0 * config.depth as f64 * (config.key_value_heads * config.head_dim) as f64;
    ENTRY * texts as f64 * places * entries
}

/// Of a prompt, all of whose tokens are read at once, block by block; with the scores of one head.
pub fn reading(config: &Config, tokens: usize) -> f64 {
    let tokens = tokens as f64;
    ENTRY * (tokens * block(config) + tokens.powi(2))
}

/// Of the states of runs with so many trained entries, as many as there are threads at once.
pub fn states(trained: f64, runs: usize, threads: f64) -> f64 {
    ENTRY * trained * (COPIES + LANES) * threads.min(runs as f64)
}

/// Of the weights of a pretraining and of what goes with them.
pub fn pretraining(config: &Config) -> f64 {
    ENTRY * parameters(config) * (PRETRAINING + LANES)
}

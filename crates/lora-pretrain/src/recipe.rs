//! What decides a model that is pretrained here.

use lora_checkpoint::{Activation, Config, Family, Positions};
use lora_transformer::base::Base;
use lora_transformer::error::TransformerError;
use lora_transformer::model::Keep;
use lora_transformer::net::{Net, Param, Task};
use lora_transformer::optimizer::Rule;
use lora_transformer::run_spec::Training;
use lora_transformer::schedule::{Decay, Schedule};
use lora_transformer::trainer::Trainer;
use lora_types::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::corpus::Corpus;
use crate::parametrisation::Parametrisation;

/// Version of everything that is computed on the way from a recipe to a model. A change by as little as a
/// bit raises it, so that [`Recipe::id`] tells apart what was made before and after.
pub const NUMERICS: u32 = 2;

/// Base of the rotary frequencies.
const THETA: f64 = 10_000.0;
/// ε of RMSNorm.
const NORM_EPSILON: f64 = 1e-5;
/// The MLP's width is a multiple of this unless it is given.
const MLP_MULTIPLE: usize = 16;
/// The largest width, MLP width, vocabulary, context and number of sequences.
const LARGEST: usize = 1 << 20;
/// The most parameters, so that no size overflows.
const MOST_PARAMETERS: usize = 1 << 31;

/// A Llama with a head of its own, trained with AdamW on a text. The rate rises over a warm-up and falls to 0
/// along half a cosine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// n.
    pub width: usize,
    /// Number of blocks.
    pub depth: usize,
    /// Size of a head; there are `width` / `head_dim` of them.
    pub head_dim: usize,
    /// Heads of keys and values; as many as there are heads unless given.
    #[serde(default)]
    pub key_value_heads: Option<usize>,
    /// Number of tokens.
    pub vocabulary: usize,
    /// Tokens of a training sequence, and the longest sequence that the model takes.
    pub context: usize,
    /// Width of the MLP; 8 n/3, rounded up to a multiple of 16, unless given.
    #[serde(default)]
    pub mlp_width: Option<usize>,
    /// How initial weights and learning rates depend on the width.
    pub parametrisation: Parametrisation,
    /// η.
    pub lr: f64,
    /// Number of updates; after 0 of them the weights are those of the start.
    pub steps: usize,
    /// Sequences of an update.
    pub batch: usize,
    /// Share of the steps over which the rate rises.
    pub warmup: f64,
    /// λ. As in PyTorch a step shrinks a matrix by its own learning rate times λ, so that muP decays wide
    /// matrices less. Gains do not decay.
    pub weight_decay: f64,
    /// β₁ and β₂.
    pub betas: [f64; 2],
    /// Of the initial weights and of the order of the sequences.
    pub seed: u64,
}

impl Recipe {
    /// Heads of queries.
    pub fn heads(&self) -> usize {
        self.width / self.head_dim.max(1)
    }

    /// Width of the MLP.
    pub fn mlp_width(&self) -> usize {
        let usual = || self.width.saturating_mul(8).div_ceil(3).next_multiple_of(MLP_MULTIPLE);
        self.mlp_width.unwrap_or_else(usual)
    }

    /// Updates over which the rate rises.
    pub fn warmup_steps(&self) -> usize {
        (self.warmup * self.steps as f64).round() as usize
    }

    /// Checks every number.
    ///
    /// # Errors
    /// [`TransformerError::OutOfRange`] for the first one that is out of its range.
    pub fn check(&self) -> Result<(), TransformerError> {
        let sizes = [
            ("width", self.width, 1),
            ("depth", self.depth, 1),
            ("head_dim", self.head_dim, 2),
            ("vocabulary", self.vocabulary, 2),
            ("context", self.context, 1),
            ("batch", self.batch, 1),
            ("steps", self.steps, 0),
            ("mlp_width", self.mlp_width.unwrap_or(1), 1),
        ];
        for (key, value, least) in sizes {
            if !(least..=LARGEST).contains(&value) {
                return refuse(key, value, format!("write {least} to {LARGEST}"));
            }
        }
        if !self.head_dim.is_multiple_of(2) {
            return refuse("head_dim", self.head_dim, "write an even number");
        }
        if !self.width.is_multiple_of(self.head_dim) {
            return refuse(
                "width",
                self.width,
                format!("write a multiple of head_dim, {}", self.head_dim),
            );
        }
        let heads = self.heads();
        if let Some(few) =
            self.key_value_heads.filter(|&few| few == 0 || !heads.is_multiple_of(few))
        {
            return refuse(
                "key_value_heads",
                few,
                format!("write a divisor of {heads}, the number of heads"),
            );
        }
        if self.parameters().is_none_or(|count| count > MOST_PARAMETERS) {
            let valid = format!("the model would have more than {MOST_PARAMETERS} parameters");
            return refuse("width", self.width, valid);
        }
        self.check_training()
    }

    fn check_training(&self) -> Result<(), TransformerError> {
        if self.parametrisation == (Parametrisation::MuP { base_width: 0 }) {
            return refuse("base_width", 0, "write 1 or more");
        }
        if !(self.lr > 0.0 && self.lr.is_finite()) {
            return refuse("lr", self.lr, "write a number above 0");
        }
        if !(0.0..=1.0).contains(&self.warmup) {
            return refuse("warmup", self.warmup, "write a share of the steps, from 0 to 1");
        }
        self.training().check()
    }

    /// How many numbers are trained; none if they cannot be counted.
    fn parameters(&self) -> Option<usize> {
        let queries = self.heads().checked_mul(self.head_dim)?;
        let keys = self.key_value_heads.unwrap_or(self.heads()).checked_mul(self.head_dim)?;
        let rows = queries.checked_add(keys)?.checked_mul(2)?;
        let rows = rows.checked_add(self.mlp_width().checked_mul(3)?)?.checked_add(2)?;
        let blocks = self.depth.checked_mul(rows)?.checked_add(1)?;
        let tables = self.vocabulary.checked_mul(2)?;
        blocks.checked_add(tables)?.checked_mul(self.width)
    }

    /// The shape of the model.
    pub fn config(&self) -> Config {
        let pairs = self.head_dim / 2;
        let frequency = |pair: usize| THETA.powf(-(pair as f64) / pairs as f64);
        Config {
            family: Family::Llama,
            vocabulary: self.vocabulary,
            width: self.width,
            depth: self.depth,
            heads: self.heads(),
            key_value_heads: self.key_value_heads.unwrap_or(self.heads()),
            head_dim: self.head_dim,
            mlp_width: self.mlp_width(),
            max_positions: self.context,
            norm_epsilon: NORM_EPSILON,
            activation: Activation::Silu,
            positions: Positions::Rotary {
                inverse_frequencies: (0..pairs).map(frequency).collect(),
            },
            query_key_value_bias: false,
            output_bias: false,
            mlp_bias: false,
            tied_head: false,
            labels: None,
        }
    }

    /// How it is trained, but for the learning rate.
    pub fn training(&self) -> Training {
        let rule = Rule { betas: self.betas, weight_decay: self.weight_decay, ..Rule::default() };
        let schedule = Schedule { warmup: self.warmup_steps(), decay: Decay::Cosine };
        let (steps, seed) = (self.steps, self.seed);
        Training { rule, schedule, steps, clip: None, keep: Keep::All, seed }
    }

    /// The learning rate of a parameter, before the schedule.
    pub fn rate(&self, net: &Net, param: Param) -> f64 {
        self.lr * self.parametrisation.rate(net, param)
    }

    /// The model before training.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn initial(&self) -> Result<Base, TransformerError> {
        self.check()?;
        let net = Net::new(&self.config(), Task::NextToken);
        let draw = |param| self.parametrisation.draw(&net, Param(param), self.seed);
        let weights = (0..net.params.len()).map(draw).collect();
        Ok(Base::of(net, weights, format!("pretrained here, n = {}", self.width)))
    }

    /// The training of all weights of [`initial`](Self::initial), before its first step.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn trainer<'b>(&self, initial: &'b Base) -> Result<Trainer<'b>, TransformerError> {
        self.check()?;
        Trainer::whole(initial, self.training(), &|param| self.rate(&initial.net, param))
    }

    /// A hash of everything that decides the model: the recipe, the text in tokens, the tokenizer and
    /// [`NUMERICS`]. Values that are left to their defaults count as if they were written out. Processors with
    /// other vector instructions round otherwise, which has no part in the id.
    pub fn id(&self, corpus: &Corpus) -> String {
        // Taken apart, so that no field that is added later can be forgotten here.
        let Self {
            width,
            depth,
            head_dim,
            key_value_heads,
            vocabulary,
            context,
            mlp_width: _,
            parametrisation,
            lr,
            steps,
            batch,
            warmup,
            weight_decay,
            betas,
            seed,
        } = *self;
        let key_value_heads = key_value_heads.unwrap_or(self.heads());
        let base_width = match parametrisation {
            Parametrisation::Standard => 0,
            Parametrisation::MuP { base_width } => base_width,
        };
        let sizes =
            [width, depth, head_dim, key_value_heads, vocabulary, context, self.mlp_width()];
        let counts = [base_width, steps, batch];
        let numbers = [lr, warmup, weight_decay, betas[0], betas[1]].map(f64::to_bits);
        let text = [corpus.digest(), corpus.tokenizer_digest()];
        hex(&Sha256::digest(format!("{NUMERICS} {sizes:?} {counts:?} {numbers:?} {seed} {text:?}")))
    }
}

fn refuse(
    key: &'static str,
    value: impl ToString,
    valid: impl ToString,
) -> Result<(), TransformerError> {
    Err(TransformerError::out_of_range(key, value, valid))
}

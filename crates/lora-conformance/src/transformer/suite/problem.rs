//! The tiny models that the suite asks about.

use lora_checkpoint::Family;
use lora_sim::spec::Init;

use crate::transformer::cases::{self, Case};
use crate::transformer::engine::{Dropout, Model};
use crate::transformer::inputs::{Adapter, Head, Pooling, Sequence, Weights};
use crate::transformer::random::{random_adapters, random_weights};

/// The rank of all adapters.
const RANK: usize = 3;

/// Which modules are adapted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// Query and value, as PEFT has it where nothing is said.
    QueryAndValue,
    /// Every linear module in the blocks.
    Linear,
    /// Embeddings and heads, too.
    Everything,
}

/// All of them.
pub const TARGETS: [Targets; 3] = [Targets::QueryAndValue, Targets::Linear, Targets::Everything];

/// Ends of the names of query and value.
const QUERY_AND_VALUE: [&str; 6] = [".query", ".value", ".q_lin", ".v_lin", ".q_proj", ".v_proj"];

/// Ends of the names of tables that engines need not adapt: they are read by place, not by token.
const TABLES: [&str; 2] = ["position_embeddings", "token_type_embeddings"];

/// A tiny model with adapters and a batch.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Its shape and its head.
    pub case: Case,
    /// Base tensors.
    pub weights: Weights,
    /// LoRA on the linear modules that the case uses, and on its token embedding.
    pub adapters: Vec<Adapter>,
    /// Three sequences.
    pub batch: Vec<Sequence>,
}

impl Problem {
    /// A case with adapters everywhere, none of which is zero.
    pub fn new(case: Case) -> Self {
        let weights = random_weights(&case.config, 1);
        let all = random_adapters(&case.config, RANK, 0.7, 2);
        // Every number of the engine is a f32.
        let scaling = f64::from(0.7f32);
        let used = all.into_iter().filter(|one| {
            let table = TABLES.iter().any(|end| one.module.ends_with(end));
            is_used(&case, &one.module) && !table
        });
        let adapters = used.map(|one| Adapter { scaling, ..one }).collect();
        let batch = cases::batch(&case);
        Self { case, weights, adapters, batch }
    }

    /// Every case.
    pub fn all() -> impl Iterator<Item = Self> {
        cases::all().into_iter().map(Self::new)
    }

    /// The same with LoRA on these modules alone.
    pub fn on(mut self, targets: Targets) -> Self {
        self.adapters.retain(|one| match targets {
            Targets::QueryAndValue => QUERY_AND_VALUE.iter().any(|end| one.module.ends_with(end)),
            Targets::Linear => one.module.contains(".layer"),
            Targets::Everything => true,
        });
        self
    }

    /// The same at the start under an init, where a factor may be zero.
    pub fn under(mut self, init: Init) -> Self {
        for Adapter { a, b, .. } in &mut self.adapters {
            match init {
                Init::A => b.fill(0.0),
                Init::B => a.fill(0.0),
                Init::AB => {}
            }
        }
        self
    }

    /// The model, without dropout.
    pub fn model(&self) -> Model<'_> {
        self.with(None)
    }

    /// The model with a mask.
    pub fn with(&self, dropout: Option<Dropout>) -> Model<'_> {
        Model { case: &self.case, weights: &self.weights, adapters: &self.adapters, dropout }
    }

    /// The base tensors that the case uses.
    pub fn used(&self) -> impl Iterator<Item = &String> {
        self.weights.keys().filter(|name| {
            let module = name.rsplit_once('.').map_or(&name[..], |(module, _)| module);
            is_used(&self.case, module)
        })
    }

    /// Enough sequences that a batch is computed in many parts.
    pub fn many(&self) -> Vec<Sequence> {
        self.batch.iter().cycle().take(60).cloned().collect()
    }
}

/// Whether a module is not of another head than the case's.
fn is_used(case: &Case, module: &str) -> bool {
    let mean = case.head == Head::Classifier { pooling: Pooling::Mean };
    match case.config.family {
        Family::Bert => !(mean && module == "bert.pooler.dense"),
        Family::DistilBert => !(mean && module == "pre_classifier"),
        Family::Roberta if mean => !module.starts_with("classifier."),
        Family::Roberta => module != "classifier",
        Family::Llama | Family::Qwen2 => {
            if mean {
                module != "lm_head"
            } else {
                module != "classifier"
            }
        }
    }
}

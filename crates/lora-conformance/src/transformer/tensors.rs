//! Which tensors a configuration has: their names and shapes.

use lora_checkpoint::{Config, Family, Positions};

use super::names::{self, CLASSIFIER, LAST_NORM, LM_HEAD};

/// What a tensor is to its module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// W, \[out, in\].
    Linear,
    /// E, \[rows, width\].
    Embedding,
    /// γ of a norm, one row.
    Gain,
    /// A bias, one row.
    Bias,
}

/// A tensor that a configuration asks for.
pub(super) struct Tensor {
    /// Its name without `.weight` or `.bias`.
    pub module: String,
    pub kind: Kind,
    pub shape: [usize; 2],
}

impl Tensor {
    /// Its full name.
    pub fn name(&self) -> String {
        let end = if self.kind == Kind::Bias { "bias" } else { "weight" };
        format!("{}.{end}", self.module)
    }
}

/// Every tensor of the model, with the heads for whose labels `config` has a number.
pub(super) fn tensors(config: &Config) -> Vec<Tensor> {
    let mut list = List { tensors: Vec::new(), config };
    list.embeddings();
    for index in 0..config.depth {
        list.block(index);
    }
    if config.family.is_causal() {
        list.norm(LAST_NORM);
        if !config.tied_head {
            list.linear(LM_HEAD, [config.vocabulary, config.width], false);
        }
    }
    if let Some(labels) = config.labels {
        list.classifier(labels);
    }
    list.tensors
}

struct List<'a> {
    tensors: Vec<Tensor>,
    config: &'a Config,
}

impl List<'_> {
    fn push(&mut self, module: &str, kind: Kind, shape: [usize; 2]) {
        self.tensors.push(Tensor { module: module.into(), kind, shape });
    }

    fn linear(&mut self, module: &str, [outputs, inputs]: [usize; 2], bias: bool) {
        self.push(module, Kind::Linear, [outputs, inputs]);
        if bias {
            self.push(module, Kind::Bias, [1, outputs]);
        }
    }

    fn norm(&mut self, module: &str) {
        self.push(module, Kind::Gain, [1, self.config.width]);
        if !self.config.family.is_causal() {
            self.push(module, Kind::Bias, [1, self.config.width]);
        }
    }

    fn embeddings(&mut self) {
        let Config { family, vocabulary, width, max_positions, .. } = *self.config;
        let names = names::embeddings(family);
        self.push(&names.token, Kind::Embedding, [vocabulary, width]);
        if let Positions::Learned { first, token_types } = self.config.positions {
            self.push(&names.position, Kind::Embedding, [first + max_positions, width]);
            if token_types > 0 {
                self.push(&names.token_type, Kind::Embedding, [token_types, width]);
            }
            self.norm(&names.norm);
        }
    }

    fn block(&mut self, index: usize) {
        let Config { family, width, mlp_width, .. } = *self.config;
        let Config { query_key_value_bias, output_bias, mlp_bias, .. } = *self.config;
        let names = names::block(family, index);
        let queries = self.config.heads * self.config.head_dim;
        let keys = self.config.key_value_heads * self.config.head_dim;
        self.linear(&names.query, [queries, width], query_key_value_bias);
        self.linear(&names.key, [keys, width], query_key_value_bias);
        self.linear(&names.value, [keys, width], query_key_value_bias);
        self.linear(&names.output, [width, queries], output_bias);
        self.norm(&names.attention_norm);
        if family.is_causal() {
            self.linear(&names.gate, [mlp_width, width], mlp_bias);
        }
        self.linear(&names.mlp_in, [mlp_width, width], mlp_bias);
        self.linear(&names.mlp_out, [width, mlp_width], mlp_bias);
        self.norm(&names.mlp_norm);
    }

    fn classifier(&mut self, labels: usize) {
        let Config { family, width, .. } = *self.config;
        if !family.is_causal() {
            self.linear(names::head_dense(family), [width, width], true);
        }
        // RoBERTa names its own last module otherwise.
        if family == Family::Roberta {
            self.linear(names::head_output(family), [labels, width], true);
        }
        self.linear(CLASSIFIER, [labels, width], true);
    }
}

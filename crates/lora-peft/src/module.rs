//! A module of a base model: a weight that LoRA can adapt.

use serde::Serialize;

/// How a module is made, which decides how PEFT starts its adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// `torch.nn.Linear`, whose weight is fan-out × fan-in.
    Linear,
    /// transformers' `Conv1D` of GPT-2, a linear map whose weight is fan-in × fan-out.
    Conv1d,
    /// `torch.nn.Embedding`, a table with a row of fan-out numbers for each of fan-in tokens.
    Embedding,
}

/// Where a module stands in the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Its input and output are features of the model.
    Hidden,
    /// It looks tokens, positions or types up.
    Lookup,
    /// It maps features to logits.
    Output,
}

/// A module with its place and shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// The whole name, such as `model.layers.0.self_attn.q_proj`.
    pub name: String,
    /// Its layer; none outside of the layers.
    pub layer: Option<usize>,
    /// What it has in common with the modules of other layers: the name behind the layer, such as
    /// `self_attn.q_proj`; the whole name outside of the layers.
    pub kind: String,
    /// How it is made.
    pub class: Class,
    /// Where it stands.
    pub role: Role,
    /// Number of inputs; rows of the table, for an embedding.
    pub fan_in: usize,
    /// Number of outputs; length of a row, for an embedding.
    pub fan_out: usize,
}

/// A module without its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    pub(crate) role: Role,
    pub(crate) fan_in: usize,
    pub(crate) fan_out: usize,
}

impl Part {
    pub(crate) fn linear(name: &'static str, fan_in: usize, fan_out: usize) -> Self {
        Self { name, class: Class::Linear, role: Role::Hidden, fan_in, fan_out }
    }

    pub(crate) fn conv1d(name: &'static str, fan_in: usize, fan_out: usize) -> Self {
        Self { class: Class::Conv1d, ..Self::linear(name, fan_in, fan_out) }
    }

    pub(crate) fn lookup(name: &'static str, rows: usize, width: usize) -> Self {
        Self { class: Class::Embedding, role: Role::Lookup, ..Self::linear(name, rows, width) }
    }

    pub(crate) fn output(name: &'static str, fan_in: usize, fan_out: usize) -> Self {
        Self { role: Role::Output, ..Self::linear(name, fan_in, fan_out) }
    }

    /// The module behind a prefix, outside of the layers.
    pub(crate) fn alone(&self, prefix: &str) -> Module {
        let name = format!("{prefix}{}", self.name);
        self.placed(name.clone(), None, name)
    }

    /// The module of one layer.
    pub(crate) fn in_layer(&self, before: &str, layer: usize) -> Module {
        self.placed(format!("{before}.{layer}.{}", self.name), Some(layer), self.name.to_owned())
    }

    fn placed(&self, name: String, layer: Option<usize>, kind: String) -> Module {
        let Self { class, role, fan_in, fan_out, .. } = *self;
        Module { name, layer, kind, class, role, fan_in, fan_out }
    }
}

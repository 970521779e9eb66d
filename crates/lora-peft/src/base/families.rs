//! The families that are known, by their `model_type`.

use lora_checkpoint::{CheckpointError, Fields};

/// How the modules of a family are named and shaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layout {
    Llama,
    Phi,
    Phi3,
    Gpt2,
    GptNeox,
    Opt,
    Bert,
    Roberta,
    DistilBert,
}

/// What a family takes for heads that its configuration does not mention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heads {
    /// As many keys as queries, which share the width: nothing is left open.
    Shared,
    /// A number of key/value heads of its own, so `num_key_value_heads` must be there.
    OwnNumber,
    /// A size of its own, too, so `head_dim` must be there as well.
    OwnSize,
}

/// Sizes that the class of a family has by itself, which published files therefore leave out.
#[derive(Debug)]
pub(crate) struct Defaults {
    pub(crate) vocabulary: usize,
    pub(crate) heads: usize,
    pub(crate) groups: usize,
    pub(crate) head_dim: usize,
}

/// Those of `Gemma3TextConfig`, facts of transformers 5.24.
static GEMMA3: Defaults = Defaults { vocabulary: 262_208, heads: 8, groups: 4, head_dim: 256 };

/// A family.
#[derive(Debug)]
pub(crate) struct Family {
    /// `model_type`.
    pub(crate) name: &'static str,
    pub(crate) layout: Layout,
    /// PEFT's own `target_modules`, a fact of peft/utils/constants.py in PEFT 0.21.
    pub(crate) targets: Option<&'static [&'static str]>,
    /// Which keys of the heads must be there.
    pub(crate) heads: Heads,
    /// What stands for them, and for the vocabulary, where they are not.
    pub(crate) defaults: Option<&'static Defaults>,
    /// Whether the sizes stand in `text_config`, beside those of a vision tower.
    pub(crate) nested: bool,
}

const Q_AND_V: Option<&[&str]> = Some(&["q_proj", "v_proj"]);
const QUERY_AND_VALUE: Option<&[&str]> = Some(&["query", "value"]);

const fn family(
    name: &'static str,
    layout: Layout,
    targets: Option<&'static [&'static str]>,
) -> Family {
    Family { name, layout, targets, heads: Heads::Shared, defaults: None, nested: false }
}

const fn grouped(
    name: &'static str,
    heads: Heads,
    targets: Option<&'static [&'static str]>,
) -> Family {
    Family { heads, ..family(name, Layout::Llama, targets) }
}

const fn gemma3(
    name: &'static str,
    targets: Option<&'static [&'static str]>,
    nested: bool,
) -> Family {
    Family { defaults: Some(&GEMMA3), nested, ..grouped(name, Heads::OwnSize, targets) }
}

static FAMILIES: [Family; 17] = [
    family("llama", Layout::Llama, Q_AND_V),
    grouped("mistral", Heads::OwnNumber, Q_AND_V),
    grouped("qwen2", Heads::OwnNumber, Q_AND_V),
    grouped("qwen3", Heads::OwnSize, Q_AND_V),
    grouped("gemma", Heads::OwnSize, Q_AND_V),
    grouped("gemma2", Heads::OwnSize, Q_AND_V),
    gemma3("gemma3_text", Q_AND_V, false),
    gemma3("gemma3", None, true),
    family("phi", Layout::Phi, Some(&["q_proj", "v_proj", "fc1", "fc2"])),
    family("phi3", Layout::Phi3, None),
    family("gpt2", Layout::Gpt2, Some(&["c_attn"])),
    family("gpt_neox", Layout::GptNeox, Some(&["query_key_value"])),
    family("opt", Layout::Opt, Q_AND_V),
    family("bert", Layout::Bert, QUERY_AND_VALUE),
    family("roberta", Layout::Roberta, QUERY_AND_VALUE),
    family("xlm-roberta", Layout::Roberta, QUERY_AND_VALUE),
    family("distilbert", Layout::DistilBert, None),
];

impl Family {
    /// The family that a configuration names.
    pub(crate) fn of(fields: &Fields<'_>) -> Result<&'static Self, CheckpointError> {
        let name = fields.text("model_type")?;
        FAMILIES.iter().find(|family| Some(family.name) == name).ok_or_else(|| {
            let names: Vec<_> =
                FAMILIES.iter().map(|family| format!("`{}`", family.name)).collect();
            let listed = names.join(", ");
            fields
                .refuse("model_type", format!("the families whose modules are known are {listed}"))
        })
    }
}

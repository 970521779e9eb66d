//! `config.json`, as transformers writes it.

mod fields;
mod rotary;
mod write;

use std::path::Path;

use serde_json::{Map, Value};

use crate::config::{Activation, Config, Family, Positions};
use crate::error::{CheckpointError, one_of};
use crate::strict_json::{Object, parse};
pub use fields::Fields;
pub(crate) use write::write;

/// Bounds of sizes. They are far beyond any model, and products of three of them can be counted.
pub(crate) const MOST_WIDTH: usize = 1 << 20;
pub(crate) const MOST_DEPTH: usize = 10_000;
pub(crate) const MOST_HEAD: usize = 1 << 16;
pub(crate) const MOST_ROWS: usize = 1 << 30;

/// Names of `model_type` and the families that they stand for.
const FAMILIES: [(&str, Family); 5] = [
    ("bert", Family::Bert),
    ("roberta", Family::Roberta),
    ("distilbert", Family::DistilBert),
    ("llama", Family::Llama),
    ("qwen2", Family::Qwen2),
];

/// Names of activations; the first of each is the one that is written.
const ACTIVATIONS: [(&str, Activation); 6] = [
    ("gelu", Activation::Gelu),
    ("gelu_new", Activation::GeluTanh),
    ("gelu_pytorch_tanh", Activation::GeluTanh),
    ("relu", Activation::Relu),
    ("silu", Activation::Silu),
    ("swish", Activation::Silu),
];

impl Config {
    /// Reads the text of a `config.json`. Messages call it `file`. `labels` are the classes that it
    /// declares; a checkpoint has them only if it has a head.
    ///
    /// # Errors
    /// If the text is no JSON, a key that is needed is missing, or a value is wrong or not supported.
    pub fn from_json(file: &Path, text: &[u8]) -> Result<Self, CheckpointError> {
        read(file, text)
    }
}

/// Reads a configuration. Its `labels` are the classes that it declares; whether there is a head for them,
/// the tensors say.
pub(crate) fn read(file: &Path, text: &[u8]) -> Result<Config, CheckpointError> {
    let all: Map<String, Value> = parse::<Object<Value>>(file, text)?.0.into_iter().collect();
    let fields = Fields::new(file, "", &all);
    if fields.get("quantization_config").is_some() {
        return Err(fields.refuse(
            "quantization_config",
            "valid are weights that are not quantised, or a GGUF file",
        ));
    }
    let names = FAMILIES.map(|(name, _)| name);
    let name = fields.text("model_type")?;
    let family = FAMILIES.iter().find(|(known, _)| Some(*known) == name);
    match family.map(|(_, family)| *family) {
        Some(family @ (Family::Bert | Family::Roberta)) => bert(&fields, family),
        Some(Family::DistilBert) => distilbert(&fields),
        Some(family @ (Family::Llama | Family::Qwen2)) => llama(&fields, family, file),
        None => Err(fields.refuse("model_type", format!("valid is {}", one_of(&names)))),
    }
}

fn activation(
    fields: &Fields<'_>,
    key: &str,
    default: Activation,
) -> Result<Activation, CheckpointError> {
    let Some(name) = fields.text(key)? else { return Ok(default) };
    let known = ACTIVATIONS.iter().find(|(known, _)| *known == name);
    let names = ACTIVATIONS.map(|(name, _)| name);
    known
        .map(|(_, activation)| *activation)
        .ok_or_else(|| fields.refuse(key, format!("valid is {}", one_of(&names))))
}

/// Classes that a configuration declares; transformers leaves them out if there are two.
fn labels(fields: &Fields<'_>) -> Result<usize, CheckpointError> {
    if let Some(names) = fields.get("id2label") {
        let count = names.as_object().map(Map::len).filter(|count| *count > 0);
        return count.ok_or_else(|| {
            fields.refuse("id2label", "valid is an object with a name for each class")
        });
    }
    Ok(fields.whole("num_labels", 1, MOST_ROWS)?.unwrap_or(2))
}

/// Refuses a width that heads do not divide.
fn head_dim(
    fields: &Fields<'_>,
    (width_key, width): (&str, usize),
    (heads_key, heads): (&str, usize),
) -> Result<usize, CheckpointError> {
    if width % heads != 0 {
        let valid = format!("valid is a multiple of `{heads_key}`, which is {heads}");
        return Err(fields.refuse(width_key, valid));
    }
    Ok(width / heads)
}

/// Refuses what would make another model of a BERT.
fn plain_encoder(fields: &Fields<'_>) -> Result<(), CheckpointError> {
    if fields.text("position_embedding_type")?.is_some_and(|kind| kind != "absolute") {
        return Err(fields.refuse("position_embedding_type", "valid is `absolute`"));
    }
    for key in ["is_decoder", "add_cross_attention"] {
        if fields.flag_or(key, false)? {
            return Err(fields.refuse(key, "valid is false"));
        }
    }
    Ok(())
}

fn bert(fields: &Fields<'_>, family: Family) -> Result<Config, CheckpointError> {
    plain_encoder(fields)?;
    let width = fields.size("hidden_size", MOST_WIDTH)?;
    let heads = fields.size("num_attention_heads", MOST_WIDTH)?;
    let rows = fields.size("max_position_embeddings", MOST_ROWS)?;
    let first = match family {
        Family::Roberta => fields.whole("pad_token_id", 0, MOST_ROWS)?.unwrap_or(1) + 1,
        _ => 0,
    };
    if rows <= first {
        let valid =
            format!("valid is more than {first}, where positions begin (`pad_token_id` + 1)");
        return Err(fields.refuse("max_position_embeddings", valid));
    }
    let token_types = fields.whole("type_vocab_size", 1, MOST_ROWS)?.unwrap_or(2);
    Ok(Config {
        family,
        vocabulary: fields.size("vocab_size", MOST_ROWS)?,
        width,
        depth: fields.size("num_hidden_layers", MOST_DEPTH)?,
        heads,
        key_value_heads: heads,
        head_dim: head_dim(fields, ("hidden_size", width), ("num_attention_heads", heads))?,
        mlp_width: fields.size("intermediate_size", MOST_WIDTH)?,
        max_positions: rows - first,
        norm_epsilon: fields.positive("layer_norm_eps")?.unwrap_or(1e-12),
        activation: activation(fields, "hidden_act", Activation::Gelu)?,
        positions: Positions::Learned { first, token_types },
        query_key_value_bias: true,
        output_bias: true,
        mlp_bias: true,
        tied_head: false,
        labels: Some(labels(fields)?),
    })
}

fn distilbert(fields: &Fields<'_>) -> Result<Config, CheckpointError> {
    let width = fields.size("dim", MOST_WIDTH)?;
    let heads = fields.size("n_heads", MOST_WIDTH)?;
    Ok(Config {
        family: Family::DistilBert,
        vocabulary: fields.size("vocab_size", MOST_ROWS)?,
        width,
        depth: fields.size("n_layers", MOST_DEPTH)?,
        heads,
        key_value_heads: heads,
        head_dim: head_dim(fields, ("dim", width), ("n_heads", heads))?,
        mlp_width: fields.size("hidden_dim", MOST_WIDTH)?,
        max_positions: fields.size("max_position_embeddings", MOST_ROWS)?,
        norm_epsilon: 1e-12, // the architecture's, not a key
        activation: activation(fields, "activation", Activation::Gelu)?,
        positions: Positions::Learned { first: 0, token_types: 0 },
        query_key_value_bias: true,
        output_bias: true,
        mlp_bias: true,
        tied_head: false,
        labels: Some(labels(fields)?),
    })
}

fn llama(fields: &Fields<'_>, family: Family, file: &Path) -> Result<Config, CheckpointError> {
    let qwen2 = family == Family::Qwen2;
    let width = fields.size("hidden_size", MOST_WIDTH)?;
    let heads = fields.size("num_attention_heads", MOST_WIDTH)?;
    let key_value_heads = fields.whole("num_key_value_heads", 1, MOST_WIDTH)?.unwrap_or(heads);
    if heads % key_value_heads != 0 {
        let valid = format!("valid is a divisor of `num_attention_heads`, which is {heads}");
        return Err(fields.refuse("num_key_value_heads", valid));
    }
    let head_dim = match fields.whole("head_dim", 1, MOST_HEAD)? {
        Some(given) => given,
        None => head_dim(fields, ("hidden_size", width), ("num_attention_heads", heads))?,
    };
    if head_dim % 2 != 0 || head_dim > MOST_HEAD {
        let valid =
            format!("heads have the size {head_dim}, which must be even and at most {MOST_HEAD}");
        return Err(fields.refuse("hidden_size", valid));
    }
    let max_positions = fields.size("max_position_embeddings", MOST_ROWS)?;
    if qwen2 {
        refuse_sliding_window(fields, max_positions)?;
    }
    let attention_bias = !qwen2 && fields.flag_or("attention_bias", false)?;
    Ok(Config {
        family,
        vocabulary: fields.size("vocab_size", MOST_ROWS)?,
        width,
        depth: fields.size("num_hidden_layers", MOST_DEPTH)?,
        heads,
        key_value_heads,
        head_dim,
        mlp_width: fields.size("intermediate_size", MOST_WIDTH)?,
        max_positions,
        norm_epsilon: fields.positive("rms_norm_eps")?.unwrap_or(1e-6),
        activation: activation(fields, "hidden_act", Activation::Silu)?,
        positions: Positions::Rotary { inverse_frequencies: rotary::read(fields, file, head_dim)? },
        query_key_value_bias: qwen2 || attention_bias,
        output_bias: attention_bias,
        mlp_bias: !qwen2 && fields.flag_or("mlp_bias", false)?,
        tied_head: fields.flag_or("tie_word_embeddings", false)?,
        labels: None,
    })
}

/// A window as long as the longest sequence changes nothing; a shorter one would.
fn refuse_sliding_window(fields: &Fields<'_>, max_positions: usize) -> Result<(), CheckpointError> {
    let layers = fields.get("layer_types").and_then(Value::as_array);
    let by_layer =
        layers.is_some_and(|all| all.iter().any(|kind| kind.as_str() == Some("sliding_attention")));
    let window = fields.whole("sliding_window", 1, usize::MAX)?.unwrap_or(4096);
    if (by_layer || fields.flag_or("use_sliding_window", false)?) && window < max_positions {
        let valid = format!(
            "valid is a window of `max_position_embeddings` = {max_positions} or more, or none"
        );
        return Err(fields.refuse("sliding_window", valid));
    }
    Ok(())
}

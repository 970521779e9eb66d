//! A configuration as `config.json`.

use std::path::Path;

use serde_json::{Map, Value, json};

use super::{ACTIVATIONS, FAMILIES};
use crate::config::{Config, Family, Positions};
use crate::error::CheckpointError;
use crate::rope::{Scaling, recover};

/// The text of `config.json`. `dtype` is PyTorch's name of the numbers that the weights have, `ends` the
/// tokens that begin and end a text, where they are known.
pub(crate) fn write(
    file: &Path,
    config: &Config,
    dtype: &str,
    ends: Option<[Option<u32>; 2]>,
) -> Result<String, CheckpointError> {
    let mut all = match config.family {
        Family::DistilBert => distilbert(config),
        Family::Bert | Family::Roberta => bert(config),
        Family::Llama | Family::Qwen2 => llama(file, config)?,
    };
    let name =
        FAMILIES.iter().find(|(_, family)| *family == config.family).map_or("", |(name, _)| name);
    all.insert("model_type".to_owned(), json!(name));
    all.insert("architectures".to_owned(), json!([architecture(config)]));
    all.insert("torch_dtype".to_owned(), json!(dtype));
    all.insert("vocab_size".to_owned(), json!(config.vocabulary));
    if let Some([bos, eos]) = ends {
        all.insert("bos_token_id".to_owned(), json!(bos));
        all.insert("eos_token_id".to_owned(), json!(eos));
    }
    if let Some(labels) = config.labels {
        let names: Map<String, Value> =
            (0..labels).map(|k| (k.to_string(), json!(format!("LABEL_{k}")))).collect();
        let ids: Map<String, Value> =
            (0..labels).map(|k| (format!("LABEL_{k}"), json!(k))).collect();
        all.insert("id2label".to_owned(), Value::Object(names));
        all.insert("label2id".to_owned(), Value::Object(ids));
    }
    Ok(format!("{:#}\n", Value::Object(all)))
}

/// The class that transformers' `Auto` classes stand for here.
fn architecture(config: &Config) -> &'static str {
    match (config.family, config.labels) {
        (Family::Bert, Some(_)) => "BertForSequenceClassification",
        (Family::Bert, None) => "BertModel",
        (Family::Roberta, Some(_)) => "RobertaForSequenceClassification",
        (Family::Roberta, None) => "RobertaModel",
        (Family::DistilBert, Some(_)) => "DistilBertForSequenceClassification",
        (Family::DistilBert, None) => "DistilBertModel",
        (Family::Llama, _) => "LlamaForCausalLM",
        (Family::Qwen2, _) => "Qwen2ForCausalLM",
    }
}

fn activation(config: &Config) -> &'static str {
    ACTIVATIONS.iter().find(|(_, kind)| *kind == config.activation).map_or("", |(name, _)| name)
}

fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(all) = value { all } else { Map::new() }
}

fn bert(config: &Config) -> Map<String, Value> {
    let (first, token_types) = match config.positions {
        Positions::Learned { first, token_types } => (first, token_types),
        Positions::Rotary { .. } => (0, 0),
    };
    let mut all = object(json!({
        "hidden_size": config.width,
        "num_hidden_layers": config.depth,
        "num_attention_heads": config.heads,
        "intermediate_size": config.mlp_width,
        "max_position_embeddings": config.max_positions + first,
        "type_vocab_size": token_types,
        "layer_norm_eps": config.norm_epsilon,
        "hidden_act": activation(config),
    }));
    if config.family == Family::Roberta {
        all.insert("pad_token_id".to_owned(), json!(first.saturating_sub(1)));
    }
    all
}

fn distilbert(config: &Config) -> Map<String, Value> {
    object(json!({
        "dim": config.width,
        "n_layers": config.depth,
        "n_heads": config.heads,
        "hidden_dim": config.mlp_width,
        "max_position_embeddings": config.max_positions,
        "activation": activation(config),
    }))
}

fn llama(file: &Path, config: &Config) -> Result<Map<String, Value>, CheckpointError> {
    let mut all = object(json!({
        "hidden_size": config.width,
        "num_hidden_layers": config.depth,
        "num_attention_heads": config.heads,
        "num_key_value_heads": config.key_value_heads,
        "head_dim": config.head_dim,
        "intermediate_size": config.mlp_width,
        "max_position_embeddings": config.max_positions,
        "rms_norm_eps": config.norm_epsilon,
        "hidden_act": activation(config),
        "tie_word_embeddings": config.tied_head,
    }));
    if config.family == Family::Llama {
        all.insert("attention_bias".to_owned(), json!(config.output_bias));
        all.insert("mlp_bias".to_owned(), json!(config.mlp_bias));
    } else {
        all.insert("use_sliding_window".to_owned(), json!(false));
    }
    let (base, scaling) = match &config.positions {
        Positions::Rotary { inverse_frequencies } => recover(inverse_frequencies),
        Positions::Learned { .. } => None,
    }
    .ok_or_else(|| unwritable(file))?;
    all.insert("rope_theta".to_owned(), number(base));
    all.insert("rope_scaling".to_owned(), rope_scaling(scaling));
    Ok(all)
}

fn unwritable(file: &Path) -> CheckpointError {
    let what = "cannot say which frequencies the positions have: they follow no base with a linear or llama3 scaling";
    CheckpointError::damaged(file, what)
}

fn rope_scaling(scaling: Scaling) -> Value {
    match scaling {
        Scaling::None => Value::Null,
        Scaling::Linear { factor } => json!({ "rope_type": "linear", "factor": factor }),
        Scaling::Llama3 { factor, low, high, original } => json!({
            "rope_type": "llama3",
            "factor": factor,
            "low_freq_factor": low,
            "high_freq_factor": high,
            "original_max_position_embeddings": number(original),
        }),
    }
}

/// A whole number without a point, since transformers wants an integer for some.
fn number(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 { json!(number as i64) } else { json!(number) }
}

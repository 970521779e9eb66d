//! Which tensors a transformer has.

use crate::config::{Config, Family, Positions};

/// A list of names and shapes.
type Shapes = Vec<(String, Vec<usize>)>;

/// The tensors of the body, which every checkpoint must have: Hugging Face's names and shapes.
///
/// The embeddings come first, then each block in turn, then the last norm. Heads are in [`optional`].
pub fn expected(config: &Config) -> Vec<(String, Vec<usize>)> {
    let mut all = Shapes::new();
    match config.family {
        Family::Bert | Family::Roberta => bert(config, &mut all),
        Family::DistilBert => distilbert(config, &mut all),
        Family::Llama | Family::Qwen2 => llama(config, &mut all),
    }
    all
}

/// The tensors that a checkpoint may have beside the body: the pooler of BERT, heads of classifiers with
/// `config.labels` classes, and the language model's head if it is no copy of the embedding.
pub fn optional(config: &Config) -> Vec<(String, Vec<usize>)> {
    let mut all = Shapes::new();
    let n = config.width;
    let mut linear = |name: &str, out| push_linear(&mut all, name, out, n, true);
    match config.family {
        Family::Bert => linear("bert.pooler.dense", n),
        Family::Roberta => linear("classifier.dense", n),
        Family::DistilBert => linear("pre_classifier", n),
        Family::Llama | Family::Qwen2 => {
            if !config.tied_head {
                all.push(("lm_head.weight".to_owned(), vec![config.vocabulary, n]));
            }
            return all;
        }
    }
    if let Some(labels) = config.labels {
        linear(config.family.classifier().unwrap_or_default(), labels);
    }
    all
}

impl Family {
    /// The prefix of the body's tensors.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Bert => "bert.",
            Self::Roberta => "roberta.",
            Self::DistilBert => "distilbert.",
            Self::Llama | Self::Qwen2 => "model.",
        }
    }

    /// The linear module whose rows are the classes; none for language models.
    pub fn classifier(self) -> Option<&'static str> {
        match self {
            Self::Bert | Self::DistilBert => Some("classifier"),
            Self::Roberta => Some("classifier.out_proj"),
            Self::Llama | Self::Qwen2 => None,
        }
    }
}

fn push_linear(all: &mut Shapes, name: &str, out: usize, into: usize, bias: bool) {
    all.push((format!("{name}.weight"), vec![out, into]));
    if bias {
        all.push((format!("{name}.bias"), vec![out]));
    }
}

fn push_norm(all: &mut Shapes, name: &str, n: usize) {
    all.push((format!("{name}.weight"), vec![n]));
    all.push((format!("{name}.bias"), vec![n]));
}

/// The tables of words, places and token types, and their norm.
fn embeddings(config: &Config, all: &mut Shapes) {
    let (n, prefix) = (config.width, config.family.prefix());
    let mut table =
        |name, rows| all.push((format!("{prefix}embeddings.{name}.weight"), vec![rows, n]));
    table("word_embeddings", config.vocabulary);
    if let Positions::Learned { first, token_types } = config.positions {
        table("position_embeddings", config.max_positions.saturating_add(first));
        if token_types > 0 {
            table("token_type_embeddings", token_types);
        }
    }
    push_norm(all, &format!("{prefix}embeddings.LayerNorm"), n);
}

fn bert(config: &Config, all: &mut Shapes) {
    embeddings(config, all);
    let (n, m) = (config.width, config.mlp_width);
    for block in 0..config.depth {
        let at = format!("{}encoder.layer.{block}", config.family.prefix());
        for name in ["query", "key", "value"] {
            let bias = config.query_key_value_bias;
            push_linear(all, &format!("{at}.attention.self.{name}"), n, n, bias);
        }
        push_linear(all, &format!("{at}.attention.output.dense"), n, n, config.output_bias);
        push_norm(all, &format!("{at}.attention.output.LayerNorm"), n);
        push_linear(all, &format!("{at}.intermediate.dense"), m, n, config.mlp_bias);
        push_linear(all, &format!("{at}.output.dense"), n, m, config.mlp_bias);
        push_norm(all, &format!("{at}.output.LayerNorm"), n);
    }
}

fn distilbert(config: &Config, all: &mut Shapes) {
    embeddings(config, all);
    let (n, m) = (config.width, config.mlp_width);
    for block in 0..config.depth {
        let at = format!("{}transformer.layer.{block}", config.family.prefix());
        for name in ["q_lin", "k_lin", "v_lin"] {
            let bias = config.query_key_value_bias;
            push_linear(all, &format!("{at}.attention.{name}"), n, n, bias);
        }
        push_linear(all, &format!("{at}.attention.out_lin"), n, n, config.output_bias);
        push_norm(all, &format!("{at}.sa_layer_norm"), n);
        push_linear(all, &format!("{at}.ffn.lin1"), m, n, config.mlp_bias);
        push_linear(all, &format!("{at}.ffn.lin2"), n, m, config.mlp_bias);
        push_norm(all, &format!("{at}.output_layer_norm"), n);
    }
}

fn llama(config: &Config, all: &mut Shapes) {
    let (n, m) = (config.width, config.mlp_width);
    let queries = config.heads.saturating_mul(config.head_dim);
    let keys = config.key_value_heads.saturating_mul(config.head_dim);
    let gain = |name: String, all: &mut Shapes| all.push((name, vec![n]));
    all.push(("model.embed_tokens.weight".to_owned(), vec![config.vocabulary, n]));
    for block in 0..config.depth {
        let at = format!("model.layers.{block}");
        gain(format!("{at}.input_layernorm.weight"), all);
        for (name, out) in [("q_proj", queries), ("k_proj", keys), ("v_proj", keys)] {
            let bias = config.query_key_value_bias;
            push_linear(all, &format!("{at}.self_attn.{name}"), out, n, bias);
        }
        push_linear(all, &format!("{at}.self_attn.o_proj"), n, queries, config.output_bias);
        gain(format!("{at}.post_attention_layernorm.weight"), all);
        push_linear(all, &format!("{at}.mlp.gate_proj"), m, n, config.mlp_bias);
        push_linear(all, &format!("{at}.mlp.up_proj"), m, n, config.mlp_bias);
        push_linear(all, &format!("{at}.mlp.down_proj"), n, m, config.mlp_bias);
    }
    gain("model.norm.weight".to_owned(), all);
}

//! Tiny transformers of every family, with batches to train them on.

use lora_checkpoint::{Activation, Config, Family, Positions};

use super::inputs::{Head, Pooling, Sequence, Target};

/// A tiny model with one of its heads.
#[derive(Clone, Debug)]
pub struct Case {
    /// What is special about it.
    pub name: &'static str,
    /// Its shape.
    pub config: Config,
    /// What it computes.
    pub head: Head,
}

const CLS: Head = Head::Classifier { pooling: Pooling::Cls };
const MEAN: Head = Head::Classifier { pooling: Pooling::Mean };

/// Every family with every head, and every choice that a configuration has.
pub fn all() -> Vec<Case> {
    let case = |name, config, head| Case { name, config, head };
    let tanh = Config { activation: Activation::GeluTanh, ..encoder(Family::Bert) };
    let relu = Config { activation: Activation::Relu, ..encoder(Family::DistilBert) };
    let biased = Config {
        query_key_value_bias: true,
        output_bias: true,
        mlp_bias: true,
        activation: Activation::GeluTanh,
        ..decoder(Family::Llama)
    };
    let tied = Config { tied_head: true, ..decoder(Family::Llama) };
    let shared = Config { key_value_heads: 1, ..decoder(Family::Llama) };
    let plain = Config { key_value_heads: 4, labels: Some(3), ..decoder(Family::Llama) };
    let tied_qwen = Config { tied_head: true, ..decoder(Family::Qwen2) };
    vec![
        case("BERT", encoder(Family::Bert), CLS),
        case("BERT, mean, tanh form of GELU", tanh, MEAN),
        case("RoBERTa", encoder(Family::Roberta), CLS),
        case("RoBERTa, mean", encoder(Family::Roberta), MEAN),
        case("DistilBERT", encoder(Family::DistilBert), CLS),
        case("DistilBERT, mean, ReLU", relu, MEAN),
        case("Llama", decoder(Family::Llama), Head::NextToken),
        case("Llama, tied head", tied, Head::NextToken),
        case("Llama, all biases", biased, Head::NextToken),
        case("Llama, one head of keys", shared, Head::NextToken),
        case("Llama, no grouped queries, mean", plain, MEAN),
        case("Qwen2", decoder(Family::Qwen2), Head::NextToken),
        case("Qwen2, tied head", tied_qwen, Head::NextToken),
    ]
}

/// A tiny encoder: width 12 in 3 heads, depth 2, 11 tokens, 3 labels.
pub fn encoder(family: Family) -> Config {
    let (first, token_types) = match family {
        Family::Roberta => (2, 1),
        Family::DistilBert => (0, 0),
        _ => (0, 2),
    };
    Config {
        family,
        vocabulary: 11,
        width: 12,
        depth: 2,
        heads: 3,
        key_value_heads: 3,
        head_dim: 4,
        mlp_width: 14,
        max_positions: 8,
        norm_epsilon: 1e-5,
        activation: Activation::Gelu,
        positions: Positions::Learned { first, token_types },
        query_key_value_bias: true,
        output_bias: true,
        mlp_bias: true,
        tied_head: false,
        labels: Some(3),
    }
}

/// A tiny decoder: width 12, 4 query heads of size 4 on 2 heads of keys, depth 2, 11 tokens.
pub fn decoder(family: Family) -> Config {
    Config {
        family,
        vocabulary: 11,
        width: 12,
        depth: 2,
        heads: 4,
        key_value_heads: 2,
        // Not width/heads, so that the two cannot be mistaken for each other.
        head_dim: 4,
        mlp_width: 10,
        max_positions: 16,
        norm_epsilon: 1e-5,
        activation: Activation::Silu,
        positions: Positions::Rotary { inverse_frequencies: vec![1.0, 0.1] },
        query_key_value_bias: family == Family::Qwen2,
        output_bias: false,
        mlp_bias: false,
        tied_head: false,
        labels: None,
    }
}

/// Three sequences of different lengths with targets for the case's head; some places are masked.
///
/// Ids 0 and 1 do not occur. They pad in encoders, where Hugging Face gives them no gradient, and in
/// RoBERTa no place.
pub fn batch(case: &Case) -> Vec<Sequence> {
    let ids: [&[u32]; 3] = [&[3, 7, 7, 2, 10], &[5, 2, 9], &[9, 4, 8, 6, 3, 2, 5]];
    let labels = case.config.labels.unwrap_or(1) as u32;
    let target = |place: usize, ids: &[u32]| match case.head {
        Head::Classifier { .. } => Target::Label(place as u32 % labels),
        Head::NextToken => {
            let next = ids.iter().enumerate().map(|(i, &id)| {
                let masked = (i + place).is_multiple_of(3);
                (!masked).then_some((id + 3) % case.config.vocabulary as u32)
            });
            Target::Next(next.collect())
        }
    };
    ids.iter()
        .enumerate()
        .map(|(place, ids)| Sequence { ids: ids.to_vec(), target: target(place, ids) })
        .collect()
}

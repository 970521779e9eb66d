//! Shapes of models, without weights.

use lora_checkpoint::{Activation, Config, Family, Positions};

const HEAD: usize = 32;

/// Blocks of the Llama-like models.
const DEPTH: usize = 4;

/// Frequencies of rotary positions.
fn rotary(base: f64, head: usize) -> Positions {
    let pairs = head / 2;
    let frequency = |pair: usize| base.powf(-(pair as f64) / pairs as f64);
    Positions::Rotary { inverse_frequencies: (0..pairs).map(frequency).collect() }
}

/// A Llama of four blocks as `[transformer]` pretrains them: heads of 32, an MLP of 8n/3, 512 tokens.
pub fn llama(width: usize) -> Config {
    Config {
        family: Family::Llama,
        vocabulary: 512,
        width,
        depth: DEPTH,
        heads: width / HEAD,
        key_value_heads: width / HEAD,
        head_dim: HEAD,
        mlp_width: (8 * width).div_ceil(3).next_multiple_of(16),
        max_positions: 1024,
        norm_epsilon: 1e-5,
        activation: Activation::Silu,
        positions: rotary(10_000.0, HEAD),
        query_key_value_bias: false,
        output_bias: false,
        mlp_bias: false,
        tied_head: false,
        labels: None,
    }
}

/// SmolLM2-135M.
pub fn smollm2() -> Config {
    Config {
        vocabulary: 49_152,
        depth: 30,
        heads: 9,
        key_value_heads: 3,
        head_dim: 64,
        mlp_width: 1536,
        positions: rotary(100_000.0, 64),
        tied_head: true,
        ..llama(576)
    }
}

/// all-MiniLM-L6-v2 with a head of two classes.
pub fn minilm() -> Config {
    bert(384, 6, 30_522)
}

/// A BERT with 12 heads, an MLP of 4n and a head of two classes.
pub fn bert(width: usize, depth: usize, vocabulary: usize) -> Config {
    Config {
        family: Family::Bert,
        vocabulary,
        width,
        depth,
        heads: 12,
        key_value_heads: 12,
        head_dim: width / 12,
        mlp_width: 4 * width,
        max_positions: 512,
        norm_epsilon: 1e-12,
        activation: Activation::Gelu,
        positions: Positions::Learned { first: 0, token_types: 2 },
        query_key_value_bias: true,
        output_bias: true,
        mlp_bias: true,
        tied_head: false,
        labels: Some(2),
    }
}

#[cfg(test)]
mod tests {
    use lora_checkpoint::expected;

    use super::*;

    /// The counts of parameters that the models are known by: 135 and 22 million.
    #[test]
    fn shapes_are_those_of_the_models() {
        let count = |config: &Config| -> usize {
            expected(config).iter().map(|(_, shape)| shape.iter().product::<usize>()).sum()
        };
        assert_eq!(count(&smollm2()), 134_515_008);
        assert_eq!(count(&minilm()), 22_565_376);
    }
}

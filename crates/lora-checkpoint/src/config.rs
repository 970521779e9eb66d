//! What a transformer is made of, whichever file says so.

/// A family of architectures: how the blocks are put together and how tensors are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// An encoder with LayerNorm after each branch, learned positions and token types.
    Bert,
    /// BERT with positions that start behind the padding index, and a head of its own.
    Roberta,
    /// BERT without token types and pooler.
    DistilBert,
    /// A causal language model: RMSNorm before each branch, rotary positions, SwiGLU.
    Llama,
    /// Llama with biases on query, key and value.
    Qwen2,
}

/// φ of the MLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x Φ(x), with the exact Gaussian distribution function.
    Gelu,
    /// The approximation of x Φ(x) by tanh.
    GeluTanh,
    /// max(x, 0).
    Relu,
    /// x / (1 + e^-x).
    Silu,
}

/// How a token knows its place.
#[derive(Clone, Debug, PartialEq)]
pub enum Positions {
    /// A trained row for each place.
    Learned {
        /// The row of the first token: 0, or behind the padding index in RoBERTa.
        first: usize,
        /// Rows of the table of token types; 0 if there is none. Every token has type 0 here.
        token_types: usize,
    },
    /// Query and key are rotated by angles that grow with the place.
    Rotary {
        /// Angle of pair i at place p, divided by p: `head_dim` / 2 values, scaling included.
        inverse_frequencies: Vec<f64>,
    },
}

/// The shape of a transformer.
///
/// Weights of linear modules have the shape \[out, in\] on disk, as in PyTorch.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// How blocks are put together.
    pub family: Family,
    /// Rows of the token embedding (`vocab_size`).
    pub vocabulary: usize,
    /// n (`hidden_size`).
    pub width: usize,
    /// Number of blocks (`num_hidden_layers`).
    pub depth: usize,
    /// Query heads (`num_attention_heads`).
    pub heads: usize,
    /// Heads of keys and values (`num_key_value_heads`); a divisor of `heads`.
    pub key_value_heads: usize,
    /// Size of a head; `heads` · `head_dim` need not be `width`.
    pub head_dim: usize,
    /// Width of the MLP (`intermediate_size`).
    pub mlp_width: usize,
    /// Longest sequence (`max_position_embeddings`, without RoBERTa's offset).
    pub max_positions: usize,
    /// ε of LayerNorm or RMSNorm.
    pub norm_epsilon: f64,
    /// φ of the MLP; in Llama it acts on the gate.
    pub activation: Activation,
    /// How a token knows its place.
    pub positions: Positions,
    /// Whether query, key and value have a bias.
    pub query_key_value_bias: bool,
    /// Whether the attention's output has a bias.
    pub output_bias: bool,
    /// Whether the MLP's linear modules have a bias.
    pub mlp_bias: bool,
    /// Whether the language model's head is the token embedding (`tie_word_embeddings`).
    pub tied_head: bool,
    /// Classes of an encoder's classification head; none if the checkpoint has no such head.
    pub labels: Option<usize>,
}

impl Family {
    /// Whether each token sees only those before it.
    pub fn is_causal(self) -> bool {
        matches!(self, Self::Llama | Self::Qwen2)
    }
}

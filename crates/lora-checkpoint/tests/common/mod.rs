//! Tiny transformers for tests, as folders and as GGUF files.
#![allow(dead_code)] // each test takes its part

use std::collections::BTreeMap;

use lora_checkpoint::{Activation, Config, Family, Positions, Tensor, expected, optional};

pub const FAMILIES: [Family; 5] =
    [Family::Bert, Family::Roberta, Family::DistilBert, Family::Llama, Family::Qwen2];

/// Frequencies of the base 10,000.
pub fn frequencies(head_dim: usize) -> Vec<f64> {
    (0..head_dim / 2).map(|pair| 10_000_f64.powf(-2.0 * pair as f64 / head_dim as f64)).collect()
}

/// The smallest transformer of a family.
pub fn tiny(family: Family) -> Config {
    let causal = family.is_causal();
    let positions = match family {
        Family::Bert => Positions::Learned { first: 0, token_types: 2 },
        Family::Roberta => Positions::Learned { first: 2, token_types: 1 },
        Family::DistilBert => Positions::Learned { first: 0, token_types: 0 },
        Family::Llama | Family::Qwen2 => Positions::Rotary { inverse_frequencies: frequencies(4) },
    };
    Config {
        family,
        vocabulary: 10,
        width: 8,
        depth: 2,
        heads: 2,
        key_value_heads: if causal { 1 } else { 2 },
        head_dim: 4,
        mlp_width: 12,
        max_positions: 16,
        norm_epsilon: if causal { 1e-6 } else { 1e-12 },
        activation: if causal { Activation::Silu } else { Activation::Gelu },
        positions,
        query_key_value_bias: family != Family::Llama,
        output_bias: !causal,
        mlp_bias: !causal,
        tied_head: false,
        labels: if causal { None } else { Some(3) },
    }
}

/// Weights whose numbers are all different, small, and exact in 32 bits.
pub fn weights(config: &Config) -> BTreeMap<String, Tensor> {
    let mut next = 0;
    let mut value = || {
        next += 1;
        next as f32 / 4096.0
    };
    let shapes = expected(config).into_iter().chain(optional(config));
    shapes
        .map(|(name, shape)| {
            let count: usize = shape.iter().product();
            (name, Tensor::f32(&shape, (0..count).map(|_| value()).collect()))
        })
        .collect()
}

/// A GGUF file that is being put together.
pub struct Gguf {
    keys: Vec<u8>,
    keys_count: u64,
    tensors: Vec<(String, Vec<u64>, u32, Vec<u8>)>,
}

pub const U32: u32 = 4;
pub const F32: u32 = 6;
pub const TEXT: u32 = 8;
pub const ARRAY: u32 = 9;

pub fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

impl Gguf {
    pub fn new() -> Self {
        Self { keys: Vec::new(), keys_count: 0, tensors: Vec::new() }
    }

    pub fn key(mut self, key: &str, kind: u32, value: &[u8]) -> Self {
        self.keys.extend([&text(key)[..], &kind.to_le_bytes(), value].concat());
        self.keys_count += 1;
        self
    }

    pub fn text(self, key: &str, value: &str) -> Self {
        let value = text(value);
        self.key(key, TEXT, &value)
    }

    pub fn u32(self, key: &str, value: u32) -> Self {
        self.key(key, U32, &value.to_le_bytes())
    }

    pub fn texts(self, key: &str, values: &[&str]) -> Self {
        let mut array = [&TEXT.to_le_bytes()[..], &(values.len() as u64).to_le_bytes()].concat();
        values.iter().for_each(|value| array.extend(text(value)));
        self.key(key, ARRAY, &array)
    }

    /// A tensor with its slowest axis first.
    pub fn tensor(mut self, name: &str, shape: &[usize], kind: u32, bytes: Vec<u8>) -> Self {
        let axes = shape.iter().rev().map(|axis| *axis as u64).collect();
        self.tensors.push((name.to_owned(), axes, kind, bytes));
        self
    }

    pub fn f32(self, name: &str, tensor: &Tensor) -> Self {
        let bytes = tensor.to_f32().iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(name, &tensor.shape, 0, bytes)
    }

    pub fn without(mut self, name: &str) -> Self {
        self.tensors.retain(|tensor| tensor.0 != name);
        self
    }

    /// The whole file, with a change to the offset of each tensor.
    pub fn bytes_with(self, version: u32, offset: impl Fn(u64) -> u64) -> Vec<u8> {
        let mut all = [&b"GGUF"[..], &version.to_le_bytes()].concat();
        all.extend((self.tensors.len() as u64).to_le_bytes());
        all.extend(self.keys_count.to_le_bytes());
        all.extend(self.keys);
        let mut data = Vec::new();
        for (name, axes, kind, bytes) in self.tensors {
            all.extend(text(&name));
            all.extend((axes.len() as u32).to_le_bytes());
            axes.iter().for_each(|axis| all.extend(axis.to_le_bytes()));
            all.extend(kind.to_le_bytes());
            all.extend(offset(data.len() as u64).to_le_bytes());
            data.extend(bytes);
            data.resize(data.len().next_multiple_of(32), 0);
        }
        all.resize(all.len().next_multiple_of(32), 0);
        all.extend(data);
        all
    }

    pub fn bytes(self) -> Vec<u8> {
        self.bytes_with(3, |offset| offset)
    }
}

/// GGUF's names of a block's modules.
const INSIDE: [(&str, &str); 9] = [
    ("input_layernorm", "attn_norm"),
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.o_proj", "attn_output"),
    ("post_attention_layernorm", "ffn_norm"),
    ("mlp.gate_proj", "ffn_gate"),
    ("mlp.up_proj", "ffn_up"),
    ("mlp.down_proj", "ffn_down"),
];

pub fn gguf_name(name: &str) -> String {
    let mut name = name
        .replace("model.embed_tokens", "token_embd")
        .replace("model.norm", "output_norm")
        .replace("lm_head", "output")
        .replace("model.layers", "blk");
    for (ours, theirs) in INSIDE {
        name = name.replace(ours, theirs);
    }
    name
}

/// Rows as llama.cpp orders those of queries and keys of a Llama.
pub fn permuted(tensor: &Tensor, head_dim: usize) -> Tensor {
    let length = tensor.len() / tensor.shape[0];
    let values = tensor.to_f32();
    let mut all = values.clone();
    for row in 0..tensor.shape[0] {
        let (head, within) = (row / head_dim, row % head_dim);
        let (half, pair) = (within / (head_dim / 2), within % (head_dim / 2));
        let to = head * head_dim + 2 * pair + half;
        all[to * length..][..length].copy_from_slice(&values[row * length..][..length]);
    }
    Tensor::f32(&tensor.shape, all)
}

/// A configuration's metadata.
pub fn gguf_keys(config: &Config) -> Gguf {
    let name = if config.family == Family::Qwen2 { "qwen2" } else { "llama" };
    let key = |key: &str| format!("{name}.{key}");
    Gguf::new()
        .text("general.architecture", name)
        .u32(&key("block_count"), config.depth as u32)
        .u32(&key("context_length"), config.max_positions as u32)
        .u32(&key("embedding_length"), config.width as u32)
        .u32(&key("feed_forward_length"), config.mlp_width as u32)
        .u32(&key("attention.head_count"), config.heads as u32)
        .u32(&key("attention.head_count_kv"), config.key_value_heads as u32)
        .key(&key("attention.layer_norm_rms_epsilon"), F32, &1e-6_f32.to_le_bytes())
        .texts("tokenizer.ggml.tokens", &["a", "", "bcd"])
}

/// A whole GGUF file of 32-bit numbers.
pub fn gguf(config: &Config) -> Gguf {
    weights(config).iter().fold(gguf_keys(config), |file, (name, tensor)| {
        let rotated = [".q_proj.", ".k_proj."].iter().any(|module| name.contains(module));
        if rotated && config.family == Family::Llama {
            file.f32(&gguf_name(name), &permuted(tensor, config.head_dim))
        } else {
            file.f32(&gguf_name(name), tensor)
        }
    })
}

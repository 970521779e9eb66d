//! The bodies of Llama and Qwen2, with RMSNorm before each branch: x = E[ids], in each block
//! u = x + attention(norm(x)), x' = u + MLP(norm(u)), and a norm behind the last one.

use lora_checkpoint::Positions;
use ndarray::Array2;

use super::inputs::Gradients;
use super::names::{self, Block, LAST_NORM, TOKENS};
use super::norm::{self, Normalized};
use super::parameters::Parameters;
use super::{embedding, mlp, self_attention};

/// What the backward pass needs of a forward pass.
pub(super) struct Trace {
    ids: Vec<usize>,
    blocks: Vec<BlockTrace>,
    last_norm: Normalized,
}

struct BlockTrace {
    attention_norm: Normalized,
    attention: self_attention::Trace,
    mlp_norm: Normalized,
    mlp: mlp::Trace,
}

/// The last hidden states.
pub(super) fn forward(model: Parameters, ids: &[usize]) -> (Array2<f64>, Trace) {
    let config = model.config;
    let rotary = matches!(config.positions, Positions::Rotary { .. });
    assert!(rotary, "{:?} has rotary positions", config.family);
    assert!(ids.len() <= config.max_positions, "{} tokens are too many", ids.len());
    let mut x = embedding::forward(model, TOKENS, ids);
    let mut blocks = Vec::new();
    for index in 0..config.depth {
        let (next, trace) = block(model, &names::block(config.family, index), &x);
        x = next;
        blocks.push(trace);
    }
    let (y, last_norm) = norm::forward(model, LAST_NORM, &x);
    (y, Trace { ids: ids.to_vec(), blocks, last_norm })
}

/// Adds to all gradients of the body.
pub(super) fn backward(model: Parameters, trace: &Trace, g: &Array2<f64>, sums: &mut Gradients) {
    let mut g = norm::backward(model, LAST_NORM, &trace.last_norm, g, sums);
    for (index, trace) in trace.blocks.iter().enumerate().rev() {
        g = block_backward(model, &names::block(model.config.family, index), trace, &g, sums);
    }
    embedding::backward(model, TOKENS, &trace.ids, &g, sums);
}

fn block(model: Parameters, names: &Block, x: &Array2<f64>) -> (Array2<f64>, BlockTrace) {
    let (inside, attention_norm) = norm::forward(model, &names.attention_norm, x);
    let (branch, attention) = self_attention::forward(model, names, &inside);
    let u = x + &branch;
    let (inside, mlp_norm) = norm::forward(model, &names.mlp_norm, &u);
    let (branch, mlp) = mlp::forward_gated(model, names, &inside);
    (u + branch, BlockTrace { attention_norm, attention, mlp_norm, mlp })
}

fn block_backward(
    model: Parameters,
    names: &Block,
    trace: &BlockTrace,
    g: &Array2<f64>,
    sums: &mut Gradients,
) -> Array2<f64> {
    let inside = mlp::backward(model, names, &trace.mlp, g, sums);
    let g = g + &norm::backward(model, &names.mlp_norm, &trace.mlp_norm, &inside, sums);
    let inside = self_attention::backward(model, names, &trace.attention, &g, sums);
    g + norm::backward(model, &names.attention_norm, &trace.attention_norm, &inside, sums)
}

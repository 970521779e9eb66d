//! The bodies of BERT, RoBERTa and DistilBERT, with LayerNorm behind each branch:
//! x = LN(word + position + token type 0), and in each block
//! u = LN(x + attention(x)), x' = LN(u + MLP(u)).

use lora_checkpoint::Positions;
use ndarray::Array2;

use super::inputs::Gradients;
use super::names::{self, Block};
use super::norm::{self, Normalized};
use super::parameters::Parameters;
use super::{embedding, mlp, self_attention};

/// What the backward pass needs of a forward pass.
pub(super) struct Trace {
    /// Each embedding module with the rows that were read.
    rows: Vec<(String, Vec<usize>)>,
    norm: Normalized,
    blocks: Vec<BlockTrace>,
}

struct BlockTrace {
    attention: self_attention::Trace,
    attention_norm: Normalized,
    mlp: mlp::Trace,
    mlp_norm: Normalized,
}

/// The last hidden states.
pub(super) fn forward(model: Parameters, ids: &[usize]) -> (Array2<f64>, Trace) {
    let family = model.config.family;
    let rows = rows(model, ids);
    let embedded = rows
        .iter()
        .map(|(module, rows)| embedding::forward(model, module, rows))
        .reduce(|sum, part| sum + part)
        .expect("tokens and places");
    let (mut x, norm) = norm::forward(model, &names::embeddings(family).norm, &embedded);
    let mut blocks = Vec::new();
    for index in 0..model.config.depth {
        let (next, trace) = block(model, &names::block(family, index), &x);
        x = next;
        blocks.push(trace);
    }
    (x, Trace { rows, norm, blocks })
}

/// Adds to all gradients of the body.
pub(super) fn backward(model: Parameters, trace: &Trace, g: &Array2<f64>, sums: &mut Gradients) {
    let family = model.config.family;
    let mut g = g.clone();
    for (index, trace) in trace.blocks.iter().enumerate().rev() {
        g = block_backward(model, &names::block(family, index), trace, &g, sums);
    }
    let g = norm::backward(model, &names::embeddings(family).norm, &trace.norm, &g, sums);
    for (module, rows) in &trace.rows {
        embedding::backward(model, module, rows, &g, sums);
    }
}

/// The embedding modules and the rows read of each: ids, places from `first` on, and type 0.
///
/// Sequences hold no padding. Hugging Face gives a padding token no gradient, and in RoBERTa no place.
fn rows(model: Parameters, ids: &[usize]) -> Vec<(String, Vec<usize>)> {
    let Positions::Learned { first, token_types } = model.config.positions else {
        panic!("{:?} has learned positions", model.config.family);
    };
    let names = names::embeddings(model.config.family);
    let places = (first..first + ids.len()).collect();
    let mut rows = vec![(names.token, ids.to_vec()), (names.position, places)];
    if token_types > 0 {
        rows.push((names.token_type, vec![0; ids.len()]));
    }
    rows
}

fn block(model: Parameters, names: &Block, x: &Array2<f64>) -> (Array2<f64>, BlockTrace) {
    let (branch, attention) = self_attention::forward(model, names, x);
    let (u, attention_norm) = norm::forward(model, &names.attention_norm, &(x + &branch));
    let (branch, mlp) = mlp::forward(model, names, &u);
    let (y, mlp_norm) = norm::forward(model, &names.mlp_norm, &(&u + &branch));
    (y, BlockTrace { attention, attention_norm, mlp, mlp_norm })
}

fn block_backward(
    model: Parameters,
    names: &Block,
    trace: &BlockTrace,
    g: &Array2<f64>,
    sums: &mut Gradients,
) -> Array2<f64> {
    let g = norm::backward(model, &names.mlp_norm, &trace.mlp_norm, g, sums);
    let g = &g + &mlp::backward(model, names, &trace.mlp, &g, sums);
    let g = norm::backward(model, &names.attention_norm, &trace.attention_norm, &g, sums);
    &g + &self_attention::backward(model, names, &trace.attention, &g, sums)
}

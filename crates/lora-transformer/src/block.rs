//! One block. In Llama norms stand before the branches: x₁ = x + attention(norm(x)),
//! y = x₁ + mlp(norm(x₁)). In BERT they stand behind the sums: x₁ = norm(x + attention(x)),
//! y = norm(x₁ + mlp(x₁)).

use crate::attention::{self, AttentionTape, Layout};
use crate::buffer::Buffer;
use crate::mlp::{self, MlpTape};
use crate::net::{Block, Linear};
use crate::norm::{self, Stats};
use crate::pass::{Gradients, Pass, Wants};
use crate::vector::add;

/// What the backward pass needs of a block.
#[derive(Debug, Default)]
pub struct BlockTape {
    attention: Branch<AttentionTape>,
    mlp: Branch<MlpTape>,
}

/// What the backward pass needs of a branch and its norm.
#[derive(Debug, Default)]
struct Branch<T> {
    /// The branch's input \[rows, n\]; the norm's output if the norm stands before.
    input: Buffer,
    /// The norm's input \[rows, n\].
    normed: Buffer,
    stats: Stats,
    tape: T,
}

/// How far gradients go down in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Something below the block trains.
    pub below: bool,
    /// Something in the attention branch or its norm trains.
    pub attention: bool,
    /// Something in the MLP branch or its norm trains.
    pub mlp: bool,
}

impl Reach {
    /// Of a block, given whether anything below it trains.
    pub fn new(wants: &Wants, block: &Block, below: bool) -> Self {
        let linear = |linear: &Linear| wants.linear(linear);
        let (attention, mlp) = (&block.attention, &block.mlp);
        Self {
            below,
            attention: attention.qkv.iter().any(linear)
                || linear(&attention.output)
                || wants.norm(&block.attention_norm),
            mlp: [Some(&mlp.up), Some(&mlp.down), mlp.gate.as_ref()]
                .into_iter()
                .flatten()
                .any(linear)
                || wants.norm(&block.mlp_norm),
        }
    }

    /// Whether anything in the block or below it trains.
    pub fn any(self) -> bool {
        self.below || self.attention || self.mlp
    }
}

/// The block's outputs \[rows, n\] for `x` \[rows, n\].
pub fn forward(pass: &Pass, block: &Block, layout: Layout, x: Buffer) -> (Buffer, BlockTape) {
    let (x, attention) = branch(pass, &block.attention_norm, x, |x| {
        attention::forward(pass, &block.attention, layout, x)
    });
    let (x, mlp) = branch(pass, &block.mlp_norm, x, |x| mlp::forward(pass, &block.mlp, x));
    (x, BlockTape { attention, mlp })
}

fn branch<T>(
    pass: &Pass,
    norm: &crate::net::Norm,
    x: Buffer,
    forward: impl FnOnce(&[f32]) -> (Buffer, T),
) -> (Buffer, Branch<T>) {
    if pass.net.norm_first() {
        let (input, stats) = norm::forward(pass, norm, &x);
        let (mut y, tape) = forward(&input);
        add(&mut y, &x);
        (y, Branch { input, normed: x, stats, tape })
    } else {
        let (mut normed, tape) = forward(&x);
        add(&mut normed, &x);
        let (y, stats) = norm::forward(pass, norm, &normed);
        (y, Branch { input: x, normed, stats, tape })
    }
}

/// Adds the gradients of what the block trains, given the gradient `dy` of its output. The gradient of its
/// input, if anything below trains.
pub fn backward(
    pass: &Pass,
    block: &Block,
    layout: Layout,
    (tape, reach): (&BlockTape, Reach),
    dy: Buffer,
    gradients: &mut Gradients,
) -> Option<Buffer> {
    let norms = (&block.mlp_norm, reach.attention || reach.below);
    let dx = back(pass, norms, &tape.mlp, dy, gradients, |saved, dy, gradients, dx| {
        mlp::backward(pass, &block.mlp, saved, dy, gradients, dx);
    })?;
    let norms = (&block.attention_norm, reach.below);
    back(pass, norms, &tape.attention, dx, gradients, |saved, dy, gradients, dx| {
        attention::backward(pass, &block.attention, layout, saved, dy, gradients, dx);
    })
}

/// One branch and its norm, given whether anything below the two trains.
fn back<T>(
    pass: &Pass,
    (norm, below): (&crate::net::Norm, bool),
    branch: &Branch<T>,
    dy: Buffer,
    gradients: &mut Gradients,
    backward: impl FnOnce((&[f32], &T), &[f32], &mut Gradients, Option<&mut [f32]>),
) -> Option<Buffer> {
    let saved = (&branch.normed[..], &branch.stats);
    let input = (&branch.input[..], &branch.tape);
    if pass.net.norm_first() {
        let mut dinput = (below || pass.wants.norm(norm)).then(|| Buffer::zeros(dy.len()));
        backward(input, &dy, gradients, dinput.as_deref_mut());
        let dinput = dinput?;
        let mut dx = dy;
        let into = below.then_some(&mut dx[..]);
        norm::backward(pass, norm, saved, &dinput, gradients, into);
        below.then_some(dx)
    } else {
        let mut dsum = Buffer::zeros(dy.len());
        norm::backward(pass, norm, saved, &dy, gradients, Some(&mut dsum));
        let mut dx = below.then(|| Buffer::copy(&dsum));
        backward(input, &dsum, gradients, dx.as_deref_mut());
        dx
    }
}

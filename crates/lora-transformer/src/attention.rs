//! Multi-head attention over sequences that are packed one after another.
//!
//! The projections stand here, and what each head does with them in [`one_head`](crate::one_head).

use std::ops::Range;

use crate::buffer::Buffer;
use crate::linear::{self, LinearTape};
use crate::net::Attention;
use crate::one_head::{Heads, Kept, OneHead};
use crate::pass::{Gradients, Pass};
use crate::product::Into;
use crate::rotary::{Rotary, Turn};

/// Where the sequences lie, and the rotation of their places.
#[derive(Clone, Copy)]
pub struct Layout<'a> {
    /// Rows of each sequence.
    pub sequences: &'a [Range<usize>],
    /// In models with rotary positions.
    pub rotary: Option<&'a Rotary>,
}

impl Layout<'_> {
    /// Room for the scores of the longest sequence.
    fn scores(&self) -> Buffer {
        let longest = self.sequences.iter().map(Range::len).max().unwrap_or(0);
        Buffer::unset(longest * longest)
    }
}

/// What the backward pass needs besides the input.
#[derive(Debug, Default)]
pub struct AttentionTape {
    kept: Kept,
    projections: [LinearTape; 4],
}

/// The branch's outputs \[rows, n\] for `x` \[rows, n\].
pub fn forward(
    pass: &Pass,
    attention: &Attention,
    layout: Layout,
    x: &[f32],
) -> (Buffer, AttentionTape) {
    let rows = x.len() / pass.net.config.width;
    let heads = Heads::of(pass, rows);
    let mut projections: [LinearTape; 4] = Default::default();
    let mut qkv: [Buffer; 3] = Default::default();
    for (place, linear) in attention.qkv.iter().enumerate() {
        (qkv[place], projections[place]) = linear::forward(pass, linear, x, rows);
    }
    if let Some(rotary) = layout.rotary {
        for (x, stride) in qkv.iter_mut().zip([heads.stride(), heads.key_stride()]) {
            rotary.turn(x, stride, layout.sequences, Turn::Forward);
        }
    }
    let kept = mix(pass, layout, qkv);
    let (y, tape) = linear::forward(pass, &attention.output, &kept.context, rows);
    projections[3] = tape;
    (y, AttentionTape { kept, projections })
}

/// The contexts of all heads, given queries, keys (both rotated) and values \[rows, heads · d\].
pub fn mix(pass: &Pass, layout: Layout, qkv: [Buffer; 3]) -> Kept {
    let stride = pass.net.config.heads * pass.net.config.head_dim;
    let rows = qkv[0].len() / stride;
    let heads = Heads::of(pass, rows);
    // Every row is one of a sequence, and every column one of a head.
    let mut context = Buffer::unset(rows * stride);
    let mut log_sums = Buffer::unset(rows * heads.count);
    let mut scores = layout.scores();
    for sequence in layout.sequences {
        for head in 0..heads.count {
            let one = OneHead { heads, head, sequence };
            let sums = &mut log_sums[head * rows..][sequence.clone()];
            one.forward(&qkv, &mut scores, sums, &mut context);
        }
    }
    Kept { qkv, context, log_sums }
}

/// The gradients of queries, keys and values, given that of the contexts.
pub fn mix_backward(pass: &Pass, layout: Layout, kept: &Kept, dcontext: &[f32]) -> [Buffer; 3] {
    let stride = pass.net.config.heads * pass.net.config.head_dim;
    let heads = Heads::of(pass, dcontext.len() / stride);
    // Heads write all of it, and those that share a key add to the first of them.
    let mut dqkv = [0, 1, 2].map(|place| Buffer::unset(kept.qkv[place].len()));
    let mut scratch = [layout.scores(), layout.scores()];
    for sequence in layout.sequences {
        for head in 0..heads.count {
            let one = OneHead { heads, head, sequence };
            one.backward(kept, dcontext, &mut scratch, &mut dqkv);
        }
    }
    dqkv
}

/// Adds the gradients of what the branch trains, given its input and `dy`; adds that of the input to `dx`
/// if it is wanted.
pub fn backward(
    pass: &Pass,
    attention: &Attention,
    layout: Layout,
    (x, tape): (&[f32], &AttentionTape),
    dy: &[f32],
    gradients: &mut Gradients,
    mut dx: Option<&mut [f32]>,
) {
    let heads = Heads::of(pass, x.len() / pass.net.config.width);
    let inner = dx.is_some() || attention.qkv.iter().any(|linear| pass.wants.linear(linear));
    let mut dcontext = inner.then(|| Buffer::unset(tape.kept.context.len()));
    let (output, saved) = (&attention.output, (&tape.kept.context[..], &tape.projections[3]));
    let dz = linear::to_input(pass, output, dy, dcontext.as_deref_mut().map(|d| (Into::Set, d)));
    linear::to_own(pass, output, saved, (dy, &dz), gradients);
    let Some(dcontext) = dcontext else { return };
    let mut dqkv = mix_backward(pass, layout, &tape.kept, &dcontext);
    if let Some(rotary) = layout.rotary {
        for (x, stride) in dqkv.iter_mut().zip([heads.stride(), heads.key_stride()]) {
            rotary.turn(x, stride, layout.sequences, Turn::Back);
        }
    }
    for ((linear, dy), tape) in attention.qkv.iter().zip(&dqkv).zip(&tape.projections) {
        linear::backward(pass, linear, (x, tape), dy, gradients, dx.as_deref_mut());
    }
}

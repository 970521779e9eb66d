//! Multi-head attention over sequences that are packed one after another.
//!
//! For each head, P = softmax(Q Kᵀ / √d), row by row over the places that a token sees, and the context is
//! P V. Backward, with D_i = Σ_j dO_ij O_ij: dV = Pᵀ dO, dS = P ⊙ (dO Vᵀ - D), dQ = dS K / √d and
//! dK = dSᵀ Q / √d. P is not kept: it follows from Q, K and the logarithm of each row's sum.

use std::ops::Range;

use crate::linear::{self, LinearTape};
use crate::net::Attention;
use crate::pass::{Gradients, Pass};
use crate::product::{Into, Mat, MatMut, product};
use crate::rotary::{Rotary, Turn};
use crate::vector::{dot, exp_all, largest, scale};

/// Where the sequences lie, and the rotation of their places.
#[derive(Clone, Copy)]
pub struct Layout<'a> {
    /// Rows of each sequence.
    pub sequences: &'a [Range<usize>],
    /// In models with rotary positions.
    pub rotary: Option<&'a Rotary>,
}

/// What the backward pass needs besides the input.
#[derive(Debug, Default)]
pub struct AttentionTape {
    /// Queries, keys (both rotated) and values \[rows, heads · d\].
    qkv: [Vec<f32>; 3],
    /// The context \[rows, heads · d\].
    context: Vec<f32>,
    /// Logarithm of each row's sum of exponentials \[heads, rows\].
    log_sums: Vec<f32>,
    projections: [LinearTape; 4],
}

/// Sizes of heads.
#[derive(Clone, Copy)]
struct Heads {
    count: usize,
    /// Query heads that share a key and a value.
    share: usize,
    dim: usize,
    causal: bool,
    rows: usize,
}

impl Heads {
    fn of(pass: &Pass, rows: usize) -> Self {
        let config = &pass.net.config;
        Self {
            count: config.heads,
            share: config.heads / config.key_value_heads,
            dim: config.head_dim,
            causal: config.family.is_causal(),
            rows,
        }
    }

    fn stride(&self) -> usize {
        self.count * self.dim
    }

    fn key_stride(&self) -> usize {
        self.stride() / self.share
    }

    fn factor(&self) -> f32 {
        1.0 / (self.dim as f32).sqrt()
    }

    /// The places that place `i` of a sequence of `length` sees.
    fn seen(&self, i: usize, length: usize) -> usize {
        if self.causal { i + 1 } else { length }
    }
}

/// The branch's outputs \[rows, n\] for `x` \[rows, n\].
pub fn forward(
    pass: &Pass,
    attention: &Attention,
    layout: Layout,
    x: &[f32],
) -> (Vec<f32>, AttentionTape) {
    let rows = x.len() / pass.net.config.width;
    let heads = Heads::of(pass, rows);
    let mut projections: [LinearTape; 4] = Default::default();
    let mut qkv: [Vec<f32>; 3] = Default::default();
    for (place, linear) in attention.qkv.iter().enumerate() {
        (qkv[place], projections[place]) = linear::forward(pass, linear, x, rows);
    }
    if let Some(rotary) = layout.rotary {
        for (x, stride) in qkv.iter_mut().zip([heads.stride(), heads.key_stride()]) {
            rotary.turn(x, stride, layout.sequences, Turn::Forward);
        }
    }
    let (context, log_sums) = mix(pass, layout, &qkv);
    let (y, tape) = linear::forward(pass, &attention.output, &context, rows);
    projections[3] = tape;
    (y, AttentionTape { qkv, context, log_sums, projections })
}

/// The contexts \[rows, heads · d\] of all heads, given queries, keys (both rotated) and values, and the
/// logarithm of each row's sum of exponentials \[heads, rows\].
pub fn mix(pass: &Pass, layout: Layout, qkv: &[Vec<f32>; 3]) -> (Vec<f32>, Vec<f32>) {
    let stride = pass.net.config.heads * pass.net.config.head_dim;
    let rows = qkv[0].len() / stride;
    let heads = Heads::of(pass, rows);
    let mut context = vec![0.0; rows * stride];
    let mut log_sums = vec![0.0; rows * heads.count];
    let mut scores = Vec::new();
    for sequence in layout.sequences {
        for head in 0..heads.count {
            let part = Part { heads, head, sequence };
            let sums = &mut log_sums[head * rows..][sequence.clone()];
            part.forward(qkv, &mut scores, sums, &mut context);
        }
    }
    (context, log_sums)
}

/// The gradients of queries, keys and values, given that of the contexts.
pub fn mix_backward(
    pass: &Pass,
    layout: Layout,
    tape: &AttentionTape,
    dcontext: &[f32],
) -> [Vec<f32>; 3] {
    let stride = pass.net.config.heads * pass.net.config.head_dim;
    let heads = Heads::of(pass, dcontext.len() / stride);
    let mut dqkv = [0, 1, 2].map(|place| vec![0.0; tape.qkv[place].len()]);
    let mut scratch = Default::default();
    for sequence in layout.sequences {
        for head in 0..heads.count {
            let part = Part { heads, head, sequence };
            part.backward(tape, dcontext, &mut scratch, &mut dqkv);
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
    let mut dcontext = inner.then(|| vec![0.0; tape.context.len()]);
    let saved = (&tape.context[..], &tape.projections[3]);
    linear::backward(pass, &attention.output, saved, dy, gradients, dcontext.as_deref_mut());
    let Some(dcontext) = dcontext else { return };
    let mut dqkv = mix_backward(pass, layout, tape, &dcontext);
    if let Some(rotary) = layout.rotary {
        for (x, stride) in dqkv.iter_mut().zip([heads.stride(), heads.key_stride()]) {
            rotary.turn(x, stride, layout.sequences, Turn::Back);
        }
    }
    for ((linear, dy), tape) in attention.qkv.iter().zip(&dqkv).zip(&tape.projections) {
        linear::backward(pass, linear, (x, tape), dy, gradients, dx.as_deref_mut());
    }
}

/// One head of one sequence.
#[derive(Clone, Copy)]
struct Part<'a> {
    heads: Heads,
    head: usize,
    sequence: &'a Range<usize>,
}

impl Part<'_> {
    fn length(&self) -> usize {
        self.sequence.len()
    }

    fn query<'m>(&self, data: &'m [f32]) -> Mat<'m> {
        let stride = self.heads.stride();
        let data = &data[self.sequence.start * stride..];
        Mat::columns(data, self.length(), stride, self.head * self.heads.dim, self.heads.dim)
    }

    fn key<'m>(&self, data: &'m [f32]) -> Mat<'m> {
        let (stride, head) = (self.heads.key_stride(), self.head / self.heads.share);
        let data = &data[self.sequence.start * stride..];
        Mat::columns(data, self.length(), stride, head * self.heads.dim, self.heads.dim)
    }

    fn query_mut<'m>(&self, data: &'m mut [f32]) -> MatMut<'m> {
        let stride = self.heads.stride();
        let data = &mut data[self.sequence.start * stride..];
        MatMut::columns(data, self.length(), stride, self.head * self.heads.dim, self.heads.dim)
    }

    fn key_mut<'m>(&self, data: &'m mut [f32]) -> MatMut<'m> {
        let (stride, head) = (self.heads.key_stride(), self.head / self.heads.share);
        let data = &mut data[self.sequence.start * stride..];
        MatMut::columns(data, self.length(), stride, head * self.heads.dim, self.heads.dim)
    }

    /// Q Kᵀ / √d \[length, length\].
    fn scores(&self, qkv: &[Vec<f32>; 3], scores: &mut Vec<f32>) {
        let length = self.length();
        scores.resize(length * length, 0.0);
        let (q, k) = (self.query(&qkv[0]), self.key(&qkv[1]).t());
        product(&mut MatMut::new(scores, length, length), Into::Set, self.heads.factor(), q, k);
    }

    fn forward(
        &self,
        qkv: &[Vec<f32>; 3],
        scores: &mut Vec<f32>,
        log_sums: &mut [f32],
        context: &mut [f32],
    ) {
        let length = self.length();
        self.scores(qkv, scores);
        for (i, (row, log_sum)) in scores.chunks_exact_mut(length).zip(log_sums).enumerate() {
            let (seen, hidden) = row.split_at_mut(self.heads.seen(i, length));
            let shift = largest(seen);
            let sum = exp_all(seen, shift);
            *log_sum = shift + sum.ln();
            scale(seen, 1.0 / sum);
            hidden.fill(0.0);
        }
        let p = Mat::new(scores, length, length);
        product(&mut self.query_mut(context), Into::Set, 1.0, p, self.key(&qkv[2]));
    }

    fn backward(
        &self,
        tape: &AttentionTape,
        dcontext: &[f32],
        [p, dp]: &mut [Vec<f32>; 2],
        [dq, dk, dv]: &mut [Vec<f32>; 3],
    ) {
        let (length, heads) = (self.length(), self.heads);
        self.scores(&tape.qkv, p);
        let log_sums = &tape.log_sums[self.head * heads.rows..][self.sequence.clone()];
        for (i, (row, &log_sum)) in p.chunks_exact_mut(length).zip(log_sums).enumerate() {
            let (seen, hidden) = row.split_at_mut(heads.seen(i, length));
            exp_all(seen, log_sum);
            hidden.fill(0.0);
        }
        let d_o = self.query(dcontext);
        let weights = Mat::new(p, length, length);
        product(&mut self.key_mut(dv), Into::Add, 1.0, weights.t(), d_o);
        dp.resize(length * length, 0.0);
        let values = self.key(&tape.qkv[2]).t();
        product(&mut MatMut::new(dp, length, length), Into::Set, 1.0, d_o, values);
        for (i, (p, dp)) in p.chunks_exact_mut(length).zip(dp.chunks_exact(length)).enumerate() {
            let row = (self.sequence.start + i) * heads.stride() + self.head * heads.dim;
            let range = row..row + heads.dim;
            let d = dot(&dcontext[range.clone()], &tape.context[range]);
            p.iter_mut().zip(dp).for_each(|(p, dp)| *p *= dp - d);
        }
        let ds = Mat::new(p, length, length);
        product(&mut self.query_mut(dq), Into::Add, heads.factor(), ds, self.key(&tape.qkv[1]));
        let q = self.query(&tape.qkv[0]);
        product(&mut self.key_mut(dk), Into::Add, heads.factor(), ds.t(), q);
    }
}

//! Multi-head attention over sequences that are packed one after another.
//!
//! For each head, P = softmax(Q Kᵀ / √d), row by row over the places that a token sees, and the context is
//! P V. Backward, with D_i = Σ_j dO_ij O_ij: dV = Pᵀ dO, dS = P ⊙ (dO Vᵀ - D), dQ = dS K / √d and
//! dK = dSᵀ Q / √d. P is not kept: it follows from Q, K and the logarithm of each row's sum.

use std::ops::Range;

use crate::buffer::Buffer;
use crate::linear::{self, LinearTape};
use crate::net::Attention;
use crate::pass::{Gradients, Pass};
use crate::product::{Into, Mat, MatMut, product};
use crate::rotary::{Rotary, Turn};
use crate::vector::{dot, exp_all, largest, scale, times_difference};

/// Places of a block of a causal attention, as many as make products efficient.
const BLOCK: usize = 64;

/// The longest sum that a product does not cut.
const LONGEST_SUM: usize = crate::product::CHUNK;

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
    /// Queries, keys (both rotated) and values \[rows, heads · d\].
    qkv: [Buffer; 3],
    /// The context \[rows, heads · d\].
    context: Buffer,
    /// Logarithm of each row's sum of exponentials \[heads, rows\].
    log_sums: Buffer,
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
    // Every row is one of a sequence, and every column one of a head.
    let mut context = Buffer::unset(rows * heads.stride());
    let mut log_sums = Buffer::unset(rows * heads.count);
    let mut scores = layout.scores();
    for sequence in layout.sequences {
        for head in 0..heads.count {
            let part = Part { heads, head, sequence };
            let sums = &mut log_sums[head * rows..][sequence.clone()];
            part.forward(&qkv, &mut scores, sums, &mut context);
        }
    }
    let (y, tape) = linear::forward(pass, &attention.output, &context, rows);
    projections[3] = tape;
    (y, AttentionTape { qkv, context, log_sums, projections })
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
    let mut dcontext = inner.then(|| Buffer::unset(tape.context.len()));
    let (output, saved) = (&attention.output, (&tape.context[..], &tape.projections[3]));
    let dz = linear::to_input(pass, output, dy, dcontext.as_deref_mut().map(|d| (Into::Set, d)));
    linear::to_own(pass, output, saved, (dy, &dz), gradients);
    let Some(dcontext) = dcontext else { return };
    // Heads write all of it, and those that share a key add to the first of them.
    let mut dqkv = [0, 1, 2].map(|place| Buffer::unset(tape.qkv[place].len()));
    let mut scratch = [layout.scores(), layout.scores()];
    for sequence in layout.sequences {
        for head in 0..heads.count {
            let part = Part { heads, head, sequence };
            part.backward(tape, &dcontext, &mut scratch, &mut dqkv);
        }
    }
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

    /// Places that are computed together, so that nearly half of what a causal mask hides is left out.
    ///
    /// What is left out are zeros at an end of a sum, so it changes no byte; longer sums would be cut elsewhere.
    fn blocks(&self) -> impl Iterator<Item = Block> + use<> {
        let (length, causal) = (self.length(), self.heads.causal);
        let whole = !causal || length > LONGEST_SUM || self.heads.dim < BLOCK / 4;
        let mut from = 0;
        std::iter::from_fn(move || {
            let rest = length - from;
            // None is so short that products would take another path.
            let count = if whole || rest < BLOCK + BLOCK / 2 { rest } else { BLOCK };
            let places = from..from + count;
            from = places.end;
            let (sees, seen_by) = if causal { (places.end, places.start) } else { (length, 0) };
            (count > 0).then_some(Block { places, sees: 0..sees, seen_by: seen_by..length })
        })
    }

    /// `scores` ← c Q Kᵀ, where any query of a block sees any key of it.
    fn pairs(&self, scores: &mut [f32], c: f32, q: Mat, k: Mat) {
        let (length, dim) = (self.length(), self.heads.dim);
        for Block { places, seen_by, .. } in self.blocks() {
            let (q, k) = (q.part(seen_by.clone(), 0..dim), k.part(places.clone(), 0..dim));
            let scores = &mut MatMut::new(scores, length, length);
            product(&mut scores.part(seen_by, places), Into::Set, c, q, k.t());
        }
    }

    /// Y ← c P X: what each query takes from the keys that it sees.
    fn from_seen(&self, mut y: MatMut, c: f32, p: Mat, x: Mat) {
        let dim = self.heads.dim;
        for Block { places, sees, .. } in self.blocks() {
            let (p, x) = (p.part(places.clone(), sees.clone()), x.part(sees, 0..dim));
            product(&mut y.part(places, 0..dim), Into::Set, c, p, x);
        }
    }

    /// Y ← c Pᵀ X, or added by all but the first of the heads that share a key: what each key gets from the
    /// queries that see it.
    fn to_seen(&self, mut y: MatMut, c: f32, p: Mat, x: Mat) {
        let dim = self.heads.dim;
        let into = if self.head % self.heads.share == 0 { Into::Set } else { Into::Add };
        for Block { places, seen_by, .. } in self.blocks() {
            let (p, x) = (p.part(seen_by.clone(), places.clone()), x.part(seen_by, 0..dim));
            product(&mut y.part(places, 0..dim), into, c, p.t(), x);
        }
    }

    fn forward(
        &self,
        qkv: &[Buffer; 3],
        scores: &mut [f32],
        log_sums: &mut [f32],
        context: &mut [f32],
    ) {
        let length = self.length();
        let scores = &mut scores[..length * length];
        self.pairs(scores, self.heads.factor(), self.query(&qkv[0]), self.key(&qkv[1]));
        for (i, (row, log_sum)) in scores.chunks_exact_mut(length).zip(log_sums).enumerate() {
            let (seen, hidden) = row.split_at_mut(self.heads.seen(i, length));
            let shift = largest(seen);
            let sum = exp_all(seen, shift);
            *log_sum = shift + sum.ln();
            scale(seen, 1.0 / sum);
            hidden.fill(0.0);
        }
        let p = Mat::new(scores, length, length);
        self.from_seen(self.query_mut(context), 1.0, p, self.key(&qkv[2]));
    }

    fn backward(
        &self,
        tape: &AttentionTape,
        dcontext: &[f32],
        [p, dp]: &mut [Buffer; 2],
        [dq, dk, dv]: &mut [Buffer; 3],
    ) {
        let (length, heads) = (self.length(), self.heads);
        let (p, dp) = (&mut p[..length * length], &mut dp[..length * length]);
        let [q, k, v] = &tape.qkv;
        let (q, k, v) = (self.query(q), self.key(k), self.key(v));
        self.pairs(p, heads.factor(), q, k);
        let log_sums = &tape.log_sums[self.head * heads.rows..][self.sequence.clone()];
        for (i, (row, &log_sum)) in p.chunks_exact_mut(length).zip(log_sums).enumerate() {
            let (seen, hidden) = row.split_at_mut(heads.seen(i, length));
            exp_all(seen, log_sum);
            hidden.fill(0.0);
        }
        let d_o = self.query(dcontext);
        self.to_seen(self.key_mut(dv), 1.0, Mat::new(p, length, length), d_o);
        self.pairs(dp, 1.0, d_o, v);
        for (i, (p, dp)) in p.chunks_exact_mut(length).zip(dp.chunks_exact(length)).enumerate() {
            let row = (self.sequence.start + i) * heads.stride() + self.head * heads.dim;
            let range = row..row + heads.dim;
            let d = dot(&dcontext[range.clone()], &tape.context[range]);
            let seen = heads.seen(i, length);
            times_difference(&mut p[..seen], &dp[..seen], d);
        }
        let ds = Mat::new(p, length, length);
        self.from_seen(self.query_mut(dq), heads.factor(), ds, k);
        self.to_seen(self.key_mut(dk), heads.factor(), ds, q);
    }
}

/// Neighbouring places of a sequence.
struct Block {
    places: Range<usize>,
    /// The places that some of them see.
    sees: Range<usize>,
    /// The places that see some of them.
    seen_by: Range<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries(seed: usize, count: usize) -> Vec<f32> {
        (0..count).map(|i| ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.0 - 1.0).collect()
    }

    proptest! {
        /// Lengths on both sides of one, two and three blocks, and beyond the longest sum.
        #[test]
        fn blocks_change_no_byte_of_what_a_causal_mask_shows(
            length in prop_oneof![1usize..200, 510usize..515], dim in 8usize..40, causal: bool,
        ) {
            let heads = Heads { count: 1, share: 1, dim, causal, rows: length };
            let part = Part { heads, head: 0, sequence: &(0..length) };
            let [q, k] = [0, 1].map(|seed| entries(seed, length * dim));
            let (q, k) = (Mat::new(&q, length, dim), Mat::new(&k, length, dim));
            let mut whole = vec![0.0; length * length];
            product(&mut MatMut::new(&mut whole, length, length), Into::Set, 0.3, q, k.t());
            // What is left out is not to be read.
            let mut scores = vec![f32::NAN; length * length];
            part.pairs(&mut scores, 0.3, q, k);
            for i in 0..length {
                let row = i * length..i * length + heads.seen(i, length);
                prop_assert_eq!(&scores[row.clone()], &whole[row.clone()]);
                scores[row.end..(i + 1) * length].fill(0.0);
            }
            let of = |by: &dyn Fn(MatMut, Mat)| {
                let mut y = vec![f32::NAN; length * dim];
                by(MatMut::new(&mut y, length, dim), Mat::new(&scores, length, length));
                y
            };
            let plain = of(&|mut y, p| product(&mut y, Into::Set, 0.5, p, q));
            prop_assert_eq!(of(&|y, p| part.from_seen(y, 0.5, p, q)), plain);
            let plain = of(&|mut y, p| product(&mut y, Into::Set, 0.5, p.t(), q));
            prop_assert_eq!(of(&|y, p| part.to_seen(y, 0.5, p, q)), plain);
            let most = part.blocks().map(|block| block.places.len()).max();
            prop_assert!(!causal || length > LONGEST_SUM || dim < 16 || most < Some(96));
        }
    }
}

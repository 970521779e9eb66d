//! One head of an attention, in one sequence.
//!
//! P = softmax(Q Kᵀ / √d), row by row over the places that a token sees, and the context is P V. Backward, with
//! D_i = Σ_j dO_ij O_ij: dV = Pᵀ dO, dS = P ⊙ (dO Vᵀ - D), dQ = dS K / √d and dK = dSᵀ Q / √d. P is not kept:
//! it follows from Q, K and the logarithm of each row's sum.

use std::ops::Range;

use crate::buffer::Buffer;
use crate::pass::Pass;
use crate::product::{CHUNK, Into, Mat, MatMut, product};
use crate::vector::{dot, exp_all, largest, scale, times_difference};

/// Places of a block of a causal attention, as many as make products efficient.
const BLOCK: usize = 64;

/// What the backward pass needs of all heads.
#[derive(Debug, Default)]
pub struct Kept {
    /// Queries, keys (both rotated) and values \[rows, heads · d\].
    pub qkv: [Buffer; 3],
    /// The context \[rows, heads · d\].
    pub context: Buffer,
    /// Logarithm of each row's sum of exponentials \[heads, rows\].
    pub log_sums: Buffer,
}

/// Sizes of heads.
#[derive(Clone, Copy)]
pub struct Heads {
    /// Heads of queries.
    pub count: usize,
    /// Query heads that share a key and a value.
    pub share: usize,
    /// Entries of a head.
    pub dim: usize,
    causal: bool,
    rows: usize,
}

impl Heads {
    /// Of the model of a pass, for so many rows.
    pub fn of(pass: &Pass, rows: usize) -> Self {
        let config = &pass.net.config;
        Self {
            count: config.heads,
            share: config.heads / config.key_value_heads,
            dim: config.head_dim,
            causal: config.family.is_causal(),
            rows,
        }
    }

    /// Entries of a row of all queries.
    pub fn stride(&self) -> usize {
        self.count * self.dim
    }

    /// Entries of a row of all keys.
    pub fn key_stride(&self) -> usize {
        self.stride() / self.share
    }

    /// 1/√d.
    pub fn factor(&self) -> f32 {
        1.0 / (self.dim as f32).sqrt()
    }

    /// The places that place `i` of a sequence of `length` sees.
    fn seen(&self, i: usize, length: usize) -> usize {
        if self.causal { i + 1 } else { length }
    }
}

/// One head in one sequence.
#[derive(Clone, Copy)]
pub struct OneHead<'a> {
    /// Sizes.
    pub heads: Heads,
    /// Its number.
    pub head: usize,
    /// Rows of the sequence.
    pub sequence: &'a Range<usize>,
}

impl OneHead<'_> {
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
        let whole = !causal || length > CHUNK || self.heads.dim < BLOCK / 4;
        let mut from = 0;
        std::iter::from_fn(move || {
            let rest = length - from;
            // All are long enough for the path that products of the whole take.
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
    fn gather(&self, mut y: MatMut, c: f32, p: Mat, x: Mat) {
        let dim = self.heads.dim;
        for Block { places, sees, .. } in self.blocks() {
            let (p, x) = (p.part(places.clone(), sees.clone()), x.part(sees, 0..dim));
            product(&mut y.part(places, 0..dim), Into::Set, c, p, x);
        }
    }

    /// Y ← c Pᵀ X, or added by all but the first of the heads that share a key: what each key gets from the
    /// queries that see it.
    fn scatter(&self, mut y: MatMut, c: f32, p: Mat, x: Mat) {
        let dim = self.heads.dim;
        let into = if self.head.is_multiple_of(self.heads.share) { Into::Set } else { Into::Add };
        for Block { places, seen_by, .. } in self.blocks() {
            let (p, x) = (p.part(seen_by.clone(), places.clone()), x.part(seen_by, 0..dim));
            product(&mut y.part(places, 0..dim), into, c, p.t(), x);
        }
    }

    /// Writes the head's columns of the context and its logarithms of sums. `scores` has room for them.
    pub fn forward(
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
            *log_sum = softmax(row, self.heads.seen(i, length));
        }
        let p = Mat::new(scores, length, length);
        self.gather(self.query_mut(context), 1.0, p, self.key(&qkv[2]));
    }

    /// Writes the head's columns of the gradients of queries, keys and values; heads that share a key add to
    /// what the first of them has written. The scratch has room for scores.
    pub fn backward(
        &self,
        kept: &Kept,
        dcontext: &[f32],
        [p, dp]: &mut [Buffer; 2],
        [dq, dk, dv]: &mut [Buffer; 3],
    ) {
        let (length, heads) = (self.length(), self.heads);
        let (p, dp) = (&mut p[..length * length], &mut dp[..length * length]);
        let [q, k, v] = &kept.qkv;
        let (q, k, v) = (self.query(q), self.key(k), self.key(v));
        self.pairs(p, heads.factor(), q, k);
        let log_sums = &kept.log_sums[self.head * heads.rows..][self.sequence.clone()];
        for (i, (row, &log_sum)) in p.chunks_exact_mut(length).zip(log_sums).enumerate() {
            let (seen, hidden) = row.split_at_mut(heads.seen(i, length));
            exp_all(seen, log_sum);
            hidden.fill(0.0);
        }
        let d_o = self.query(dcontext);
        self.scatter(self.key_mut(dv), 1.0, Mat::new(p, length, length), d_o);
        self.pairs(dp, 1.0, d_o, v);
        for (i, (p, dp)) in p.chunks_exact_mut(length).zip(dp.chunks_exact(length)).enumerate() {
            let row = (self.sequence.start + i) * heads.stride() + self.head * heads.dim;
            let range = row..row + heads.dim;
            let d = dot(&dcontext[range.clone()], &kept.context[range]);
            let seen = heads.seen(i, length);
            times_difference(&mut p[..seen], &dp[..seen], d);
        }
        let ds = Mat::new(p, length, length);
        self.gather(self.query_mut(dq), heads.factor(), ds, k);
        self.scatter(self.key_mut(dk), heads.factor(), ds, q);
    }
}

/// The softmax of the first `seen` entries of a row of scores, with zeros behind. The logarithm of the sum of
/// exponentials.
pub fn softmax(row: &mut [f32], seen: usize) -> f32 {
    let (seen, hidden) = row.split_at_mut(seen);
    let shift = largest(seen);
    let sum = exp_all(seen, shift);
    scale(seen, 1.0 / sum);
    hidden.fill(0.0);
    shift + sum.ln()
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
            let one = OneHead { heads, head: 0, sequence: &(0..length) };
            let [q, k] = [0, 1].map(|seed| entries(seed, length * dim));
            let (q, k) = (Mat::new(&q, length, dim), Mat::new(&k, length, dim));
            let mut whole = vec![0.0; length * length];
            product(&mut MatMut::new(&mut whole, length, length), Into::Set, 0.3, q, k.t());
            // What is left out is not to be read.
            let mut scores = vec![f32::NAN; length * length];
            one.pairs(&mut scores, 0.3, q, k);
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
            prop_assert_eq!(of(&|y, p| one.gather(y, 0.5, p, q)), plain);
            let plain = of(&|mut y, p| product(&mut y, Into::Set, 0.5, p.t(), q));
            prop_assert_eq!(of(&|y, p| one.scatter(y, 0.5, p, q)), plain);
            let most = one.blocks().map(|block| block.places.len()).max();
            prop_assert!(!causal || length > CHUNK || dim < 16 || most < Some(96));
        }
    }
}

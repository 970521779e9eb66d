//! Attention of new tokens to those that are kept, and to each other.

use std::ops::Range;

use crate::buffer::Buffer;
use crate::linear;
use crate::net::Attention;
use crate::one_head::{Heads, softmax};
use crate::pass::Pass;
use crate::product::{Into, Mat, MatMut, product};
use crate::rotary::Rotary;

/// Keys and values of a sequence, and how many tokens they are of.
type Kept<'c> = (&'c mut [Vec<f32>; 2], usize);

/// The branch's outputs \[rows, n\] for `x` \[rows, n\]. The keys and values of every sequence grow by those
/// of its rows.
pub fn forward<'c>(
    pass: &Pass,
    attention: &Attention,
    rotary: Option<&Rotary>,
    x: &[f32],
    sequences: impl Iterator<Item = (&'c Range<usize>, Kept<'c>)>,
) -> Buffer {
    let all = x.len() / pass.net.config.width;
    let heads = Heads::of(pass, all);
    let (stride, key_stride) = (heads.stride(), heads.key_stride());
    let mut project = attention.qkv.iter().map(|linear| linear::forward(pass, linear, x, all).0);
    let [Some(mut q), Some(mut k), Some(v)] = [project.next(), project.next(), project.next()]
    else {
        return Buffer::default();
    };
    let mut context = Buffer::zeros(all * stride);
    let mut scores = Vec::new();
    for (rows, ([keys, values], places)) in sequences {
        let of = |stride: usize| rows.start * stride..rows.end * stride;
        if let Some(rotary) = rotary {
            rotary.turn_from(places, &mut q[of(stride)], stride);
            rotary.turn_from(places, &mut k[of(key_stride)], key_stride);
        }
        keys.extend_from_slice(&k[of(key_stride)]);
        values.extend_from_slice(&v[of(key_stride)]);
        let (q, context) = (&q[of(stride)], &mut context[of(stride)]);
        for head in 0..heads.count {
            one_head(heads, head, (q, keys, values), places, &mut scores, context);
        }
    }
    linear::forward(pass, &attention.output, &context, all).0
}

/// P V of one head, with P = softmax(Q Kᵀ / √d) over the `places` that were read before and the new ones up
/// to each row's own.
fn one_head(
    heads: Heads,
    head: usize,
    (q, keys, values): (&[f32], &[f32], &[f32]),
    places: usize,
    scores: &mut Vec<f32>,
    context: &mut [f32],
) {
    let (stride, key_stride, dim) = (heads.stride(), heads.key_stride(), heads.dim);
    let rows = q.len() / stride;
    let all = places + rows;
    let key = |data| Mat::columns(data, all, key_stride, head / heads.share * dim, dim);
    scores.clear();
    scores.resize(rows * all, 0.0);
    let queries = Mat::columns(q, rows, stride, head * dim, dim);
    let into = &mut MatMut::new(scores, rows, all);
    product(into, Into::Set, heads.factor(), queries, key(keys).t());
    for (row, scores) in scores.chunks_exact_mut(all).enumerate() {
        softmax(scores, places + row + 1);
    }
    let into = &mut MatMut::columns(context, rows, stride, head * dim, dim);
    product(into, Into::Set, 1.0, Mat::new(scores, rows, all), key(values));
}

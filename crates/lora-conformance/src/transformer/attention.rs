//! Attention over heads. For each head, with d its size:
//! S = Q Kᵀ/√d, P = softmax(S) over the keys that a query may see, O = P V.
//!
//! Several query heads may share one head of keys and values (grouped queries): query head h uses
//! key head h/(heads/key heads).

use ndarray::{Array2, ArrayView2, s};

/// How the columns of Q, K and V are split, and who sees whom.
#[derive(Clone, Copy)]
pub(super) struct Heads {
    pub queries: usize,
    pub keys: usize,
    pub size: usize,
    /// Whether a query sees only keys at its own place and before.
    pub causal: bool,
}

impl Heads {
    /// Head `head` of a matrix.
    fn of<'a>(&self, x: &'a Array2<f64>, head: usize) -> ArrayView2<'a, f64> {
        x.slice(s![.., head * self.size..(head + 1) * self.size])
    }

    /// The head of keys and values that a query head uses.
    fn shared(&self, head: usize) -> usize {
        head / (self.queries / self.keys)
    }

    fn scale(&self) -> f64 {
        1.0 / (self.size as f64).sqrt()
    }
}

/// O with all heads side by side, and P of each head.
pub(super) fn forward(
    heads: Heads,
    [q, k, v]: [&Array2<f64>; 3],
) -> (Array2<f64>, Vec<Array2<f64>>) {
    let mut output = Array2::zeros((q.nrows(), heads.queries * heads.size));
    let mut probabilities = Vec::new();
    for head in 0..heads.queries {
        let shared = heads.shared(head);
        let scores = heads.of(q, head).dot(&heads.of(k, shared).t()) * heads.scale();
        let p = softmax(&scores, heads.causal);
        let columns = head * heads.size..(head + 1) * heads.size;
        output.slice_mut(s![.., columns]).assign(&p.dot(&heads.of(v, shared)));
        probabilities.push(p);
    }
    (output, probabilities)
}

/// ∂loss/∂Q, ∂loss/∂K and ∂loss/∂V. For each head, with G = ∂loss/∂O:
/// dV = Pᵀ G, dP = G Vᵀ, dS = P ∘ (dP − rowsum(P ∘ dP)), dQ = dS K/√d, dK = dSᵀ Q/√d.
pub(super) fn backward(
    heads: Heads,
    [q, k, v]: [&Array2<f64>; 3],
    probabilities: &[Array2<f64>],
    g: &Array2<f64>,
) -> [Array2<f64>; 3] {
    let [mut dq, mut dk, mut dv] = [q, k, v].map(|of| Array2::<f64>::zeros(of.raw_dim()));
    for (head, p) in probabilities.iter().enumerate() {
        let shared = heads.shared(head);
        let [own, common] =
            [head, shared].map(|head| s![.., head * heads.size..(head + 1) * heads.size]);
        let g = heads.of(g, head);
        let dp = g.dot(&heads.of(v, shared).t());
        let ds = softmax_backward(p, &dp) * heads.scale();
        // Query heads that share a head of keys add up there.
        dq.slice_mut(own).scaled_add(1.0, &ds.dot(&heads.of(k, shared)));
        dk.slice_mut(common).scaled_add(1.0, &ds.t().dot(&heads.of(q, head)));
        dv.slice_mut(common).scaled_add(1.0, &p.t().dot(&g));
    }
    [dq, dk, dv]
}

/// e^S over its sum, row by row; row p ends behind column p if `causal`.
fn softmax(scores: &Array2<f64>, causal: bool) -> Array2<f64> {
    let mut p = Array2::zeros(scores.raw_dim());
    for (place, (row, mut out)) in scores.rows().into_iter().zip(p.rows_mut()).enumerate() {
        let seen = if causal { place + 1 } else { row.len() };
        let row = row.slice(s![..seen]);
        let most = row.fold(f64::NEG_INFINITY, |most, &score| most.max(score));
        let weights = row.mapv(|score| (score - most).exp());
        out.slice_mut(s![..seen]).assign(&(&weights / weights.sum()));
    }
    p
}

/// dS = P ∘ (dP − rowsum(P ∘ dP)).
fn softmax_backward(p: &Array2<f64>, dp: &Array2<f64>) -> Array2<f64> {
    let mut ds = p * dp;
    for (mut row, p) in ds.rows_mut().into_iter().zip(p.rows()) {
        let sum = row.sum();
        row.scaled_add(-sum, &p);
    }
    ds
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::difference::{derivative, inner};
    use super::super::random::normals;
    use super::*;

    /// Q, K and V, or directions for them.
    fn three(heads: Heads, len: usize, seed: u64) -> [Array2<f64>; 3] {
        let [wide, narrow] = [heads.queries, heads.keys].map(|count| [len, count * heads.size]);
        [("q", wide), ("k", narrow), ("v", narrow)].map(|(name, shape)| normals(name, seed, shape))
    }

    fn output(heads: Heads, x: &[Array2<f64>; 3]) -> Array2<f64> {
        forward(heads, x.each_ref()).0
    }

    proptest! {
        #[test]
        fn the_backward_pass_is_the_difference(
            keys in 1usize..4, group in 1usize..4, size in 1usize..5, len in 1usize..6,
            causal: bool, seed: u64
        ) {
            let heads = Heads { queries: keys * group, keys, size, causal };
            let x = three(heads, len, seed);
            let g = normals("g", seed, [len, heads.queries * size]);
            let (_, p) = forward(heads, x.each_ref());
            let gradients = backward(heads, x.each_ref(), &p, &g);
            let directions = three(heads, len, seed ^ 1);
            for which in 0..3 {
                let along = |t: f64| {
                    let mut moved = x.clone();
                    moved[which].scaled_add(t, &directions[which]);
                    inner(&output(heads, &moved), &g)
                };
                let (got, want) =
                    (inner(&gradients[which], &directions[which]), derivative(along, 1e-3));
                prop_assert!((got - want).abs() < 1e-7 * want.abs().max(0.1), "{got} {want}");
            }
        }

        /// O is linear in V: with P fixed, the backward pass is its transpose.
        #[test]
        fn values_are_adjoint(
            keys in 1usize..4, group in 1usize..4, len in 1usize..6, causal: bool, seed: u64
        ) {
            let heads = Heads { queries: keys * group, keys, size: 3, causal };
            let x = three(heads, len, seed);
            let g = normals("g", seed, [len, heads.queries * 3]);
            let (o, p) = forward(heads, x.each_ref());
            let [_, _, dv] = backward(heads, x.each_ref(), &p, &g);
            prop_assert!((inner(&o, &g) - inner(&x[2], &dv)).abs() < 1e-11);
        }
    }

    #[test]
    fn equal_scores_give_means() {
        let heads = Heads { queries: 1, keys: 1, size: 2, causal: true };
        let zero = Array2::zeros((3, 2));
        let v = ndarray::arr2(&[[1.0, 0.0], [3.0, 6.0], [5.0, 0.0]]);
        let o = output(heads, &[zero.clone(), zero, v]);
        assert_eq!(o, ndarray::arr2(&[[1.0, 0.0], [2.0, 3.0], [3.0, 2.0]]));
    }

    #[test]
    fn scores_are_divided_by_the_root_of_the_size() {
        let heads = Heads { queries: 1, keys: 1, size: 4, causal: false };
        let one = Array2::from_elem((1, 4), 1.0);
        let keys = ndarray::concatenate![ndarray::Axis(0), one, Array2::<f64>::zeros((1, 4))];
        // One query that scores 4/√4 = 2 and 0.
        let q = ndarray::concatenate![ndarray::Axis(0), one, one];
        let (_, p) = forward(heads, [&q, &keys, &keys]);
        let want = 2f64.exp() / (2f64.exp() + 1.0);
        assert!((p[0][[0, 0]] - want).abs() < 1e-15);
    }

    #[test]
    fn neighbouring_query_heads_share_keys() {
        let heads = Heads { queries: 4, keys: 2, size: 1, causal: false };
        assert_eq!([0, 1, 2, 3].map(|head| heads.shared(head)), [0, 0, 1, 1]);
    }
}

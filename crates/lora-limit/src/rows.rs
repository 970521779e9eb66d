//! Arithmetic on rows over the data points, with sums in a fixed order.

use lora_sim::activation;
use lora_sim::spec::Activation;
use ndarray::Array2;
use rayon::prelude::*;

/// Neurons of one task. It fixes the order of sums, so that no result depends on the threads.
const BLOCK: usize = 32;

/// Row `k` of a matrix in standard layout.
pub(crate) fn row(m: &Array2<f64>, k: usize) -> &[f64] {
    let width = m.ncols();
    &m.as_slice().expect("standard layout")[k * width..(k + 1) * width]
}

/// out ← out + a x.
pub(crate) fn add_scaled(out: &mut [f64], a: f64, x: &[f64]) {
    for (out, x) in out.iter_mut().zip(x) {
        *out += a * x;
    }
}

/// Σ x y, in eight running sums that the compiler can keep in one register.
pub(crate) fn dot(x: &[f64], y: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (mut xs, mut ys) = (x.chunks_exact(8), y.chunks_exact(8));
    for (x, y) in xs.by_ref().zip(ys.by_ref()) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += x * y;
        }
    }
    let rest: f64 = xs.remainder().iter().zip(ys.remainder()).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f64>() + rest
}

/// x ← φ(x).
pub(crate) fn activate(phi: Activation, x: &mut [f64]) {
    match phi {
        Activation::Relu => x.iter_mut().for_each(|x| *x = if *x < 0.0 { 0.0 } else { *x }),
        _ => x.iter_mut().for_each(|x| *x = activation::value(phi, *x)),
    }
}

/// x ← φ'(x).
pub(crate) fn slopes(phi: Activation, x: &mut [f64]) {
    match phi {
        Activation::Relu => x.iter_mut().for_each(|x| *x = f64::from(u8::from(*x > 0.0))),
        _ => x.iter_mut().for_each(|x| *x = activation::slope(phi, *x)),
    }
}

/// The sum over neurons of `size` numbers each. `add` gets a neuron's number and the running sum.
pub(crate) fn sum_over_neurons(
    neurons: usize,
    size: usize,
    add: impl Fn(usize, &mut Scratch, &mut [f64]) + Sync,
) -> Vec<f64> {
    let blocks = (0..neurons.div_ceil(BLOCK)).into_par_iter().map(|block| {
        let (mut sum, mut scratch) = (vec![0.0; size], Scratch::default());
        for neuron in block * BLOCK..neurons.min((block + 1) * BLOCK) {
            add(neuron, &mut scratch, &mut sum);
        }
        sum
    });
    let mut total = vec![0.0; size];
    blocks.collect::<Vec<_>>().iter().for_each(|sum| add_scaled(&mut total, 1.0, sum));
    total
}

/// Changes every neuron's part of `states`, which holds `each` of them a neuron.
pub(crate) fn for_each_neuron<T: Send>(
    states: &mut [T],
    each: usize,
    change: impl Fn(usize, &mut Scratch, &mut [T]) + Sync,
) {
    states.par_chunks_mut(BLOCK * each).enumerate().for_each(|(block, states)| {
        let mut scratch = Scratch::default();
        for (offset, states) in states.chunks_mut(each).enumerate() {
            change(block * BLOCK + offset, &mut scratch, states);
        }
    });
}

/// Rows to work in.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// Pre-activations and what follows from them.
    pub first: Vec<f64>,
    /// A second row.
    pub second: Vec<f64>,
    /// A third one.
    pub third: Vec<f64>,
}

/// Sets a row to `x`.
pub(crate) fn set<'a>(row: &'a mut Vec<f64>, x: &[f64]) -> &'a mut [f64] {
    row.clear();
    row.extend_from_slice(x);
    row
}

/// Sets a row to Σ_k a_k x_k over the first `points` columns of the rows x_k of `m`.
pub(crate) fn combine<'a>(
    out: &'a mut Vec<f64>,
    weights: impl Iterator<Item = f64>,
    m: &Array2<f64>,
    points: usize,
) -> &'a mut [f64] {
    out.clear();
    out.resize(points, 0.0);
    for (k, weight) in weights.enumerate() {
        add_scaled(out, weight, &row(m, k)[..points]);
    }
    out
}

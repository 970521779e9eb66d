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

/// Compiles a loop for the widest registers of this machine. Every machine computes the same bits: the
/// compiler fuses no product with a sum, and the order of sums is that of the code.
macro_rules! widest {
    ($(#[$doc:meta])* fn $name:ident($($arg:ident: $ty:ty),*) $(-> $out:ty)? $body:block) => {
        $(#[$doc])*
        pub(crate) fn $name($($arg: $ty),*) $(-> $out)? {
            #[inline(always)]
            fn plain($($arg: $ty),*) $(-> $out)? $body
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f")]
                fn avx512($($arg: $ty),*) $(-> $out)? {
                    plain($($arg),*)
                }
                #[target_feature(enable = "avx2")]
                fn avx2($($arg: $ty),*) $(-> $out)? {
                    plain($($arg),*)
                }
                if is_x86_feature_detected!("avx512f") {
                    // SAFETY: the machine has it.
                    return unsafe { avx512($($arg),*) };
                }
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: the machine has it.
                    return unsafe { avx2($($arg),*) };
                }
            }
            plain($($arg),*)
        }
    };
}

widest! {
    /// out ← out + a x.
    fn add_scaled(out: &mut [f64], a: f64, x: &[f64]) {
        for (out, x) in out.iter_mut().zip(x) {
            *out += a * x;
        }
    }
}

widest! {
    /// out ← out + a x², entry by entry.
    fn add_squares(out: &mut [f64], a: f64, x: &[f64]) {
        for (out, x) in out.iter_mut().zip(x) {
            *out += a * (x * x);
        }
    }
}

widest! {
    /// out ← out + Σ a x over four rows, in their order.
    fn add_four(out: &mut [f64], a: [f64; 4], x: [&[f64]; 4]) {
        let rows = x[0].iter().zip(x[1]).zip(x[2]).zip(x[3]);
        for (out, (((x0, x1), x2), x3)) in out.iter_mut().zip(rows) {
            *out = *out + a[0] * x0 + a[1] * x1 + a[2] * x2 + a[3] * x3;
        }
    }
}

/// Running sums of a dot product: enough of them to hide the time of an addition.
const SUMS: usize = 16;

widest! {
    /// Σ x y, in running sums that the compiler can keep in registers.
    fn dot(x: &[f64], y: &[f64]) -> f64 {
        let mut sums = [0.0; SUMS];
        let (mut xs, mut ys) = (x.chunks_exact(SUMS), y.chunks_exact(SUMS));
        for (x, y) in xs.by_ref().zip(ys.by_ref()) {
            for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
                *sum += x * y;
            }
        }
        let rest: f64 = xs.remainder().iter().zip(ys.remainder()).map(|(x, y)| x * y).sum();
        sums.iter().sum::<f64>() + rest
    }
}

widest! {
    /// x ← relu(x).
    fn rectify(x: &mut [f64]) {
        x.iter_mut().for_each(|x| *x = if *x < 0.0 { 0.0 } else { *x });
    }
}

widest! {
    /// x ← relu'(x).
    fn rectified_slopes(x: &mut [f64]) {
        x.iter_mut().for_each(|x| *x = if *x > 0.0 { 1.0 } else { 0.0 });
    }
}

/// x ← φ(x).
pub(crate) fn activate(phi: Activation, x: &mut [f64]) {
    match phi {
        Activation::Relu => rectify(x),
        _ => x.iter_mut().for_each(|x| *x = activation::value(phi, *x)),
    }
}

/// x ← φ'(x).
pub(crate) fn slopes(phi: Activation, x: &mut [f64]) {
    match phi {
        Activation::Relu => rectified_slopes(x),
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
    in_order(&blocks.collect::<Vec<_>>(), size)
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

/// Changes every neuron's part of `states`, which holds `each` of them a neuron, and sums `size` numbers
/// over neurons in the same pass. `change` gets a neuron's number, its states and the running sum.
pub(crate) fn change_and_sum<T: Send>(
    states: &mut [T],
    each: usize,
    size: usize,
    change: impl Fn(usize, &mut [T], &mut [f64]) + Sync,
) -> Vec<f64> {
    let blocks = states.par_chunks_mut(BLOCK * each).enumerate().map(|(block, states)| {
        let mut sum = vec![0.0; size];
        for (offset, states) in states.chunks_mut(each).enumerate() {
            change(block * BLOCK + offset, states, &mut sum);
        }
        sum
    });
    in_order(&blocks.collect::<Vec<_>>(), size)
}

/// The sum of the sums of all blocks.
fn in_order(blocks: &[Vec<f64>], size: usize) -> Vec<f64> {
    let mut total = vec![0.0; size];
    blocks.iter().for_each(|sum| add_scaled(&mut total, 1.0, sum));
    total
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
    let rows = |k: usize| &row(m, k)[..points];
    let (mut held, mut count) = ([0.0; 4], 0);
    for weight in weights {
        held[count % 4] = weight;
        count += 1;
        if count % 4 == 0 {
            add_four(out, held, [count - 4, count - 3, count - 2, count - 1].map(rows));
        }
    }
    for k in count - count % 4..count {
        add_scaled(out, held[k % 4], rows(k));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// Rows in fours and the rest give what one row after another gives, bit by bit.
    #[test]
    fn combinations_add_row_after_row() {
        let m = Array2::from_shape_fn((7, 37), |(k, i)| ((3 * k + 5 * i) % 11) as f64 / 7.0);
        for rows in 0..=7 {
            let weights = || (0..rows).map(|k| 0.3 + 0.1 * k as f64);
            let (mut out, mut one_by_one) = (Vec::new(), vec![0.0; 33]);
            for (k, weight) in weights().enumerate() {
                add_scaled(&mut one_by_one, weight, &row(&m, k)[..33]);
            }
            assert_eq!(combine(&mut out, weights(), &m, 33), one_by_one, "{rows} rows");
        }
    }

    #[test]
    fn rows_of_every_length_are_whole() {
        for length in 0..70 {
            let x: Vec<f64> = (0..length).map(|i| i as f64 - 20.0).collect();
            let exact: f64 = x.iter().map(|x| x * x).sum();
            assert_eq!(dot(&x, &x), exact, "sums of whole numbers are exact");
            let mut squares = vec![1.0; length];
            add_squares(&mut squares, 2.0, &x);
            assert!(squares.iter().zip(&x).all(|(s, x)| *s == 1.0 + 2.0 * x * x));
            let (mut value, mut slope) = (x.clone(), x.clone());
            activate(Activation::Relu, &mut value);
            slopes(Activation::Relu, &mut slope);
            assert!(value.iter().zip(&slope).zip(&x).all(|((v, s), x)| *v == s * x));
        }
    }

    #[test]
    fn a_change_is_seen_by_the_sum_of_its_own_neuron() {
        let mut states = [1.0, 2.0, 3.0];
        let sums = change_and_sum(&mut states, 1, 2, |neuron, states, sum| {
            states[0] += 1.0;
            sum[0] += states[0];
            sum[1] += array![1.0, 10.0, 100.0][neuron];
        });
        assert_eq!((states, sums), ([2.0, 3.0, 4.0], vec![9.0, 111.0]));
    }
}

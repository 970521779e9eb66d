//! Norms of the LoRA features from r × r Gram matrices, in f64.
//!
//! ‖s B z‖² = s² zᵀ(BᵀB)z, so the norms of Z_B and of δ1, δ2, δ3 cost O(n r² + N r²), never n N.

use crate::engine::Record;

/// Z_A or a change of it, r rows of N.
pub type Rows = Vec<Vec<f64>>;

/// What turns norms of B z into those of the features.
#[derive(Clone, Copy)]
pub struct FeatureNorms {
    /// s.
    pub multiplier: f64,
    /// n.
    pub width: usize,
}

impl FeatureNorms {
    /// A record with the norms of Z_A and Z_B filled in, given BᵀB.
    pub fn features(&self, za_rows: &Rows, gram: &[f64]) -> Record {
        let za = square_norms(za_rows);
        let zb = quadratic_forms(gram, za_rows);
        Record {
            za_rms: rms(&za, za_rows.len()),
            za_norm: mean_root(&za),
            zb_rms: self.multiplier * rms(&zb, self.width),
            zb_norm: self.multiplier * mean_root(&zb),
            ..Record::default()
        }
    }

    /// rms of s B_{t−1} ΔZ_A, s ΔB Z_{A,t−1} and s ΔB ΔZ_A, given Z_A of both steps and the Gram
    /// matrices of B_{t−1} and of ΔB.
    pub fn deltas(&self, [before, now]: [&Rows; 2], [b_before, b_change]: [&[f64]; 2]) -> [f64; 3] {
        let change: Rows =
            now.iter().zip(before).map(|(now, before)| difference(now, before)).collect();
        let scaled = |gram: &[f64], rows: &Rows| {
            self.multiplier * rms(&quadratic_forms(gram, rows), self.width)
        };
        [scaled(b_before, &change), scaled(b_change, before), scaled(b_change, &change)]
    }
}

/// M Mᵀ of an r × n matrix M given as consecutive blocks of columns, each with what to subtract
/// from it.
pub fn gram<'a>(
    rank: usize,
    blocks: impl Iterator<Item = (&'a [f32], Option<&'a [f32]>)>,
) -> Vec<f64> {
    let mut gram = vec![0.0f64; rank * rank];
    for (value, minus) in blocks {
        let columns = value.len() / rank;
        let mut block: Vec<f64> = value.iter().map(|&v| f64::from(v)).collect();
        if let Some(minus) = minus {
            block.iter_mut().zip(minus).for_each(|(v, &minus)| *v -= f64::from(minus));
        }
        for (k, row) in block.chunks(columns).enumerate() {
            for (l, other) in block.chunks(columns).enumerate().skip(k) {
                gram[k * rank + l] += dot(row, other);
            }
        }
    }
    for k in 0..rank {
        for l in 0..k {
            gram[k * rank + l] = gram[l * rank + k];
        }
    }
    gram
}

/// Σ x y in eight running sums, so that it vectorises without reordering.
fn dot(x: &[f64], y: &[f64]) -> f64 {
    let mut sums = [0.0f64; 8];
    let (mut xs, mut ys) = (x.chunks_exact(8), y.chunks_exact(8));
    for (x, y) in (&mut xs).zip(&mut ys) {
        for ((sum, x), y) in sums.iter_mut().zip(x).zip(y) {
            *sum += x * y;
        }
    }
    let rest: f64 = xs.remainder().iter().zip(ys.remainder()).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f64>() + rest
}

/// Σ (value − start)².
pub fn squared_distance(value: &[f32], start: &[f32]) -> f64 {
    value.iter().zip(start).map(|(&v, &s)| (f64::from(v) - f64::from(s)).powi(2)).sum()
}

/// ‖z_μ‖² for every column μ.
fn square_norms(rows: &Rows) -> Vec<f64> {
    let mut squares = vec![0.0f64; points(rows)];
    for row in rows {
        squares.iter_mut().zip(row).for_each(|(square, x)| *square += x * x);
    }
    squares
}

/// z_μᵀ G z_μ for every column μ, G r × r, never below zero.
fn quadratic_forms(gram: &[f64], rows: &Rows) -> Vec<f64> {
    let rank = rows.len();
    let mut forms = vec![0.0f64; points(rows)];
    for k in 0..rank {
        for l in k..rank {
            // Nothing is skipped where the weight is 0: 0·∞ must show.
            let weight = gram[k * rank + l] * if k == l { 1.0 } else { 2.0 };
            let pairs = rows[k].iter().zip(&rows[l]);
            forms.iter_mut().zip(pairs).for_each(|(form, (x, y))| *form += weight * x * y);
        }
    }
    forms.iter_mut().for_each(|form| *form = if *form < 0.0 { 0.0 } else { *form });
    forms
}

fn points(rows: &Rows) -> usize {
    rows.first().map_or(0, Vec::len)
}

fn difference(now: &[f64], before: &[f64]) -> Vec<f64> {
    now.iter().zip(before).map(|(now, before)| now - before).collect()
}

/// Root of the mean square over `rows` entries of every column, from squared column norms.
fn rms(squares: &[f64], rows: usize) -> f64 {
    (squares.iter().sum::<f64>() / (squares.len() * rows) as f64).sqrt()
}

fn mean_root(squares: &[f64]) -> f64 {
    squares.iter().map(|square| square.sqrt()).sum::<f64>() / squares.len() as f64
}

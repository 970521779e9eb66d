//! The sums of the backward pass, gates φ'(pre) given.
//!
//! Feature sums Σ_i gate_iμ (w_i s B_ik) make dZ_A once multiplied by e_μ; data sums
//! Σ_μ gate_iμ (e_μ Z_A,kμ) make dB once multiplied by s w_i; data sums with Z for gates make dA.
//! For relu the gates are bits and every product is a masked add.

use super::activate::Lanewise;
use super::forward::preactivations;
use super::simd::{Gate, Simd};

/// Operands of the feature sums of one run over a tile of neurons.
pub struct FeatureSums<'a, G> {
    /// φ' of the tile.
    pub gates: Gates<'a, G>,
    /// w_i s B_ik of the tile, rows × r.
    pub wb: &'a [f32],
    /// r.
    pub rank: usize,
    /// Columns to go over, whole lines.
    pub columns: usize,
    /// Sums over neurons, r × columns, added to.
    pub out: &'a mut [f32],
}

/// Operands of sums over data: out_ik = Σ_μ gate_iμ x_kμ.
///
/// With φ' as gates and x = e ∘ Z_A this is a run's dB; with Z as gates and x = dZ_A of all runs
/// it is everybody's dA, for which a general matrix product would have to transpose Z first.
pub struct DataSums<'a, G> {
    /// φ' or Z of some neurons.
    pub gates: Gates<'a, G>,
    /// x, count × columns.
    pub x: &'a [f32],
    /// Rows of x.
    pub count: usize,
    /// Columns to go over, whole lines.
    pub columns: usize,
    /// Where out_ik goes: entry i·`row_step` + k·`count_step`, overwritten.
    pub out: &'a mut [f32],
    /// See `out`.
    pub row_step: usize,
    /// See `out`.
    pub count_step: usize,
}

/// One row of gates for every neuron.
#[derive(Clone, Copy)]
pub struct Gates<'a, G> {
    /// rows × stride entries.
    pub data: &'a [G],
    /// Entries from one row to the next.
    pub stride: usize,
    /// Neurons.
    pub rows: usize,
}

impl<G> Gates<'_, G> {
    fn check(&self, columns: usize, per_line: usize) {
        assert!(columns.is_multiple_of(16) && self.stride >= columns / 16 * per_line);
        assert!(self.data.len() >= self.rows * self.stride);
    }

    /// # Safety
    /// `row` and `line` must lie in the gates.
    #[inline(always)]
    unsafe fn at<S: Simd, K: Gate<S, Stored = G>>(&self, row: usize, line: usize) -> K::Value {
        // SAFETY: the caller's.
        unsafe { K::load(self.data.as_ptr().add(row * self.stride + line * K::PER_LINE)) }
    }
}

/// The feature sums, in register blocks of `K` rank indices by `M` lines.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn feature_sums<S: Simd, G: Gate<S>, const K: usize, const M: usize>(
    mut p: FeatureSums<G::Stored>,
) {
    p.gates.check(p.columns, G::PER_LINE);
    assert!(p.wb.len() >= p.gates.rows * p.rank && p.out.len() >= p.rank * p.columns);
    let (lines, whole_k) = (p.columns / 16, p.rank / K * K);
    let whole = lines / M * M;
    // SAFETY: rank indices and lines below stay within what was just checked.
    unsafe {
        for k in (0..whole_k).step_by(K) {
            for line in (0..whole).step_by(M) {
                feature_block::<S, G, K, M>(&mut p, k, line);
            }
            for line in whole..lines {
                feature_block::<S, G, K, 1>(&mut p, k, line);
            }
        }
        for k in whole_k..p.rank {
            for line in 0..lines {
                feature_block::<S, G, 1, 1>(&mut p, k, line);
            }
        }
    }
}

#[inline(always)]
unsafe fn feature_block<S: Simd, G: Gate<S>, const K: usize, const M: usize>(
    p: &mut FeatureSums<G::Stored>,
    k: usize,
    line: usize,
) {
    // SAFETY: the caller's check.
    unsafe {
        let mut acc = [[S::splat(0.0); M]; K];
        for row in 0..p.gates.rows {
            let mut gate = [p.gates.at::<S, G>(row, line); M];
            for m in 1..M {
                gate[m] = p.gates.at::<S, G>(row, line + m);
            }
            let wb = p.wb.as_ptr().add(row * p.rank + k);
            for j in 0..K {
                let wb = S::splat(*wb.add(j));
                for m in 0..M {
                    acc[j][m] = G::accumulate(acc[j][m], gate[m], wb);
                }
            }
        }
        let sums = p.out.as_mut_ptr().add(k * p.columns + line * 16);
        for j in 0..K {
            for m in 0..M {
                let to = sums.add(j * p.columns + m * 16);
                S::store(to, S::add(S::load(to), acc[j][m]));
            }
        }
    }
}

/// The data sums, in register blocks of `I` neurons by `K` rows of x.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn data_sums<S: Simd, G: Gate<S>, const I: usize, const K: usize>(
    mut p: DataSums<G::Stored>,
) {
    let rows = p.gates.rows;
    if rows == 0 || p.count == 0 {
        return;
    }
    p.gates.check(p.columns, G::PER_LINE);
    let last = (rows - 1) * p.row_step + (p.count - 1) * p.count_step;
    assert!(p.x.len() >= p.count * p.columns && last < p.out.len());
    // SAFETY: rows and counts below stay within what was just checked.
    unsafe {
        for row in (0..rows / I * I).step_by(I) {
            data_row::<S, G, I, K>(&mut p, row);
        }
        for row in rows / I * I..rows {
            data_row::<S, G, 1, K>(&mut p, row);
        }
    }
}

#[inline(always)]
unsafe fn data_row<S: Simd, G: Gate<S>, const I: usize, const K: usize>(
    p: &mut DataSums<G::Stored>,
    row: usize,
) {
    let whole = p.count / K * K;
    // SAFETY: the caller's check.
    unsafe {
        for k in (0..whole).step_by(K) {
            data_block::<S, G, I, K>(p, row, k);
        }
        for k in whole..p.count {
            data_block::<S, G, I, 1>(p, row, k);
        }
    }
}

#[inline(always)]
unsafe fn data_block<S: Simd, G: Gate<S>, const I: usize, const K: usize>(
    p: &mut DataSums<G::Stored>,
    row: usize,
    k: usize,
) {
    // SAFETY: the caller's check.
    unsafe {
        let mut acc = [[S::splat(0.0); K]; I];
        for line in 0..p.columns / 16 {
            let x = p.x.as_ptr().add(k * p.columns + line * 16);
            let mut value = [S::splat(0.0); K];
            for j in 0..K {
                value[j] = S::load(x.add(j * p.columns));
            }
            for i in 0..I {
                let gate = p.gates.at::<S, G>(row + i, line);
                for j in 0..K {
                    acc[i][j] = G::accumulate(acc[i][j], gate, value[j]);
                }
            }
        }
        for i in 0..I {
            for j in 0..K {
                let at = (row + i) * p.row_step + (k + j) * p.count_step;
                *p.out.as_mut_ptr().add(at) = S::sum(acc[i][j]);
            }
        }
    }
}

/// φ'(pre) of a tile, for activations whose derivative is not a bit: rows × columns.
pub struct SlopeTile<'a> {
    /// H of the tile, rows × stride.
    pub h: &'a [f32],
    /// Floats from one row of `h` and `za` to the next.
    pub stride: usize,
    /// s·B of the tile, rows × r.
    pub sb: &'a [f32],
    /// Z_A, r × stride.
    pub za: &'a [f32],
    /// r.
    pub rank: usize,
    /// Columns to go over, whole lines.
    pub columns: usize,
    /// Where the derivatives go, rows × columns.
    pub slopes: &'a mut [f32],
}

/// Fills a [`SlopeTile`].
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn slopes<S: Simd, F: Lanewise<S>>(p: SlopeTile) {
    let rows = p.slopes.len() / p.columns;
    assert!(p.columns <= p.stride && p.columns.is_multiple_of(16) && p.h.len() >= rows * p.stride);
    assert!(p.sb.len() >= rows * p.rank && p.za.len() >= p.rank * p.stride);
    for row in 0..rows {
        for line in 0..p.columns / 16 {
            // SAFETY: row and line lie in what was just checked.
            unsafe {
                let pre = preactivations::<S, 1, 1>(p.h, p.stride, p.sb, p.za, p.rank, row, line);
                let to = p.slopes.as_mut_ptr().add(row * p.columns + line * 16);
                S::store(to, F::slope(pre[0][0]));
            }
        }
    }
}

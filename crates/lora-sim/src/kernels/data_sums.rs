//! Sums over the data: dA from the rows of Z, and dB/(s w_i) from the rows of φ'(pre).

use std::ops::Range;

use super::neuron_rows::NeuronRows;
use super::simd::Simd;

/// Operands of sums over the data: out_ki = Σ_μ m_iμ x_kμ.
///
/// With m = φ' and x = e ∘ Z_A this is dB/(s w_i) of one run. With m = Z and x = dZ_A of all runs it is
/// dA of all runs; a general matrix product would have to transpose Z first.
pub struct DataSums<'a> {
    /// m: φ' or Z of some neurons.
    pub matrix: NeuronRows<'a>,
    /// x, count × columns.
    pub x: &'a [f32],
    /// Number of rows of x.
    pub count: usize,
    /// Columns to sum over, a multiple of sixteen.
    pub columns: usize,
    /// out_ki is entry k·`step` + i, which is overwritten.
    pub out: &'a mut [f32],
    /// See `out`.
    pub step: usize,
}

/// Lines of a chunk of data that [`data_sums`] sums over at a time: `I` + 2`K` rows of a chunk fit the
/// first-level cache with room to spare.
const CHUNK_LINES: usize = 32;

/// Floats of a group of rows of x, a quarter of a megabyte. A group stays in the second-level cache
/// while all neurons use it.
const GROUP: usize = 65_536;

/// The data sums, in register blocks of `I` neurons by `K` rows of x.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn data_sums<S: Simd, const I: usize, const K: usize>(mut p: DataSums) {
    let rows = p.matrix.rows;
    if rows == 0 || p.count == 0 {
        return;
    }
    p.matrix.check(p.columns);
    assert!(p.x.len() >= p.count * p.columns && (p.count - 1) * p.step + rows <= p.out.len());
    // SAFETY: rows and counts below stay within what was just checked.
    unsafe {
        let mut partial = vec![S::splat(0.0); I * p.count];
        let group = (GROUP / p.columns.max(1)).max(1).next_multiple_of(K);
        for from in (0..p.count).step_by(group) {
            let group = from..p.count.min(from + group);
            for row in (0..rows / I * I).step_by(I) {
                data_row::<S, I, K>(&mut p, row, group.clone(), &mut partial);
            }
            for row in rows / I * I..rows {
                data_row::<S, 1, K>(&mut p, row, group.clone(), &mut partial);
            }
        }
    }
}

/// The sums of `I` neurons and a group of rows of x. `partial` holds the sums from one chunk of data to
/// the next.
#[inline(always)]
unsafe fn data_row<S: Simd, const I: usize, const K: usize>(
    p: &mut DataSums,
    row: usize,
    group: Range<usize>,
    partial: &mut [S::V],
) {
    let lines = p.columns / 16;
    let chunk = lines.div_ceil(lines.div_ceil(CHUNK_LINES).max(1)).max(1);
    let whole = group.len() / K * K;
    // SAFETY: the caller's check.
    unsafe {
        for from in (0..lines).step_by(chunk) {
            let lines = from..lines.min(from + chunk);
            for k in (0..whole).step_by(K) {
                let share = lines.len() * k / whole..lines.len() * (k + K) / whole;
                for i in 0..I {
                    for line in share.clone() {
                        p.matrix.prefetch::<S, 1>(row + I + i, lines.start + line);
                    }
                }
                data_block::<S, I, K>(p, row, group.start + k, lines.clone(), partial);
            }
            for k in group.start + whole..group.end {
                data_block::<S, I, 1>(p, row, k, lines.clone(), partial);
            }
        }
    }
}

#[inline(always)]
unsafe fn data_block<S: Simd, const I: usize, const K: usize>(
    p: &mut DataSums,
    row: usize,
    k: usize,
    lines: Range<usize>,
    partial: &mut [S::V],
) {
    // SAFETY: the caller's check, and `partial` has room for I rows of p.count.
    unsafe {
        let partial = partial.as_mut_ptr().add(k * I);
        let mut acc = [[S::splat(0.0); K]; I];
        if lines.start > 0 {
            for i in 0..I {
                for j in 0..K {
                    acc[i][j] = *partial.add(i * K + j);
                }
            }
        }
        let acc = chunk_sums::<S, I, K>(p, row, k, lines.clone(), acc);
        if lines.end < p.columns / 16 {
            for i in 0..I {
                for j in 0..K {
                    *partial.add(i * K + j) = acc[i][j];
                }
            }
            return;
        }
        for j in 0..K {
            let mut column = [S::splat(0.0); 4];
            for i in 0..I {
                column[i] = acc[i][j];
            }
            let mut sums = [0.0f32; 4];
            S::store_sums(sums.as_mut_ptr(), column);
            let out = p.out.as_mut_ptr().add(row + (k + j) * p.step);
            for i in 0..I {
                *out.add(i) = sums[i];
            }
        }
    }
}

/// Adds the sums over some lines to `acc`.
#[inline(always)]
unsafe fn chunk_sums<S: Simd, const I: usize, const K: usize>(
    p: &DataSums,
    row: usize,
    k: usize,
    lines: Range<usize>,
    mut acc: [[S::V; K]; I],
) -> [[S::V; K]; I] {
    // SAFETY: the caller's check.
    unsafe {
        let x = p.x.as_ptr().add(k * p.columns);
        for line in lines {
            let mut entries = [S::splat(0.0); I];
            for i in 0..I {
                entries[i] = p.matrix.at::<S>(row + i, line);
            }
            for j in 0..K {
                let value = S::load(x.add(j * p.columns + line * 16));
                for i in 0..I {
                    acc[i][j] = S::fma(entries[i], value, acc[i][j]);
                }
            }
        }
        acc
    }
}

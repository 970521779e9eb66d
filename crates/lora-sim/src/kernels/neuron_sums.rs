//! Sums over neurons: Z_A from the rows of Z, and dZ_A/e_μ from the rows of φ'(pre).

use super::neuron_rows::NeuronRows;
use super::simd::{Simd, blocks_of_lines};

/// Operands of sums over neurons: out_kμ += Σ_i x_ki m_iμ.
///
/// With m = φ' and x = w s Bᵀ this is dZ_A/e of one run. With m = Z and x = A of all runs it is Z_A of
/// all runs.
pub struct NeuronSums<'a> {
    /// m: φ' or Z of a tile of neurons.
    pub matrix: NeuronRows<'a>,
    /// x_ki is entry k·`step` + i.
    pub x: &'a [f32],
    /// See `x`.
    pub step: usize,
    /// Number of rows of the result.
    pub count: usize,
    /// Columns to compute, a multiple of sixteen.
    pub columns: usize,
    /// Whether to overwrite `out` instead of adding to it.
    pub fresh: bool,
    /// The result.
    pub out: &'a Destination<'a>,
}

/// A block of columns of a row-major matrix. Other threads may write other columns at the same time.
pub struct Destination<'a> {
    first: *mut f32,
    rows: usize,
    columns: usize,
    stride: usize,
    borrow: std::marker::PhantomData<&'a mut [f32]>,
}

impl<'a> Destination<'a> {
    /// All columns of a matrix.
    pub fn whole(data: &'a mut [f32], columns: usize) -> Self {
        let (rows, first) = (data.len() / columns.max(1), data.as_mut_ptr());
        Self { first, rows, columns, stride: columns, borrow: std::marker::PhantomData }
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Columns `from` to `from + columns` of a matrix.
    ///
    /// # Safety
    /// `first` must point to `rows` rows of `stride` floats that outlive `'a`, and nothing else may
    /// access these columns during `'a`.
    pub unsafe fn columns_of(
        first: *mut f32,
        rows: usize,
        stride: usize,
        from: usize,
        columns: usize,
    ) -> Self {
        assert!(from + columns <= stride);
        // SAFETY: `from` lies in the first row.
        let first = unsafe { first.add(from) };
        Self { first, rows, columns, stride, borrow: std::marker::PhantomData }
    }
}

/// The neuron sums, in register blocks of `K` rows of the result by `M` lines.
///
/// A block of columns of the matrix stays in the first-level cache while all rows of x use it.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn neuron_sums<S: Simd, const K: usize, const M: usize>(p: NeuronSums) {
    let rows = p.matrix.rows;
    if rows == 0 || p.count == 0 {
        return;
    }
    p.matrix.check(p.columns);
    assert!((p.count - 1) * p.step + rows <= p.x.len());
    assert!(p.out.rows >= p.count && p.out.columns >= p.columns);
    // SAFETY: rows of x and lines stay within what was just checked.
    unsafe { blocks_of_lines!(0..p.columns / 16, M, neuron_lines::<S, K>(&p)) }
}

#[inline(always)]
unsafe fn neuron_lines<S: Simd, const K: usize, const M: usize>(p: &NeuronSums, line: usize) {
    let whole = p.count / K * K;
    let rows = p.matrix.rows;
    // SAFETY: the caller's check; a prefetch may name any address.
    unsafe {
        for k in (0..whole).step_by(K) {
            for row in rows * k / whole..rows * (k + K) / whole {
                p.matrix.prefetch::<S, M>(rows + row, line);
            }
            for j in 0..K {
                let ahead = p.x.as_ptr().wrapping_add((k + j) * p.step + rows);
                S::prefetch(ahead);
                S::prefetch(ahead.wrapping_add(16));
            }
            neuron_block::<S, K, M>(p, k, line);
        }
        for k in whole..p.count {
            neuron_block::<S, 1, M>(p, k, line);
        }
    }
}

#[inline(always)]
unsafe fn neuron_block<S: Simd, const K: usize, const M: usize>(
    p: &NeuronSums,
    k: usize,
    line: usize,
) {
    // SAFETY: the caller's check.
    unsafe {
        let mut acc = [[S::splat(0.0); M]; K];
        for row in 0..p.matrix.rows {
            let mut entries = [p.matrix.at::<S>(row, line); M];
            for m in 1..M {
                entries[m] = p.matrix.at::<S>(row, line + m);
            }
            let x = p.x.as_ptr().add(row + k * p.step);
            for j in 0..K {
                let x = S::splat(*x.add(j * p.step));
                for m in 0..M {
                    acc[j][m] = S::fma(entries[m], x, acc[j][m]);
                }
            }
        }
        for j in 0..K {
            let sums = p.out.first.add((k + j) * p.out.stride + line * 16);
            for m in 0..M {
                let to = sums.add(m * 16);
                let before = if p.fresh { S::splat(0.0) } else { S::load(to) };
                S::store(to, S::add(before, acc[j][m]));
            }
        }
    }
}

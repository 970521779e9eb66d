//! Sums over neurons and over data, which are all the products of a training step but the forward
//! pass.
//!
//! Neuron sums with gates φ'(pre) make dZ_A, once multiplied by e_μ, and with Z for gates Z_A; data
//! sums with gates φ'(pre) make dB, once multiplied by s w_i, and with Z for gates dA. For relu the
//! gates φ' are bits and every product is a masked add.

use super::simd::{Gate, Simd};

/// Operands of sums over neurons: out_kμ += Σ_i x_ik gate_iμ.
///
/// With φ' as gates and x = w s B this is a run's dZ_A; with Z as gates and x = Aᵀ of all runs it
/// is everybody's Z_A.
pub struct NeuronSums<'a, G> {
    /// φ' or Z of a tile of neurons.
    pub gates: Gates<'a, G>,
    /// x_ik at i·`row_step` + k·`count_step`.
    pub x: &'a [f32],
    /// See `x`.
    pub row_step: usize,
    /// See `x`.
    pub count_step: usize,
    /// Rows of the result.
    pub count: usize,
    /// Columns to go over, whole lines.
    pub columns: usize,
    /// Where the sums are added to.
    pub out: &'a Destination<'a>,
}

/// A block of columns of a row-major matrix, which other threads may write beside it.
pub struct Destination<'a> {
    first: *mut f32,
    rows: usize,
    columns: usize,
    stride: usize,
    borrow: std::marker::PhantomData<&'a mut [f32]>,
}

impl<'a> Destination<'a> {
    /// All of a matrix of whole rows.
    pub fn whole(data: &'a mut [f32], columns: usize) -> Self {
        let (rows, first) = (data.len() / columns.max(1), data.as_mut_ptr());
        Self { first, rows, columns, stride: columns, borrow: std::marker::PhantomData }
    }

    /// Columns `from` to `from + columns` of a matrix.
    ///
    /// # Safety
    /// `first` must point to `rows` rows of `stride` floats that outlive `'a`, and nobody else may
    /// touch these columns meanwhile.
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
        let last = (self.rows.max(1) - 1) * self.stride + columns / 16 * per_line;
        assert!(self.rows == 0 || self.data.len() >= last);
    }

    /// # Safety
    /// `row` and `line` must lie in the gates.
    #[inline(always)]
    unsafe fn at<S: Simd, K: Gate<S, Stored = G>>(&self, row: usize, line: usize) -> K::Value {
        // SAFETY: the caller's.
        unsafe { K::load(self.data.as_ptr().add(row * self.stride + line * K::PER_LINE)) }
    }
}

/// The neuron sums, in register blocks of `K` rows of the result by `M` lines.
///
/// A block of columns of the gates stays in the nearest cache while all rows of x go over it.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn neuron_sums<S: Simd, G: Gate<S>, const K: usize, const M: usize>(
    p: NeuronSums<G::Stored>,
) {
    let rows = p.gates.rows;
    if rows == 0 || p.count == 0 {
        return;
    }
    p.gates.check(p.columns, G::PER_LINE);
    assert!((rows - 1) * p.row_step + (p.count - 1) * p.count_step < p.x.len());
    assert!(p.out.rows >= p.count && p.out.columns >= p.columns);
    let lines = p.columns / 16;
    // SAFETY: rows of x and lines below stay within what was just checked.
    unsafe {
        for line in (0..lines / M * M).step_by(M) {
            neuron_lines::<S, G, K, M>(&p, line);
        }
        for line in lines / M * M..lines {
            neuron_lines::<S, G, K, 1>(&p, line);
        }
    }
}

#[inline(always)]
unsafe fn neuron_lines<S: Simd, G: Gate<S>, const K: usize, const M: usize>(
    p: &NeuronSums<G::Stored>,
    line: usize,
) {
    let whole = p.count / K * K;
    // SAFETY: the caller's check.
    unsafe {
        for k in (0..whole).step_by(K) {
            neuron_block::<S, G, K, M>(p, k, line);
        }
        for k in whole..p.count {
            neuron_block::<S, G, 1, M>(p, k, line);
        }
    }
}

#[inline(always)]
unsafe fn neuron_block<S: Simd, G: Gate<S>, const K: usize, const M: usize>(
    p: &NeuronSums<G::Stored>,
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
            let x = p.x.as_ptr().add(row * p.row_step + k * p.count_step);
            for j in 0..K {
                let x = S::splat(*x.add(j * p.count_step));
                for m in 0..M {
                    acc[j][m] = G::accumulate(acc[j][m], gate[m], x);
                }
            }
        }
        for j in 0..K {
            let sums = p.out.first.add((k + j) * p.out.stride + line * 16);
            for m in 0..M {
                S::store(sums.add(m * 16), S::add(S::load(sums.add(m * 16)), acc[j][m]));
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

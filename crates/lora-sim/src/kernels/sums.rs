//! Sums over neurons and over data: the products of a training step with Z, and with φ' where φ is
//! smooth.
//!
//! Neuron sums with Z for gates make Z_A, and with gates φ'(pre) dZ_A, once multiplied by e_μ; data
//! sums with Z for gates make dA, and with gates φ'(pre) dB, once multiplied by s w_i.

use super::simd::Simd;

/// Operands of sums over neurons: out_kμ += Σ_i x_ki gate_iμ.
///
/// With φ' as gates and x = w s Bᵀ this is a run's dZ_A; with Z as gates and x = A of all runs it
/// is everybody's Z_A.
pub struct NeuronSums<'a> {
    /// φ' or Z of a tile of neurons.
    pub gates: Gates<'a>,
    /// x_ki at k·`step` + i.
    pub x: &'a [f32],
    /// See `x`.
    pub step: usize,
    /// Rows of the result.
    pub count: usize,
    /// Columns to go over, whole lines.
    pub columns: usize,
    /// Whether sums begin here: `out` is overwritten instead of added to.
    pub fresh: bool,
    /// Where the sums go.
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

/// Operands of sums over data: out_ki = Σ_μ gate_iμ x_kμ.
///
/// With φ' as gates and x = e ∘ Z_A this is a run's dB; with Z as gates and x = dZ_A of all runs
/// it is everybody's dA, for which a general matrix product would have to transpose Z first.
pub struct DataSums<'a> {
    /// φ' or Z of some neurons.
    pub gates: Gates<'a>,
    /// x, count × columns.
    pub x: &'a [f32],
    /// Rows of x.
    pub count: usize,
    /// Columns to go over, whole lines.
    pub columns: usize,
    /// Where out_ki goes: entry k·`step` + i, overwritten.
    pub out: &'a mut [f32],
    /// See `out`.
    pub step: usize,
}

/// One row of gates for every neuron.
#[derive(Clone, Copy)]
pub struct Gates<'a> {
    /// rows × stride entries.
    pub data: &'a [f32],
    /// Entries from one row to the next.
    pub stride: usize,
    /// Neurons.
    pub rows: usize,
}

impl Gates<'_> {
    fn check(&self, columns: usize) {
        assert!(columns.is_multiple_of(16) && self.stride >= columns);
        let last = (self.rows.max(1) - 1) * self.stride + columns;
        assert!(self.rows == 0 || self.data.len() >= last);
    }

    /// # Safety
    /// `row` and `line` must lie in the gates.
    #[inline(always)]
    unsafe fn at<S: Simd>(&self, row: usize, line: usize) -> S::V {
        // SAFETY: the caller's.
        unsafe { S::load(self.data.as_ptr().add(row * self.stride + line * 16)) }
    }

    /// Asks for `M` lines of a row that may lie behind the gates.
    ///
    /// # Safety
    /// The machine must have the instruction set `S`.
    #[inline(always)]
    unsafe fn prefetch<S: Simd, const M: usize>(&self, row: usize, line: usize) {
        let first = self.data.as_ptr().wrapping_add(row * self.stride + line * 16);
        for m in 0..M {
            // SAFETY: a prefetch may name any address.
            unsafe { S::prefetch(first.wrapping_add(m * 16)) };
        }
    }
}

/// The neuron sums, in register blocks of `K` rows of the result by `M` lines.
///
/// A block of columns of the gates stays in the nearest cache while all rows of x go over it.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn neuron_sums<S: Simd, const K: usize, const M: usize>(p: NeuronSums) {
    let rows = p.gates.rows;
    if rows == 0 || p.count == 0 {
        return;
    }
    p.gates.check(p.columns);
    assert!((p.count - 1) * p.step + rows <= p.x.len());
    assert!(p.out.rows >= p.count && p.out.columns >= p.columns);
    let lines = p.columns / 16;
    // SAFETY: rows of x and lines below stay within what was just checked.
    unsafe {
        for line in (0..lines / M * M).step_by(M) {
            neuron_lines::<S, K, M>(&p, line);
        }
        for line in lines / M * M..lines {
            neuron_lines::<S, K, 1>(&p, line);
        }
    }
}

#[inline(always)]
unsafe fn neuron_lines<S: Simd, const K: usize, const M: usize>(p: &NeuronSums, line: usize) {
    let whole = p.count / K * K;
    let rows = p.gates.rows;
    // SAFETY: the caller's check; a prefetch may name any address.
    unsafe {
        for k in (0..whole).step_by(K) {
            for row in rows * k / whole..rows * (k + K) / whole {
                p.gates.prefetch::<S, M>(rows + row, line);
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
        for row in 0..p.gates.rows {
            let mut gate = [p.gates.at::<S>(row, line); M];
            for m in 1..M {
                gate[m] = p.gates.at::<S>(row, line + m);
            }
            let x = p.x.as_ptr().add(row + k * p.step);
            for j in 0..K {
                let x = S::splat(*x.add(j * p.step));
                for m in 0..M {
                    acc[j][m] = S::fma(gate[m], x, acc[j][m]);
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

/// Lines of a stretch of data that [`data_sums`] goes over at a time: `I` + 2`K` rows of it fit the
/// nearest cache with room to spare.
const STRETCH: usize = 32;

/// Floats of x, a quarter of a megabyte, that all neurons go over before the next: they stay in the
/// second cache.
const GROUP: usize = 65_536;

/// The data sums, in register blocks of `I` neurons by `K` rows of x.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn data_sums<S: Simd, const I: usize, const K: usize>(mut p: DataSums) {
    let rows = p.gates.rows;
    if rows == 0 || p.count == 0 {
        return;
    }
    p.gates.check(p.columns);
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

/// A group of rows of x over `I` neurons: the sums of a stretch of data lie in `partial` until the next.
#[inline(always)]
unsafe fn data_row<S: Simd, const I: usize, const K: usize>(
    p: &mut DataSums,
    row: usize,
    group: std::ops::Range<usize>,
    partial: &mut [S::V],
) {
    let lines = p.columns / 16;
    let stretch = lines.div_ceil(lines.div_ceil(STRETCH).max(1)).max(1);
    let whole = group.len() / K * K;
    // SAFETY: the caller's check.
    unsafe {
        for from in (0..lines).step_by(stretch) {
            let lines = from..lines.min(from + stretch);
            for k in (0..whole).step_by(K) {
                let share = lines.len() * k / whole..lines.len() * (k + K) / whole;
                for i in 0..I {
                    for line in share.clone() {
                        p.gates.prefetch::<S, 1>(row + I + i, lines.start + line);
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
    lines: std::ops::Range<usize>,
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
        let acc = stretch_sums::<S, I, K>(p, row, k, lines.clone(), acc);
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

/// acc with the sums over some lines added.
#[inline(always)]
unsafe fn stretch_sums<S: Simd, const I: usize, const K: usize>(
    p: &DataSums,
    row: usize,
    k: usize,
    lines: std::ops::Range<usize>,
    mut acc: [[S::V; K]; I],
) -> [[S::V; K]; I] {
    // SAFETY: the caller's check.
    unsafe {
        let x = p.x.as_ptr().add(k * p.columns);
        let gates = p.gates.data.as_ptr().add(row * p.gates.stride);
        for line in lines {
            let mut gate = [S::splat(0.0); I];
            for i in 0..I {
                gate[i] = S::load(gates.add(i * p.gates.stride + line * 16));
            }
            for j in 0..K {
                let value = S::load(x.add(j * p.columns + line * 16));
                for i in 0..I {
                    acc[i][j] = S::fma(gate[i], value, acc[i][j]);
                }
            }
        }
        acc
    }
}

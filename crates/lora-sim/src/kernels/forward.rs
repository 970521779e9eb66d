//! Forward pass of one run over a tile of neurons, for any activation.
//!
//! pre_iμ = H_iμ + Σ_k (sB)_ik Z_A,kμ and f_μ += w_i φ(pre_iμ), or its tangent at H_iμ. Rows are added
//! to f in order; the register blocks do not change it.

use super::activate::{Lanewise, tangent};
use super::simd::{Simd, blocks_of_lines};

/// Neurons of a tile, and distance of neighbouring rows of [`Preactivations::sb`] in floats.
pub const TILE: usize = 32;

/// The operands of the preactivations of one run on a tile of at most [`TILE`] neurons.
#[derive(Clone, Copy)]
pub struct Preactivations<'a> {
    /// H of the tile, rows × stride.
    pub h: &'a [f32],
    /// Distance of neighbouring rows of `h` and of `za` in floats.
    pub stride: usize,
    /// s·B of the tile, r × `TILE`.
    pub sb: &'a [f32],
    /// Z_A, r × stride.
    pub za: &'a [f32],
    /// Rank r.
    pub rank: usize,
}

impl Preactivations<'_> {
    /// Panics unless the operands have `rows` rows and `columns` columns, a multiple of sixteen.
    pub fn check(&self, rows: usize, columns: usize) {
        assert!(columns <= self.stride && columns.is_multiple_of(16) && rows <= TILE);
        assert!(self.stride.is_multiple_of(16) && self.h.len() >= rows * self.stride);
        assert!(self.sb.len() >= self.rank * TILE && self.za.len() >= self.rank * self.stride);
    }

    /// H of one neuron on one line.
    ///
    /// # Safety
    /// The operands must have this row and line.
    #[inline(always)]
    pub unsafe fn frozen<S: Simd>(&self, row: usize, line: usize) -> S::V {
        // SAFETY: the caller's.
        unsafe { S::load(self.h.as_ptr().add(row * self.stride + line * 16)) }
    }

    /// H + (sB) Z_A of `I` neurons on `M` lines.
    ///
    /// # Safety
    /// The operands must have these rows and lines.
    #[inline(always)]
    pub unsafe fn block<S: Simd, const I: usize, const M: usize>(
        &self,
        row: usize,
        line: usize,
    ) -> [[S::V; M]; I] {
        // SAFETY: the caller's.
        unsafe {
            let mut pre = [[S::splat(0.0); M]; I];
            for i in 0..I {
                for m in 0..M {
                    pre[i][m] = self.frozen::<S>(row + i, line + m);
                }
            }
            for k in 0..self.rank {
                let za = self.za.as_ptr().add(k * self.stride + line * 16);
                let mut features = [S::splat(0.0); M];
                for m in 0..M {
                    features[m] = S::load(za.add(m * 16));
                }
                for i in 0..I {
                    let b = S::splat(*self.sb.as_ptr().add(k * TILE + row + i));
                    for m in 0..M {
                        pre[i][m] = S::fma(b, features[m], pre[i][m]);
                    }
                }
            }
            pre
        }
    }
}

/// Operands of one run and one tile of neurons.
pub struct Forward<'a> {
    /// The preactivations.
    pub pre: Preactivations<'a>,
    /// W_out of the tile.
    pub w_out: &'a [f32],
    /// Columns to compute, a multiple of sixteen.
    pub columns: std::ops::Range<usize>,
    /// The sums f, at least up to the last of these columns.
    pub f: &'a mut [f32],
    /// Whether φ is replaced by its tangent at H.
    pub linearised: bool,
}

/// Runs the pass in register blocks of `I` neurons by `M` lines of data; `LINEAR` is its `linearised`.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn forward<
    S: Simd,
    F: Lanewise<S>,
    const LINEAR: bool,
    const I: usize,
    const M: usize,
>(
    mut p: Forward,
) {
    p.pre.check(p.w_out.len(), p.columns.end);
    assert!(p.f.len() >= p.columns.end && p.columns.start.is_multiple_of(16));
    let lines = p.columns.start / 16..p.columns.end / 16;
    // SAFETY: what was just checked holds for all lines.
    unsafe { blocks_of_lines!(lines, M, column_block::<S, F, LINEAR, I>(&mut p)) }
}

#[inline(always)]
unsafe fn column_block<
    S: Simd,
    F: Lanewise<S>,
    const LINEAR: bool,
    const I: usize,
    const M: usize,
>(
    p: &mut Forward,
    line: usize,
) {
    let rows = p.w_out.len();
    let whole = rows / I * I;
    // SAFETY: rows and lines in range by the caller's check.
    unsafe {
        let f = p.f.as_mut_ptr().add(line * 16);
        let mut sums = [S::splat(0.0); M];
        for m in 0..M {
            sums[m] = S::load(f.add(m * 16));
        }
        for row in (0..whole).step_by(I) {
            block::<S, F, LINEAR, I, M>(p, row, line, &mut sums);
        }
        for row in whole..rows {
            block::<S, F, LINEAR, 1, M>(p, row, line, &mut sums);
        }
        for m in 0..M {
            S::store(f.add(m * 16), sums[m]);
        }
    }
}

#[inline(always)]
unsafe fn block<S: Simd, F: Lanewise<S>, const LINEAR: bool, const I: usize, const M: usize>(
    p: &mut Forward,
    row: usize,
    line: usize,
    sums: &mut [S::V; M],
) {
    // SAFETY: rows row..row + I and lines line..line + M are in range by the caller's check.
    unsafe {
        let pre = p.pre.block::<S, I, M>(row, line);
        for i in 0..I {
            let w = S::splat(*p.w_out.as_ptr().add(row + i));
            for m in 0..M {
                let value = if LINEAR {
                    tangent::<S, F>(p.pre.frozen::<S>(row + i, line + m), pre[i][m])
                } else {
                    F::value(pre[i][m])
                };
                sums[m] = S::fma(w, value, sums[m]);
            }
        }
    }
}

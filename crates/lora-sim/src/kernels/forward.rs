//! Forward pass of one run over a tile of neurons.
//!
//! pre_iμ = H_iμ + Σ_k (sB)_ik Z_A,kμ and f_μ += w_i φ(pre_iμ), with the sign of pre kept for the
//! backward pass. Rows are added to f in order, whatever the blocking.

use super::activate::Lanewise;
use super::simd::Simd;

/// Operands of one run and one tile of `rows` neurons, over the first `columns` data columns.
pub struct Forward<'a> {
    /// H of the tile, rows × stride.
    pub h: &'a [f32],
    /// Floats from one row of `h` and `za` to the next.
    pub stride: usize,
    /// s·B of the tile, rows × r.
    pub sb: &'a [f32],
    /// Z_A, r × stride.
    pub za: &'a [f32],
    /// W_out of the tile.
    pub w_out: &'a [f32],
    /// r.
    pub rank: usize,
    /// Columns to go over, whole lines.
    pub columns: usize,
    /// Output sums, at least `columns`.
    pub f: &'a mut [f32],
    /// Sign bits, rows × stride/16.
    pub signs: &'a mut [u16],
}

impl Forward<'_> {
    fn check(&self) {
        let rows = self.w_out.len();
        assert!(
            self.columns <= self.stride
                && self.columns.is_multiple_of(16)
                && self.stride.is_multiple_of(16)
        );
        assert!(self.h.len() >= rows * self.stride && self.za.len() >= self.rank * self.stride);
        assert!(self.sb.len() >= rows * self.rank && self.f.len() >= self.columns);
        assert!(self.signs.len() >= rows * self.stride / 16);
    }
}

/// Runs the pass in register blocks of `I` neurons by `M` lines of data.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn forward<S: Simd, F: Lanewise<S>, const I: usize, const M: usize>(mut p: Forward) {
    p.check();
    let lines = p.columns / 16;
    let whole = lines / M * M;
    // SAFETY: `check` holds for all lines below p.columns / 16.
    unsafe {
        for line in (0..whole).step_by(M) {
            column_block::<S, F, I, M>(&mut p, line);
        }
        for line in whole..lines {
            column_block::<S, F, I, 1>(&mut p, line);
        }
    }
}

#[inline(always)]
unsafe fn column_block<S: Simd, F: Lanewise<S>, const I: usize, const M: usize>(
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
            block::<S, F, I, M>(p, row, line, &mut sums);
        }
        for row in whole..rows {
            block::<S, F, 1, M>(p, row, line, &mut sums);
        }
        for m in 0..M {
            S::store(f.add(m * 16), sums[m]);
        }
    }
}

#[inline(always)]
unsafe fn block<S: Simd, F: Lanewise<S>, const I: usize, const M: usize>(
    p: &mut Forward,
    row: usize,
    line: usize,
    sums: &mut [S::V; M],
) {
    // SAFETY: rows row..row + I and lines line..line + M are in range by the caller's check.
    unsafe {
        let pre = preactivations::<S, I, M>(p.h, p.stride, p.sb, p.za, p.rank, row, line);
        for i in 0..I {
            let w = S::splat(*p.w_out.as_ptr().add(row + i));
            let signs = p.signs.as_mut_ptr().add((row + i) * (p.stride / 16) + line);
            for m in 0..M {
                *signs.add(m) = S::positive(pre[i][m]);
                sums[m] = S::fma(w, F::value(pre[i][m]), sums[m]);
            }
        }
    }
}

/// H + (sB) Z_A for `I` neurons and `M` lines.
///
/// # Safety
/// The rows, the lines and the rank must lie in the operands.
#[inline(always)]
pub unsafe fn preactivations<S: Simd, const I: usize, const M: usize>(
    h: &[f32],
    stride: usize,
    sb: &[f32],
    za: &[f32],
    rank: usize,
    row: usize,
    line: usize,
) -> [[S::V; M]; I] {
    // SAFETY: the caller's.
    unsafe {
        let mut pre = [[S::splat(0.0); M]; I];
        for i in 0..I {
            let h = h.as_ptr().add((row + i) * stride + line * 16);
            for m in 0..M {
                pre[i][m] = S::load(h.add(m * 16));
            }
        }
        for k in 0..rank {
            let za = za.as_ptr().add(k * stride + line * 16);
            let mut features = [S::splat(0.0); M];
            for m in 0..M {
                features[m] = S::load(za.add(m * 16));
            }
            for i in 0..I {
                let b = S::splat(*sb.as_ptr().add((row + i) * rank + k));
                for m in 0..M {
                    pre[i][m] = S::fma(b, features[m], pre[i][m]);
                }
            }
        }
        pre
    }
}

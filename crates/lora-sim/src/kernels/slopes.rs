//! φ'(pre) of a tile of neurons, computed again for the backward pass of smooth activations.

use super::activate::Lanewise;
use super::forward::preactivations;
use super::simd::Simd;

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

//! φ'(pre) of a tile of neurons, computed again for the backward pass of smooth activations.

use super::activate::Lanewise;
use super::forward::Preactivations;
use super::simd::Simd;

/// φ'(pre) of a tile for a smooth φ, rows × columns.
pub struct SlopeTile<'a> {
    /// The preactivations.
    pub pre: Preactivations<'a>,
    /// Columns to compute, a multiple of sixteen.
    pub columns: usize,
    /// The derivatives, rows × columns.
    pub slopes: &'a mut [f32],
    /// Whether they are taken at H.
    pub linearised: bool,
}

/// Fills a [`SlopeTile`]; `LINEAR` is its `linearised`.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn slopes<S: Simd, F: Lanewise<S>, const LINEAR: bool>(p: SlopeTile) {
    let rows = p.slopes.len() / p.columns;
    p.pre.check(rows, p.columns);
    for row in 0..rows {
        for line in 0..p.columns / 16 {
            // SAFETY: row and line lie in what was just checked.
            unsafe {
                let at = if LINEAR {
                    p.pre.frozen::<S>(row, line)
                } else {
                    p.pre.block::<S, 1, 1>(row, line)[0][0]
                };
                let to = p.slopes.as_mut_ptr().add(row * p.columns + line * 16);
                S::store(to, F::slope(at));
            }
        }
    }
}

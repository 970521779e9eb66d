//! The factors s B and w s B of a tile.

use super::forward::TILE;
use super::simd::{Simd, prefetch_lines};

/// s B and w s B of all runs on a tile: rows of `TILE` floats, zero beyond the end of the tile.
pub struct TileRows<'a> {
    /// B of all runs, rows of `stride` neurons.
    pub b: &'a [f32],
    /// Neurons of a block.
    pub stride: usize,
    /// The tile's first neuron in a row.
    pub from: usize,
    /// W_out of the tile.
    pub w_out: &'a [f32],
    /// s.
    pub multiplier: f32,
    /// s B.
    pub sb: &'a mut [f32],
    /// w s B.
    pub wsb: &'a mut [f32],
}

/// Fills the rows and prefetches those of the next tile: their lines are too far apart for the
/// hardware prefetcher.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn fill<S: Simd>(p: TileRows) {
    let rows = p.w_out.len();
    let mut weights = [0.0; TILE];
    weights[..rows].copy_from_slice(p.w_out);
    let scaled = p.sb.chunks_exact_mut(TILE).zip(p.wsb.chunks_exact_mut(TILE));
    for ((sb, wsb), b) in scaled.zip(p.b.chunks_exact(p.stride)) {
        let next = b.as_ptr().wrapping_add(p.from + TILE);
        // SAFETY: a prefetch may name any address.
        unsafe { prefetch_lines::<S, { TILE / 16 }>(next) };
        let mut tile = [0.0; TILE];
        match b[p.from..].first_chunk::<TILE>() {
            Some(whole) if rows == TILE => tile = *whole,
            _ => tile[..rows].copy_from_slice(&b[p.from..p.from + rows]),
        }
        for i in 0..TILE {
            sb[i] = p.multiplier * tile[i];
            wsb[i] = weights[i] * sb[i];
        }
    }
}

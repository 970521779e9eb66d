//! Forward pass of relu, tile by tile, with the derivatives that the backward pass needs.
//!
//! relu' is a bit, 1 where pre > 0. The bits of a tile are used twice. They are stored as a mask, a
//! neuron's sixteen samples in a word, for dB, which must wait for the errors. And as words with a
//! sample's 32 neurons they go through [tables of subset sums](super::tables) directly into
//! Σ_i relu'(pre_iμ) (w s B)_ik = dZ_A,kμ/e_μ. A tile of H is read once and stays in the first-level
//! cache for all runs.

use std::hint::black_box;

use super::forward::{Preactivations, TILE};
use super::simd::{Simd, blocks_of_lines, prefetch_lines};
use super::tables::{ENTRIES, take};

/// Tables of a tile for one component of the rank: one for every four neurons.
const GROUPS: usize = TILE / 4;

/// Floats of the tables of a tile and one component of the rank.
pub const TILE_TABLES: usize = GROUPS * ENTRIES;

/// The pass of some runs over one tile of neurons.
pub struct ReluPass<'a, 'b> {
    /// The data that the runs share.
    pub tile: ReluTile<'a>,
    /// The runs, all with the same H, stride and rank.
    pub runs: &'b mut [ReluRun<'a>],
}

/// A tile of neurons.
#[derive(Clone, Copy)]
pub struct ReluTile<'a> {
    /// W_out of the tile.
    pub w_out: &'a [f32],
    /// Columns to compute from the first on, a multiple of sixteen.
    pub columns: usize,
    /// Whether to overwrite f and dZ_A/e instead of adding to them.
    pub fresh: bool,
    /// Whether relu is replaced by its tangent at H: its bits are then those of H, since
    /// relu(h) + relu'(h) (pre − h) = relu'(h) pre. Where the bit is off, no pre shows, however large.
    pub linearised: bool,
}

/// The inputs and outputs of one run on a tile.
pub struct ReluRun<'a> {
    /// The preactivations.
    pub pre: Preactivations<'a>,
    /// Subset sums of (w s B)_ik over every four neurons of the tile, r × `TILE_TABLES`.
    pub tables: &'a [f32],
    /// Part of the outputs: Σ_i w_i relu(pre_iμ).
    pub f: &'a mut [f32],
    /// relu' as bits, sixteen samples of a neuron in a word, lines × `TILE`. Overwritten.
    pub mask: &'a mut [u16],
    /// Σ_i relu'(pre_iμ) (w s B)_ik, r × columns.
    pub dza: &'a mut [f32],
}

impl ReluTile<'_> {
    fn check(&self, run: &ReluRun) {
        let (rows, lines) = (self.w_out.len(), self.columns / 16);
        run.pre.check(rows, self.columns);
        assert!(run.f.len() >= self.columns && run.mask.len() >= lines * TILE);
        assert!(run.tables.len() >= run.pre.rank * TILE_TABLES);
        assert!(run.dza.len() >= run.pre.rank * self.columns);
    }
}

/// Runs the pass: first in register blocks of `I` neurons by `M` lines, then of `K` components of the
/// rank by `M` lines, or by one line if `L` is 1. `LINEAR` is the tile's `linearised`.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn relu_pass<
    S: Simd,
    const LINEAR: bool,
    const I: usize,
    const M: usize,
    const K: usize,
    const L: usize,
>(
    p: ReluPass,
) {
    p.runs.iter().for_each(|run| p.tile.check(run));
    // SAFETY: `check` holds for all lines of the tile's columns.
    unsafe {
        blocks_of_lines!(0..p.tile.columns / 16, M, all_runs::<S, LINEAR, I, K, L>(&p.tile, p.runs))
    }
}

#[inline(always)]
unsafe fn all_runs<
    S: Simd,
    const LINEAR: bool,
    const I: usize,
    const K: usize,
    const L: usize,
    const M: usize,
>(
    tile: &ReluTile,
    runs: &mut [ReluRun],
    line: usize,
) {
    // SAFETY: the caller's check.
    unsafe {
        let (rows, count) = (tile.w_out.len(), runs.len());
        for (position, run) in runs.iter_mut().enumerate() {
            for row in rows * position / count..rows * (position + 1) / count {
                prefetch::<S, M>(tile, &run.pre, [row, line + M]);
            }
            let words = outputs::<S, LINEAR, I, M>(tile, run, line);
            if L == 1 {
                for m in 0..M {
                    all_components::<S, K, 1>(tile, run, line + m, [words[m]]);
                }
            } else {
                all_components::<S, K, M>(tile, run, line, words);
            }
        }
    }
}

/// Prefetches `M` lines of H, and at the end of the columns the lines of the next tile.
#[inline(always)]
unsafe fn prefetch<S: Simd, const M: usize>(
    tile: &ReluTile,
    pre: &Preactivations,
    [row, line]: [usize; 2],
) {
    let ahead = line * 16 >= tile.columns;
    let (row, line) = if ahead { (row + tile.w_out.len(), 0) } else { (row, line) };
    // SAFETY: the caller's.
    unsafe { prefetch_lines::<S, M>(pre.h.as_ptr().wrapping_add(row * pre.stride + line * 16)) };
}

/// Computes f and the mask on `M` lines. Returns the derivatives: bit i of a sample's word is row i.
#[inline(always)]
unsafe fn outputs<S: Simd, const LINEAR: bool, const I: usize, const M: usize>(
    tile: &ReluTile,
    run: &mut ReluRun,
    line: usize,
) -> [S::Words; M] {
    let rows = tile.w_out.len();
    let whole = rows / I * I;
    // Copied, because for the compiler a write to the mask might change what `run` points to.
    let (pre, tile) = (run.pre, *tile);
    // SAFETY: the caller's check.
    unsafe {
        let f = run.f.as_mut_ptr().add(line * 16);
        let mask = run.mask.as_mut_ptr().add(line * TILE);
        let (mut sums, mut words) = ([S::splat(0.0); M], [S::no_words(); M]);
        if !tile.fresh {
            for m in 0..M {
                sums[m] = S::load(f.add(m * 16));
            }
        }
        for row in (0..whole).step_by(I) {
            rows_block::<S, LINEAR, I, M>(tile, pre, mask, [row, line], &mut sums, &mut words);
        }
        for row in whole..rows {
            rows_block::<S, LINEAR, 1, M>(tile, pre, mask, [row, line], &mut sums, &mut words);
        }
        for m in 0..M {
            S::store(f.add(m * 16), sums[m]);
        }
        words
    }
}

#[inline(always)]
unsafe fn rows_block<S: Simd, const LINEAR: bool, const I: usize, const M: usize>(
    tile: ReluTile,
    pre: Preactivations,
    mask: *mut u16,
    [row, line]: [usize; 2],
    sums: &mut [S::V; M],
    words: &mut [S::Words; M],
) {
    // SAFETY: the caller's check.
    unsafe {
        let block = pre.block::<S, I, M>(row, line);
        for i in 0..I {
            let w = S::splat(*tile.w_out.as_ptr().add(row + i));
            for m in 0..M {
                let at = if LINEAR { pre.frozen::<S>(row + i, line + m) } else { block[i][m] };
                let on = S::positive(at);
                *mask.add(m * TILE + row + i) = S::bits(on);
                words[m] = S::set_where(words[m], on, *BITS.as_ptr().add(row + i));
                sums[m] = S::fma_where(w, block[i][m], sums[m], on);
            }
        }
    }
}

/// Bit i alone.
static BITS: [u32; TILE] = {
    let mut bits = [0; TILE];
    let mut i = 0;
    while i < TILE {
        bits[i] = 1 << i;
        i += 1;
    }
    bits
};

/// Adds Σ_i relu'(pre_iμ) (w s B)_ik for all components of the rank on `M` lines.
#[inline(always)]
unsafe fn all_components<S: Simd, const K: usize, const M: usize>(
    tile: &ReluTile,
    run: &mut ReluRun,
    line: usize,
    words: [S::Words; M],
) {
    let whole = run.pre.rank / K * K;
    // SAFETY: the caller's check.
    unsafe {
        for k in (0..whole).step_by(K) {
            masked_sums::<S, K, M>(tile, run, line, k, words);
        }
        for k in whole..run.pre.rank {
            masked_sums::<S, 1, M>(tile, run, line, k, words);
        }
    }
}

/// Adds Σ_i relu'(pre_iμ) (w s B)_ik for components k to k + `K`, four neurons at a time.
#[inline(always)]
unsafe fn masked_sums<S: Simd, const K: usize, const M: usize>(
    tile: &ReluTile,
    run: &mut ReluRun,
    line: usize,
    k: usize,
    mut words: [S::Words; M],
) {
    let groups = tile.w_out.len().div_ceil(4);
    // SAFETY: the caller's check.
    unsafe {
        let dza = run.dza.as_mut_ptr().add(k * tile.columns + line * 16);
        let tables = run.tables.as_ptr().add(k * TILE_TABLES);
        let one = S::splat(black_box(1.0));
        let mut sums = [[S::splat(0.0); M]; K];
        if !tile.fresh {
            for j in 0..K {
                for m in 0..M {
                    sums[j][m] = S::load(dza.add(j * tile.columns + m * 16));
                }
            }
        }
        for group in 0..groups {
            for j in 0..K {
                let table = tables.add(j * TILE_TABLES + group * ENTRIES);
                for m in 0..M {
                    sums[j][m] = take::<S>(
                        sums[j][m],
                        S::subset_sum(table, words[m]),
                        one,
                        (j + m) % 2 == 1,
                    );
                }
            }
            for m in 0..M {
                words[m] = S::next_four(words[m]);
            }
        }
        for j in 0..K {
            for m in 0..M {
                S::store(dza.add(j * tile.columns + m * 16), sums[j][m]);
            }
        }
    }
}

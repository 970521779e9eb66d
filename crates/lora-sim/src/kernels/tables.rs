//! Masked sums, four terms at a time: tables of the subset sums of four numbers, and dB from them.
//!
//! If a factor is 0 or 1, as relu' is, then Σ_μ bit_μ x_μ over four terms is one of sixteen numbers,
//! the same for all neurons. A table of them fills one register of sixteen floats. One permutation
//! looks up four terms for each of sixteen neurons, and one addition adds them: a quarter of the
//! additions of the plain sum, and no multiplication. (The method of the four Russians: Arlazarov,
//! Dinic, Kronrod, Faradzhev 1970, for products of bit matrices.)

use std::hint::black_box;

use super::forward::TILE;
use super::simd::Simd;

/// Subsets of four.
pub const ENTRIES: usize = 16;

/// Writes for every four numbers of `x` the sixteen sums of their subsets: entry b of a table is the
/// sum of x_l over the bits l of b. The length of `x` is a multiple of four, and `out` is four times
/// as long.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn subset_sums<S: Simd>(x: &[f32], out: &mut [f32]) {
    // Bit b of mask l is set where bit l of b is.
    const HAS: [u16; 4] = [0xaaaa, 0xcccc, 0xf0f0, 0xff00];
    assert!(x.len().is_multiple_of(4) && out.len() == 4 * x.len());
    for (x, out) in x.chunks_exact(4).zip(out.chunks_exact_mut(ENTRIES)) {
        // SAFETY: a table has sixteen entries; the caller vouches for the instruction set.
        unsafe {
            let mut sums = S::splat(0.0);
            for l in 0..4 {
                sums = S::add_where(sums, S::mask(HAS[l]), S::splat(x[l]));
            }
            S::store(out.as_mut_ptr(), sums);
        }
    }
}

/// Operands of masked sums over the data: out_ki = Σ_μ mask_iμ x_kμ.
///
/// With mask = relu' and x = e ∘ Z_A this is dB/(s w_i) of one run.
pub struct MaskedSums<'a> {
    /// Sixteen samples of a neuron in a word: tiles × (lines × `TILE`).
    pub mask: &'a [u16],
    /// Number of tiles of neurons.
    pub tiles: usize,
    /// [`subset_sums`] of every row of x, count × (lines · 64).
    pub tables: &'a [f32],
    /// Number of rows of x.
    pub count: usize,
    /// Number of lines, of sixteen samples each.
    pub lines: usize,
    /// The sums, count × (tiles · `TILE`), overwritten.
    pub out: &'a mut [f32],
}

/// Computes the sums in register blocks of `K` rows of x by `M` groups of sixteen neurons.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn masked_sums<S: Simd, const K: usize, const M: usize>(mut p: MaskedSums) {
    assert!(p.mask.len() >= p.tiles * p.lines * TILE && p.out.len() >= p.count * p.tiles * TILE);
    assert!(p.tables.len() >= p.count * p.lines * 64);
    let whole = p.count / K * K;
    // SAFETY: what was just checked holds for all rows of x.
    unsafe {
        for k in (0..whole).step_by(K) {
            all_neurons::<S, K, M>(&mut p, k);
        }
        for k in whole..p.count {
            all_neurons::<S, 1, M>(&mut p, k);
        }
    }
}

/// The sums of `K` rows of x, whose tables stay in the second-level cache, for all neurons.
#[inline(always)]
unsafe fn all_neurons<S: Simd, const K: usize, const M: usize>(p: &mut MaskedSums, k: usize) {
    let sixteens = p.tiles * TILE / 16;
    let whole = sixteens / M * M;
    // SAFETY: the caller's check; a tile is two sixteens.
    unsafe {
        for sixteen in (0..whole).step_by(M) {
            block::<S, K, M>(p, sixteen, k);
        }
        for sixteen in (whole..sixteens).step_by(2) {
            block::<S, K, 2>(p, sixteen, k);
        }
    }
}

#[inline(always)]
unsafe fn block<S: Simd, const K: usize, const M: usize>(
    p: &mut MaskedSums,
    sixteen: usize,
    k: usize,
) {
    // SAFETY: the caller's check.
    unsafe {
        let one = S::splat(black_box(1.0));
        let mut sums = [[S::splat(0.0); M]; K];
        let mask = p.mask.as_ptr();
        for line in 0..p.lines {
            let mut words = [S::no_words(); M];
            for m in 0..M {
                let (tile, half) = ((sixteen + m) / 2, (sixteen + m) % 2);
                words[m] = S::widen(mask.add((tile * p.lines + line) * TILE + half * 16));
            }
            let tables = p.tables.as_ptr().add((k * p.lines + line) * 64);
            for four in 0..4 {
                for j in 0..K {
                    let table = tables.add(j * p.lines * 64 + four * ENTRIES);
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
        }
        for j in 0..K {
            let out = p.out.as_mut_ptr().add((k + j) * p.tiles * TILE + sixteen * 16);
            for m in 0..M {
                S::store(out.add(m * 16), sums[j][m]);
            }
        }
    }
}

/// sum + x, computed as 1·x + sum if `fused`, which is the same number. Some machines have separate
/// execution units for additions and multiply-adds, and permutations share some of those for
/// additions; alternating between the two keeps all units busy.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn take<S: Simd>(sum: S::V, x: S::V, one: S::V, fused: bool) -> S::V {
    // SAFETY: the caller's; there are no pointers.
    unsafe { if fused { S::fma(one, x, sum) } else { S::add(sum, x) } }
}

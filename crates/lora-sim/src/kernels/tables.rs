//! Sums under bits, four at a time: the tables of four numbers' subset sums, and dB through them.
//!
//! Where a factor is 0 or 1, as relu' is, Σ_μ bit_μ x_μ over four terms is one of sixteen numbers
//! that all neurons share. A table of them fills one register of sixteen floats, so one permutation
//! looks up four terms for each of sixteen neurons and one addition takes them: a quarter of the
//! additions, and none of the multiplications, of the plain sum. (The trick is known for products
//! of bit matrices: Arlazarov, Dinic, Kronrod, Faradzhev 1970, "the four Russians".)

use std::hint::black_box;

use super::forward::TILE;
use super::simd::Simd;

/// Subsets of four.
pub const ENTRIES: usize = 16;

/// For every four numbers of `x` the sixteen sums of their subsets: entry b of a table adds x_l for
/// every bit l of b. `out` is four times as long as `x`, whose length four divides.
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

/// Operands of sums over data points: out_ki = Σ_μ mask_iμ x_kμ with mask that are bits.
///
/// With relu' as mask and x = e ∘ Z_A this is a run's dB but for s w_i.
pub struct MaskedSums<'a> {
    /// Sixteen points of a neuron a word: tiles × (lines × `TILE`).
    pub mask: &'a [u16],
    /// Tiles of neurons.
    pub tiles: usize,
    /// [`subset_sums`] of every row of x, count × (lines · 64).
    pub tables: &'a [f32],
    /// Rows of x.
    pub count: usize,
    /// Sixteens of points.
    pub lines: usize,
    /// The sums, count × (tiles · `TILE`), overwritten.
    pub out: &'a mut [f32],
}

/// The sums, in register blocks of `K` rows of x by `M` sixteens of neurons.
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

/// `K` rows of x, whose tables stay in the second cache, under all neurons.
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

/// sum + x; as 1·x + sum, the same number, where `fused`. Additions and multiply-adds have
/// execution units of their own on some machines, and permutations share some with additions: with
/// every other sum by the other unit all of them are busy.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn take<S: Simd>(sum: S::V, x: S::V, one: S::V, fused: bool) -> S::V {
    // SAFETY: the caller's; there are no pointers.
    unsafe { if fused { S::fma(one, x, sum) } else { S::add(sum, x) } }
}

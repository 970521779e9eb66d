//! M Mᵀ in f64, in blocks of registers: at large ranks the dearest of all measurements.

use super::simd::Simd;

/// Running sums of an entry of M Mᵀ, and doubles that columns come in.
pub const RUNNING: usize = 8;

/// An entry of M Mᵀ as the sums that add up to it.
pub type Running = [f64; RUNNING];

/// Rows and columns of M Mᵀ in a block.
const SIDE: usize = 4;

/// Adds M Mᵀ, M rank × columns, to the running sums of its upper triangle, rank × rank; those below
/// it may change, too. Columns come in whole eights, the last filled up with zeros.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn gram<S: Simd>(m: &[f64], rank: usize, sums: &mut [Running]) {
    let columns = m.len() / rank;
    assert!(m.len() == rank * columns && columns.is_multiple_of(RUNNING));
    assert!(sums.len() == rank * rank);
    let whole = rank / SIDE * SIDE;
    // SAFETY: rows k and l below lie in M.
    unsafe {
        for k in (0..whole).step_by(SIDE) {
            for l in (k..whole).step_by(SIDE) {
                block::<S, SIDE>(m, rank, [k, l], sums);
            }
        }
        for l in whole..rank {
            for k in 0..=l {
                block::<S, 1>(m, rank, [k, l], sums);
            }
        }
    }
}

/// The products of rows k to k + `N` with rows l to l + `N`.
#[inline(always)]
unsafe fn block<S: Simd, const N: usize>(
    m: &[f64],
    rank: usize,
    [k, l]: [usize; 2],
    sums: &mut [Running],
) {
    let columns = m.len() / rank;
    // SAFETY: the caller's check.
    unsafe {
        let (rows, others) = (m.as_ptr().add(k * columns), m.as_ptr().add(l * columns));
        let to = |i: usize, j: usize| (k + i) * rank + l + j;
        let first = sums.as_mut_ptr().cast::<f64>();
        let mut acc = [[S::load_wide(first.add(to(0, 0) * RUNNING)); N]; N];
        for i in 0..N {
            for j in 0..N {
                acc[i][j] = S::load_wide(first.add(to(i, j) * RUNNING));
            }
        }
        for at in (0..columns).step_by(RUNNING) {
            let mut other = [acc[0][0]; N];
            for j in 0..N {
                other[j] = S::load_wide(others.add(j * columns + at));
            }
            for i in 0..N {
                let row = S::load_wide(rows.add(i * columns + at));
                for j in 0..N {
                    acc[i][j] = S::add_product(acc[i][j], row, other[j]);
                }
            }
        }
        for i in 0..N {
            for j in 0..N {
                S::store_wide(first.add(to(i, j) * RUNNING), acc[i][j]);
            }
        }
    }
}

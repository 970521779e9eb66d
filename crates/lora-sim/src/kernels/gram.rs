//! M Mᵀ in f64, in blocks of registers: at large ranks the dearest of all measurements.

use super::simd::Simd;

/// Running sums of an entry of M Mᵀ, and doubles that columns come in.
pub const RUNNING: usize = 8;

/// An entry of M Mᵀ as the sums that add up to it.
pub type Running = [f64; RUNNING];

/// Rows and columns of M Mᵀ in a block of registers.
pub const SIDE: usize = 4;

/// Columns of M: rank × any number, and what to subtract from them, if anything.
pub type Columns<'a> = (&'a [f32], Option<&'a [f32]>);

/// Operands: some rows of M Mᵀ, to which nothing else needs to be known.
pub struct GramRows<'a> {
    /// M, block after block.
    pub blocks: &'a [Columns<'a>],
    /// Rows of M.
    pub rank: usize,
    /// The first of the rows of M Mᵀ, a multiple of [`SIDE`].
    pub first: usize,
    /// At most [`SIDE`] rows of M Mᵀ, rows × rank; what lies below the diagonal means nothing.
    pub sums: &'a mut [Running],
}

/// Adds to the sums, from the diagonal on.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn gram<S: Simd>(p: GramRows) {
    let GramRows { blocks, rank, first, sums } = p;
    let rows = sums.len() / rank;
    assert!(sums.len() == rows * rank && first + rows <= rank && rows <= SIDE);
    for &(value, minus) in blocks {
        let columns = value.len() / rank;
        assert!(value.len() == rank * columns && minus.is_none_or(|m| m.len() == value.len()));
        // SAFETY: rows below `rank` lie in a block, as was just checked.
        unsafe {
            match minus {
                None => block_rows::<S, _>(&Plain(value), columns, [rank, first], sums),
                Some(minus) => {
                    block_rows::<S, _>(&Change(value, minus), columns, [rank, first], sums);
                }
            }
        }
    }
}

/// Where entries of M come from.
trait Entries {
    /// `count` of them from `at`, at most eight, then zeros.
    unsafe fn entries<S: Simd>(&self, at: usize, count: usize) -> S::Wide;
}

/// A value.
struct Plain<'a>(&'a [f32]);

/// A value less another.
struct Change<'a>(&'a [f32], &'a [f32]);

impl Entries for Plain<'_> {
    #[inline(always)]
    unsafe fn entries<S: Simd>(&self, at: usize, count: usize) -> S::Wide {
        // SAFETY: the caller vouches for `count` entries, and there are eight in `some`.
        unsafe {
            if count == RUNNING {
                return S::load_widened(self.0.as_ptr().add(at));
            }
            let mut some = [0.0; RUNNING];
            some[..count].copy_from_slice(&self.0[at..at + count]);
            S::load_widened(some.as_ptr())
        }
    }
}

impl Entries for Change<'_> {
    #[inline(always)]
    unsafe fn entries<S: Simd>(&self, at: usize, count: usize) -> S::Wide {
        let (value, minus) = (Plain(self.0), Plain(self.1));
        // SAFETY: as for one.
        unsafe { S::sub_wide(value.entries::<S>(at, count), minus.entries::<S>(at, count)) }
    }
}

/// Products of `sums`' rows with all rows from them on, over one block of columns.
#[inline(always)]
unsafe fn block_rows<S: Simd, M: Entries>(
    m: &M,
    columns: usize,
    [rank, first]: [usize; 2],
    sums: &mut [Running],
) {
    let rows = sums.len() / rank;
    let whole = if rows == SIDE { first + (rank - first) / SIDE * SIDE } else { first };
    // SAFETY: the caller's check; `others` and `row` are below `rank`.
    unsafe {
        for other in (first..whole).step_by(SIDE) {
            square::<S, M, SIDE>(m, columns, [rank, first, other], sums);
        }
        for other in whole..rank {
            for row in 0..rows.min(other + 1 - first) {
                let sums = &mut sums[row * rank..(row + 1) * rank];
                square::<S, M, 1>(m, columns, [rank, first + row, other], sums);
            }
        }
    }
}

/// The products of rows k to k + `N` with rows l to l + `N`.
#[inline(always)]
unsafe fn square<S: Simd, M: Entries, const N: usize>(
    m: &M,
    columns: usize,
    [rank, k, l]: [usize; 3],
    sums: &mut [Running],
) {
    let whole = columns / RUNNING * RUNNING;
    // SAFETY: the caller's check.
    unsafe {
        let to = sums.as_mut_ptr().cast::<f64>();
        let mut acc = [[S::load_wide(to.add(l * RUNNING)); N]; N];
        for i in 0..N {
            for j in 0..N {
                acc[i][j] = S::load_wide(to.add((i * rank + l + j) * RUNNING));
            }
        }
        let starts = [k * columns, l * columns];
        for at in (0..whole).step_by(RUNNING) {
            add_products::<S, M, N>(&mut acc, m, starts.map(|start| start + at), columns, RUNNING);
        }
        if whole < columns {
            let (starts, rest) = (starts.map(|start| start + whole), columns - whole);
            add_products::<S, M, N>(&mut acc, m, starts, columns, rest);
        }
        for i in 0..N {
            for j in 0..N {
                S::store_wide(to.add((i * rank + l + j) * RUNNING), acc[i][j]);
            }
        }
    }
}

/// The same over `count` columns, at most eight; rows lie `columns` apart from both starts.
#[inline(always)]
unsafe fn add_products<S: Simd, M: Entries, const N: usize>(
    acc: &mut [[S::Wide; N]; N],
    m: &M,
    [k, l]: [usize; 2],
    columns: usize,
    count: usize,
) {
    // SAFETY: the caller's check.
    unsafe {
        let mut other = [acc[0][0]; N];
        for j in 0..N {
            other[j] = m.entries::<S>(l + j * columns, count);
        }
        for i in 0..N {
            let row = m.entries::<S>(k + i * columns, count);
            for j in 0..N {
                acc[i][j] = S::add_product(acc[i][j], row, other[j]);
            }
        }
    }
}

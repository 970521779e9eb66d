//! M Mᵀ in register blocks, at large ranks the most expensive measurement: in f64 for records, and in
//! f32 for the peak of Z_B, which every step needs.

use super::simd::Simd;

/// Number of running sums of an entry of M Mᵀ in f64; column k is added to sum k modulo this number.
pub type Running = [f64; 8];

/// The same in f32.
pub type RunningSingle = [f32; 16];

/// Rows and columns of M Mᵀ in a register block.
pub const SIDE: usize = 4;

/// Columns of M, rank × any number, and a matrix to subtract from them, if any.
pub type Columns<'a> = (&'a [f32], Option<&'a [f32]>);

/// The operands of some rows of M Mᵀ. Rows can be computed independently of each other.
pub struct GramRows<'a, Block, Sums> {
    /// M, block after block.
    pub blocks: &'a [Block],
    /// Number of rows of M.
    pub rank: usize,
    /// The first of the rows of M Mᵀ, a multiple of [`SIDE`].
    pub first: usize,
    /// At most [`SIDE`] rows of M Mᵀ, rows × rank. Entries below the diagonal have no meaning.
    pub sums: &'a mut [Sums],
}

impl<Block, Sums> GramRows<'_, Block, Sums> {
    fn check(&self) {
        let rows = self.sums.len() / self.rank;
        assert!(self.sums.len() == rows * self.rank);
        assert!(self.first + rows <= self.rank && rows <= SIDE);
    }
}

/// Adds to the sums on and above the diagonal.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn gram<S: Simd>(p: GramRows<Columns, Running>) {
    p.check();
    for &(value, minus) in p.blocks {
        let columns = value.len() / p.rank;
        assert!(value.len() == p.rank * columns && minus.is_none_or(|m| m.len() == value.len()));
        let at = [p.rank, p.first];
        // SAFETY: rows below `rank` lie in a block, as was just checked.
        unsafe {
            match minus {
                None => block_rows::<S, _>(&Plain(value), columns, at, p.sums),
                Some(minus) => block_rows::<S, _>(&Change(value, minus), columns, at, p.sums),
            }
        }
    }
}

/// The same in f32, where large products may overflow and small ones underflow.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn gram_single<S: Simd>(p: GramRows<&[f32], RunningSingle>) {
    p.check();
    for value in p.blocks {
        let columns = value.len() / p.rank;
        assert!(value.len() == p.rank * columns);
        // SAFETY: as for `gram`.
        unsafe { block_rows::<S, _>(&Single(value), columns, [p.rank, p.first], p.sums) };
    }
}

/// The running sums of an entry of M Mᵀ in memory.
trait Sums<S: Simd> {
    /// The same in registers.
    type Lanes: Copy;
    /// Number of running sums.
    const COUNT: usize;
    unsafe fn load(from: *const Self) -> Self::Lanes;
    unsafe fn store(to: *mut Self, sums: Self::Lanes);
    /// sums + x·y.
    unsafe fn add_product(sums: Self::Lanes, x: Self::Lanes, y: Self::Lanes) -> Self::Lanes;
}

impl<S: Simd> Sums<S> for Running {
    type Lanes = S::Wide;
    const COUNT: usize = 8;

    #[inline(always)]
    unsafe fn load(from: *const Self) -> S::Wide {
        // SAFETY: the caller's.
        unsafe { S::load_wide(from.cast()) }
    }

    #[inline(always)]
    unsafe fn store(to: *mut Self, sums: S::Wide) {
        // SAFETY: the caller's.
        unsafe { S::store_wide(to.cast(), sums) }
    }

    #[inline(always)]
    unsafe fn add_product(sums: S::Wide, x: S::Wide, y: S::Wide) -> S::Wide {
        // SAFETY: the caller's.
        unsafe { S::add_product(sums, x, y) }
    }
}

impl<S: Simd> Sums<S> for RunningSingle {
    type Lanes = S::V;
    const COUNT: usize = 16;

    #[inline(always)]
    unsafe fn load(from: *const Self) -> S::V {
        // SAFETY: the caller's.
        unsafe { S::load(from.cast()) }
    }

    #[inline(always)]
    unsafe fn store(to: *mut Self, sums: S::V) {
        // SAFETY: the caller's.
        unsafe { S::store(to.cast(), sums) }
    }

    #[inline(always)]
    unsafe fn add_product(sums: S::V, x: S::V, y: S::V) -> S::V {
        // SAFETY: the caller's.
        unsafe { S::fma(x, y, sums) }
    }
}

/// The entries of M, and the type in which they are summed.
trait Entries<S: Simd> {
    type Sums: Sums<S>;
    /// `count` entries from `at`, at most as many as there are running sums, then zeros.
    unsafe fn entries(&self, at: usize, count: usize) -> Lanes<S, Self>;
}

/// The type of entries of M in registers.
type Lanes<S, M> = <<M as Entries<S>>::Sums as Sums<S>>::Lanes;

/// A value, in f64.
struct Plain<'a>(&'a [f32]);

/// The difference of two values, in f64.
struct Change<'a>(&'a [f32], &'a [f32]);

/// A value, in f32.
struct Single<'a>(&'a [f32]);

impl<S: Simd> Entries<S> for Plain<'_> {
    type Sums = Running;

    #[inline(always)]
    unsafe fn entries(&self, at: usize, count: usize) -> S::Wide {
        // SAFETY: the caller vouches for `count` entries, and there are eight in `some`.
        unsafe {
            if count == 8 {
                return S::load_widened(self.0.as_ptr().add(at));
            }
            let some = some::<8>(self.0, at, count);
            S::load_widened(some.as_ptr())
        }
    }
}

impl<S: Simd> Entries<S> for Change<'_> {
    type Sums = Running;

    #[inline(always)]
    unsafe fn entries(&self, at: usize, count: usize) -> S::Wide {
        let (value, minus) = (Plain(self.0), Plain(self.1));
        // SAFETY: as for one.
        unsafe {
            let value = Entries::<S>::entries(&value, at, count);
            S::sub_wide(value, Entries::<S>::entries(&minus, at, count))
        }
    }
}

impl<S: Simd> Entries<S> for Single<'_> {
    type Sums = RunningSingle;

    #[inline(always)]
    unsafe fn entries(&self, at: usize, count: usize) -> S::V {
        // SAFETY: as in f64.
        unsafe {
            if count == 16 {
                return S::load(self.0.as_ptr().add(at));
            }
            let some = some::<16>(self.0, at, count);
            S::load(some.as_ptr())
        }
    }
}

/// `count` entries from `at`, then zeros.
#[inline(always)]
fn some<const W: usize>(values: &[f32], at: usize, count: usize) -> [f32; W] {
    let mut some = [0.0; W];
    some[..count].copy_from_slice(&values[at..at + count]);
    some
}

/// Products of `sums`' rows with all rows from them on, over one block of columns.
#[inline(always)]
unsafe fn block_rows<S: Simd, M: Entries<S>>(
    m: &M,
    columns: usize,
    [rank, first]: [usize; 2],
    sums: &mut [M::Sums],
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
unsafe fn square<S: Simd, M: Entries<S>, const N: usize>(
    m: &M,
    columns: usize,
    [rank, k, l]: [usize; 3],
    sums: &mut [M::Sums],
) {
    let whole = columns / M::Sums::COUNT * M::Sums::COUNT;
    // SAFETY: the caller's check.
    unsafe {
        let to = sums.as_mut_ptr();
        let mut acc = [[M::Sums::load(to.add(l)); N]; N];
        for i in 0..N {
            for j in 0..N {
                acc[i][j] = M::Sums::load(to.add(i * rank + l + j));
            }
        }
        let starts = [k * columns, l * columns];
        for at in (0..whole).step_by(M::Sums::COUNT) {
            add_products::<S, M, N>(
                &mut acc,
                m,
                starts.map(|start| start + at),
                columns,
                M::Sums::COUNT,
            );
        }
        if whole < columns {
            let (starts, rest) = (starts.map(|start| start + whole), columns - whole);
            add_products::<S, M, N>(&mut acc, m, starts, columns, rest);
        }
        for i in 0..N {
            for j in 0..N {
                M::Sums::store(to.add(i * rank + l + j), acc[i][j]);
            }
        }
    }
}

/// The same over `count` columns, at most as many as there are running sums. Rows are `columns`
/// entries apart.
#[inline(always)]
unsafe fn add_products<S: Simd, M: Entries<S>, const N: usize>(
    acc: &mut [[Lanes<S, M>; N]; N],
    m: &M,
    [k, l]: [usize; 2],
    columns: usize,
    count: usize,
) {
    // SAFETY: the caller's check.
    unsafe {
        let mut other = [acc[0][0]; N];
        for j in 0..N {
            other[j] = m.entries(l + j * columns, count);
        }
        for i in 0..N {
            let row = m.entries(k + i * columns, count);
            for j in 0..N {
                acc[i][j] = M::Sums::add_product(acc[i][j], row, other[j]);
            }
        }
    }
}

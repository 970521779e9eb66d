//! Matrix products, on one thread: C ← β C + α A B.
//!
//! Threads are used one level up, on independent parts of a batch, so a product has no threads of its
//! own. Sums longer than `CHUNK` are cut there, which is shorter than any cache makes `gemm` cut them:
//! bytes then depend on the instruction set, but not on the sizes of the caches.
//!
//! `gemm` copies B into panels at every call, and does so slowly where B is a transpose, as in every backward
//! pass. With AVX-512, B is copied here: panel by panel, so that a panel stays in the cache. A small B that is
//! no transpose is read where it lies. The sums are the same, in the same order.

use std::cell::RefCell;
use std::sync::LazyLock;

use gemm_common::Parallelism;
use gemm_common::gemm::set_lhs_packing_threshold_single_thread;

pub use crate::mat::{Mat, MatMut};
use crate::turn::{self, turn};

/// The longest sum that is left to one call of the kernel.
pub const CHUNK: usize = 512;

/// Columns of a panel: what the kernel for AVX-512 has in its registers.
const PANEL: usize = 64;

/// Rows of A below which a copy of B does not pay, if B is no transpose.
const FEW: usize = 48;

/// Entries of B, 1 MiB, up to which it is read where it lies.
const DIRECT: usize = 1 << 18;

/// Entries of C up to which `gemm` may sum in another order, which depends on the layout of B.
const TINY: usize = 256;

thread_local! {
    /// One panel of B.
    static COPY: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// The kernel for C ← α C + β A B: m, n, k, then each matrix with its column and its row stride.
type Kernel = unsafe fn(
    usize,
    usize,
    usize,
    *mut f32,
    isize,
    isize,
    bool,
    *const f32,
    isize,
    isize,
    *const f32,
    isize,
    isize,
    f32,
    f32,
    bool,
    bool,
    bool,
    Parallelism,
);

/// For the instruction set of this machine.
static KERNEL: LazyLock<Kernel> = LazyLock::new(|| {
    if turn::is_fast() {
        // As rarely as `gemm` allows: B is in a good order already.
        set_lhs_packing_threshold_single_thread(256);
    }
    gemm_f32::gemm::f32::get_gemm_fn()
});

/// What becomes of the earlier content of C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Into {
    /// It is overwritten.
    Set,
    /// The product is added to it.
    Add,
}

/// C ← α A B, or C ← C + α A B, with A \[m, k\], B \[k, n\] and C \[m, n\].
///
/// # Panics
/// If the shapes do not fit.
pub fn product(c: &mut MatMut, into: Into, alpha: f32, a: Mat, b: Mat) {
    let (m, k, n) = (c.rows, a.cols, c.cols);
    assert!(a.rows == m && b.rows == k && b.cols == n, "shapes of a product");
    if m == 0 || n == 0 {
        return;
    }
    let mut add = into == Into::Add;
    let mut from = 0;
    loop {
        let count = (k - from).min(CHUNK);
        part(c, add, alpha, a.inner(from, count), b.t().inner(from, count).t());
        from += count;
        if from >= k {
            return;
        }
        add = true;
    }
}

/// A product whose sums are short enough for one call of the kernel.
fn part(c: &mut MatMut, add: bool, alpha: f32, a: Mat, b: Mat) {
    let (m, k, n) = (c.rows, a.cols, c.cols);
    let turned = b.row_stride == 1 && b.col_stride != 1;
    let large = b.col_stride == 1 && m > FEW && k * n > DIRECT;
    let plain = m > 1 && n > 1 && k > 2 && m * n > TINY;
    if turn::is_fast() && plain && (turned || large) {
        COPY.with_borrow_mut(|copy| by_panels(c, add, alpha, a, b, copy));
    } else {
        kernel(c, add, alpha, a, b);
    }
}

/// The same from copies of a few columns of B after another.
fn by_panels(c: &mut MatMut, add: bool, alpha: f32, a: Mat, b: Mat, copy: &mut Vec<f32>) {
    let (rows, (k, n)) = (c.rows, b.shape());
    let mut from = 0;
    while from < n {
        // All are wide enough for the path that `gemm` takes for a whole product.
        let width = if n - from < PANEL + PANEL / 4 { n - from } else { PANEL };
        copy.resize(copy.len().max(k * width), 0.0);
        let data = &b.data[from * b.col_stride..];
        if b.row_stride == 1 {
            turn(data, b.col_stride, [width, k], copy);
        } else {
            for (row, copy) in data.chunks(b.row_stride).zip(copy.chunks_exact_mut(width)).take(k) {
                copy.copy_from_slice(&row[..width]);
            }
        }
        let c = &mut c.part(0..rows, from..from + width);
        kernel(c, add, alpha, a, Mat::new(copy, k, width));
        from += width;
    }
}

/// One call of the kernel, which wants C by columns: so Cᵀ = Bᵀ Aᵀ.
fn kernel(c: &mut MatMut, add: bool, alpha: f32, a: Mat, b: Mat) {
    let (m, k, n) = (c.rows, a.cols, c.cols);
    for (matrix, rows, cols) in [(&a, m, k), (&b, k, n)] {
        let last = (rows - 1) * matrix.row_stride + cols.saturating_sub(1) * matrix.col_stride;
        assert!(cols == 0 || rows == 0 || last < matrix.data.len(), "a product reads beyond");
    }
    assert!((m - 1) * c.row_stride + n <= c.data.len(), "a product writes beyond");
    // SAFETY: the two assertions above bound every address that the strides reach; C is borrowed
    // mutably and so overlaps neither A nor B.
    unsafe {
        KERNEL(
            n,
            m,
            k,
            c.data.as_mut_ptr(),
            c.row_stride as isize,
            1,
            add,
            b.data.as_ptr(),
            b.row_stride as isize,
            b.col_stride as isize,
            a.data.as_ptr(),
            a.row_stride as isize,
            a.col_stride as isize,
            1.0,
            alpha,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(seed: usize, i: usize) -> f32 {
        ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.0 - 1.0
    }

    /// The product by its definition, in f64.
    fn plain(a: &[f32], b: &[f32], (m, k, n): (usize, usize, usize)) -> Vec<f64> {
        let at = |i: usize, j: usize| {
            (0..k).map(|l| f64::from(a[i * k + l]) * f64::from(b[l * n + j])).sum()
        };
        (0..m * n).map(|place| at(place / n, place % n)).collect()
    }

    fn transposed(data: &[f32], rows: usize, cols: usize) -> Vec<f32> {
        (0..rows * cols).map(|place| data[place % rows * cols + place / rows]).collect()
    }

    proptest! {
        /// Every layout of the operands gives the product; sums are longer than a chunk, too.
        #[test]
        fn a_product_is_the_sum_of_its_definition(
            m in 1usize..20, n in 1usize..40, k in prop_oneof![1usize..40, 500usize..1100],
            seed in 0usize..1000, ta: bool, tb: bool, add: bool,
        ) {
            let a: Vec<f32> = (0..m * k).map(|i| entry(seed, i)).collect();
            let b: Vec<f32> = (0..k * n).map(|i| entry(seed + 1, i)).collect();
            let (at, bt) = (transposed(&a, m, k), transposed(&b, k, n));
            let left = if ta { Mat::new(&at, k, m).t() } else { Mat::new(&a, m, k) };
            let right = if tb { Mat::new(&bt, n, k).t() } else { Mat::new(&b, k, n) };
            // C in the middle of a wider matrix, whose other columns stay as they are.
            let stride = n + 3;
            let mut c = vec![0.5f32; m * stride];
            let into = if add { Into::Add } else { Into::Set };
            product(&mut MatMut::columns(&mut c, m, stride, 2, n), into, 2.0, left, right);
            let expected = plain(&a, &b, (m, k, n));
            for i in 0..m {
                prop_assert_eq!((c[i * stride], c[i * stride + 1]), (0.5, 0.5));
                prop_assert_eq!(c[i * stride + n + 2], 0.5);
                for j in 0..n {
                    let want = 2.0 * expected[i * n + j] + if add { 0.5 } else { 0.0 };
                    let bound = 1e-6 * (k as f64 + 1.0);
                    prop_assert!((f64::from(c[i * stride + 2 + j]) - want).abs() < bound);
                }
            }
        }
    }

    proptest! {
        /// Panels change no bit of what one call of the kernel gives.
        #[test]
        fn a_copy_of_b_changes_no_byte(
            m in 2usize..70, n in 2usize..150, k in 3usize..200, seed in 0usize..1000, turned: bool,
        ) {
            let a: Vec<f32> = (0..m * k).map(|i| entry(seed, i)).collect();
            let b: Vec<f32> = (0..k * n).map(|i| entry(seed + 1, i)).collect();
            let b = if turned { Mat::new(&b, n, k).t() } else { Mat::new(&b, k, n) };
            let mut c = [vec![0.5f32; m * n], vec![0.5f32; m * n], vec![0.5f32; m * n]];
            let [whole, panels, chosen] = c.each_mut().map(|c| MatMut::new(c, m, n));
            let (mut whole, mut panels, mut chosen) = (whole, panels, chosen);
            let a = Mat::new(&a, m, k);
            kernel(&mut whole, true, 0.5, a, b);
            part(&mut chosen, true, 0.5, a, b);
            if m * n > TINY {
                by_panels(&mut panels, true, 0.5, a, b, &mut Vec::new());
                prop_assert_eq!(&c[0], &c[1]);
            }
            prop_assert_eq!(&c[0], &c[2]);
        }
    }

    /// B is larger than what is read where it lies, and no dimension a multiple of a panel's.
    #[test]
    fn large_matrices_are_products_too() {
        let (m, k, n) = (FEW + 3, 700, DIRECT / 500);
        let a: Vec<f32> = (0..m * k).map(|i| entry(1, i)).collect();
        let b: Vec<f32> = (0..k * n).map(|i| entry(2, i)).collect();
        let mut c = vec![f32::NAN; m * n];
        product(
            &mut MatMut::new(&mut c, m, n),
            Into::Set,
            1.0,
            Mat::new(&a, m, k),
            Mat::new(&b, k, n),
        );
        for (found, want) in c.iter().zip(plain(&a, &b, (m, k, n))) {
            assert!((f64::from(*found) - want).abs() < 1e-3);
        }
    }

    /// Over NaN, an overwritten C holds the product alone.
    #[test]
    fn an_overwritten_matrix_is_not_read() {
        let mut c = [f32::NAN; 4];
        product(
            &mut MatMut::new(&mut c, 2, 2),
            Into::Set,
            1.0,
            Mat::new(&[1.0; 6], 2, 3),
            Mat::new(&[1.0; 6], 3, 2),
        );
        assert_eq!(c, [3.0; 4]);
    }
}

//! Matrix products, on one thread each, into disjoint column blocks of one matrix.
//!
//! matrixmultiply adds the products of an entry in an order fixed by the inner dimension alone, so
//! an entry's bytes depend neither on how rows and columns are split over threads nor on which
//! other rows share the product. `tests/determinism.rs` pins both.

use rayon::prelude::*;

/// A read-only f32 matrix with arbitrary strides.
#[derive(Clone, Copy)]
pub struct View<'a> {
    data: &'a [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
    col_stride: usize,
}

impl<'a> View<'a> {
    /// `rows` × `cols` in row-major order with `row_stride` floats between rows.
    pub fn rows(data: &'a [f32], rows: usize, cols: usize, row_stride: usize) -> Self {
        let view = Self { data, rows, cols, row_stride, col_stride: 1 };
        assert!(rows == 0 || cols == 0 || view.last() < data.len(), "view larger than its data");
        view
    }

    fn last(&self) -> usize {
        (self.rows - 1) * self.row_stride + (self.cols - 1) * self.col_stride
    }
}

/// C ← A B + (keep ? C : 0), C of A.rows × B.cols in row-major order with `stride` floats a row.
pub fn multiply(a: View, b: View, keep: bool, c: &mut [f32], stride: usize) {
    assert_eq!(a.cols, b.rows, "inner dimensions");
    if a.rows == 0 || b.cols == 0 {
        return;
    }
    assert!((a.rows - 1) * stride + b.cols <= c.len(), "C too small");
    // SAFETY: the views were checked against their data, C just now.
    unsafe { raw_multiply(a, b, keep, c.as_mut_ptr(), stride) }
}

/// # Safety
/// `c` must be valid for writes of A.rows rows of B.cols floats, `stride` apart.
unsafe fn raw_multiply(a: View, b: View, keep: bool, c: *mut f32, stride: usize) {
    // SAFETY: each view's last entry lies in its data; the caller vouches for `c`.
    unsafe {
        matrixmultiply::sgemm(
            a.rows,
            a.cols,
            b.cols,
            1.0,
            a.data.as_ptr(),
            a.row_stride as isize,
            a.col_stride as isize,
            b.data.as_ptr(),
            b.row_stride as isize,
            b.col_stride as isize,
            if keep { 1.0 } else { 0.0 },
            c,
            stride as isize,
            1,
        );
    }
}

#[derive(Clone, Copy)]
struct Destination(*mut f32);
// SAFETY: `sum_of_products` hands each thread its own columns of the destination.
unsafe impl Sync for Destination {}

/// C ← Σ_i A_i B_i over the terms in order, the columns of C shared out over threads.
///
/// All A_i have the rows of C; B_i is a row-major block of `columns` columns.
pub fn sum_of_products(
    terms: &[(View, View)],
    c: &mut [f32],
    rows: usize,
    columns: usize,
    stride: usize,
) {
    for (a, b) in terms {
        assert!(a.rows == rows && a.cols == b.rows && b.cols == columns && b.col_stride == 1);
    }
    if rows == 0 || columns == 0 {
        return;
    }
    assert!((rows - 1) * stride + columns <= c.len(), "C too small");
    let block = column_block(columns);
    let destination = Destination(c.as_mut_ptr());
    (0..columns.div_ceil(block)).into_par_iter().for_each(|index| {
        let destination = &destination;
        let from = index * block;
        let width = block.min(columns - from);
        for (position, (a, b)) in terms.iter().enumerate() {
            let part = View { data: &b.data[from..], cols: width, ..*b };
            // SAFETY: columns from..from + width of C belong to this task alone and were checked
            // to lie in `c`; `part` is a column range of a checked view.
            unsafe { raw_multiply(*a, part, position > 0, destination.0.add(from), stride) };
        }
    });
}

/// Two blocks a thread, in whole lines, but not so narrow that packing A dominates.
fn column_block(columns: usize) -> usize {
    columns.div_ceil(2 * rayon::current_num_threads()).next_multiple_of(16).max(64)
}

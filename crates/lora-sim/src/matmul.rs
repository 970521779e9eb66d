//! Matrix products for drawing the frozen student, on one thread each.
//!
//! matrixmultiply adds the products of an entry in an order fixed by the inner dimension alone, so
//! an entry's bytes do not depend on how rows are split over threads.

/// A read-only f32 matrix in row-major order.
#[derive(Clone, Copy)]
pub struct View<'a> {
    data: &'a [f32],
    rows: usize,
    cols: usize,
    row_stride: usize,
}

impl<'a> View<'a> {
    /// `rows` × `cols` with `row_stride` floats between rows.
    pub fn rows(data: &'a [f32], rows: usize, cols: usize, row_stride: usize) -> Self {
        let view = Self { data, rows, cols, row_stride };
        assert!(rows == 0 || cols == 0 || view.last() < data.len(), "view larger than its data");
        view
    }

    fn last(&self) -> usize {
        (self.rows - 1) * self.row_stride + self.cols - 1
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
    unsafe {
        matrixmultiply::sgemm(
            a.rows,
            a.cols,
            b.cols,
            1.0,
            a.data.as_ptr(),
            a.row_stride as isize,
            1,
            b.data.as_ptr(),
            b.row_stride as isize,
            1,
            if keep { 1.0 } else { 0.0 },
            c.as_mut_ptr(),
            stride as isize,
            1,
        );
    }
}

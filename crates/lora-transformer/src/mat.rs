//! Matrices that lie somewhere in a slice.

use std::ops::Range;

/// A matrix somewhere in a slice.
#[derive(Clone, Copy, Debug)]
pub struct Mat<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) row_stride: usize,
    pub(crate) col_stride: usize,
}

impl<'a> Mat<'a> {
    /// \[rows, cols\], row-major.
    pub fn new(data: &'a [f32], rows: usize, cols: usize) -> Self {
        assert!(data.len() >= rows * cols, "{} entries for {rows} × {cols}", data.len());
        Self { data, rows, cols, row_stride: cols, col_stride: 1 }
    }

    /// Columns `from` to `from + cols` of a row-major matrix whose rows have `stride` entries.
    pub fn columns(data: &'a [f32], rows: usize, stride: usize, from: usize, cols: usize) -> Self {
        assert!(from + cols <= stride, "columns beyond the row");
        assert!(rows == 0 || data.len() >= rows * stride, "fewer rows than {rows}");
        let data = if rows == 0 { &[] } else { &data[from..] };
        Self { data, rows, cols, row_stride: stride, col_stride: 1 }
    }

    /// The transpose.
    pub fn t(self) -> Self {
        let Self { data, rows, cols, row_stride, col_stride } = self;
        Self { data, rows: cols, cols: rows, row_stride: col_stride, col_stride: row_stride }
    }

    /// Rows and columns.
    pub fn shape(&self) -> (usize, usize) {
        (self.rows, self.cols)
    }

    /// Some rows and columns.
    pub fn part(self, rows: Range<usize>, cols: Range<usize>) -> Self {
        assert!(rows.end <= self.rows && cols.end <= self.cols, "a part beyond the matrix");
        self.inner(cols.start, cols.len()).t().inner(rows.start, rows.len()).t()
    }

    /// An entry.
    pub fn at(&self, row: usize, col: usize) -> f32 {
        self.data[row * self.row_stride + col * self.col_stride]
    }

    /// Columns `from` to `from + count`, and the rows of the same numbers in a transpose.
    pub(crate) fn inner(self, from: usize, count: usize) -> Self {
        let data = &self.data[(from * self.col_stride).min(self.data.len())..];
        Self { data, cols: count, ..self }
    }
}

/// A row-major matrix that is written.
#[derive(Debug)]
pub struct MatMut<'a> {
    pub(crate) data: &'a mut [f32],
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) row_stride: usize,
}

impl<'a> MatMut<'a> {
    /// \[rows, cols\], row-major.
    pub fn new(data: &'a mut [f32], rows: usize, cols: usize) -> Self {
        assert!(data.len() >= rows * cols, "{} entries for {rows} × {cols}", data.len());
        Self { data, rows, cols, row_stride: cols }
    }

    /// Columns `from` to `from + cols` of a row-major matrix whose rows have `stride` entries.
    pub fn columns(
        data: &'a mut [f32],
        rows: usize,
        stride: usize,
        from: usize,
        cols: usize,
    ) -> Self {
        assert!(from + cols <= stride, "columns beyond the row");
        assert!(rows == 0 || data.len() >= rows * stride, "fewer rows than {rows}");
        let data = if rows == 0 { &mut [] } else { &mut data[from..] };
        Self { data, rows, cols, row_stride: stride }
    }

    /// Some rows and columns.
    pub fn part(&mut self, rows: Range<usize>, cols: Range<usize>) -> MatMut<'_> {
        assert!(rows.end <= self.rows && cols.end <= self.cols, "a part beyond the matrix");
        let from = (rows.start * self.row_stride + cols.start).min(self.data.len());
        let (rows, cols) = (rows.len(), cols.len());
        MatMut { data: &mut self.data[from..], rows, cols, row_stride: self.row_stride }
    }
}

//! A row-major f32 matrix whose rows are whole 64-byte lines, so that no vector load crosses a line.

/// Floats in a 64-byte line: one AVX-512 register, two AVX2 ones.
pub const LANES: usize = 16;

#[repr(C, align(64))]
#[derive(Clone, Copy, Debug)]
struct Line([f32; LANES]);

/// `rows` × `stride` matrix of f32, `stride` a multiple of sixteen.
#[derive(Clone, Debug, Default)]
pub struct AlignedMatrix {
    lines: Vec<Line>,
    stride: usize,
}

impl AlignedMatrix {
    /// All zeros. `stride` is rounded up to whole lines.
    pub fn zeros(rows: usize, stride: usize) -> Self {
        let per_row = stride.div_ceil(LANES);
        Self { lines: vec![Line([0.0; LANES]); rows * per_row], stride: per_row * LANES }
    }

    /// Floats from one row to the next.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        (self.lines.len() * LANES).checked_div(self.stride).unwrap_or(0)
    }

    /// All entries, row after row.
    pub fn as_slice(&self) -> &[f32] {
        // SAFETY: Line is repr(C) over 16 f32 with size 64 and no padding.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.lines.len() * LANES) }
    }

    /// All entries, row after row, mutable.
    pub fn as_mut_slice(&mut self) -> &mut [f32] {
        let len = self.lines.len() * LANES;
        // SAFETY: as in `as_slice`, and the borrow is exclusive.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), len) }
    }

    /// Rows `from` to `to`, exclusive.
    pub fn row_range(&self, from: usize, to: usize) -> &[f32] {
        &self.as_slice()[from * self.stride..to * self.stride]
    }

    /// One row.
    pub fn row(&self, row: usize) -> &[f32] {
        self.row_range(row, row + 1)
    }

    /// Drops rows `from` to `to`, exclusive; later rows move up.
    pub fn remove_rows(&mut self, from: usize, to: usize) {
        let per_row = self.stride / LANES;
        self.lines.drain(from * per_row..to * per_row);
    }
}

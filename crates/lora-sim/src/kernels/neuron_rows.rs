//! The rows of Z, or of φ' for a smooth φ, that sums over neurons and sums over data read.

use super::simd::{Simd, prefetch_lines};

/// A matrix with one row for every neuron.
#[derive(Clone, Copy)]
pub struct NeuronRows<'a> {
    /// The entries, rows × stride.
    pub data: &'a [f32],
    /// Distance of neighbouring rows in entries.
    pub stride: usize,
    /// Number of neurons.
    pub rows: usize,
}

impl NeuronRows<'_> {
    pub fn check(&self, columns: usize) {
        assert!(columns.is_multiple_of(16) && self.stride >= columns);
        let last = (self.rows.max(1) - 1) * self.stride + columns;
        assert!(self.rows == 0 || self.data.len() >= last);
    }

    /// # Safety
    /// The matrix must have this row and this line.
    #[inline(always)]
    pub unsafe fn at<S: Simd>(&self, row: usize, line: usize) -> S::V {
        // SAFETY: the caller's.
        unsafe { S::load(self.data.as_ptr().add(row * self.stride + line * 16)) }
    }

    /// Prefetches `M` lines of a row, which may lie beyond the end of the matrix.
    ///
    /// # Safety
    /// The machine must have the instruction set `S`.
    #[inline(always)]
    pub unsafe fn prefetch<S: Simd, const M: usize>(&self, row: usize, line: usize) {
        // SAFETY: the caller's.
        unsafe {
            prefetch_lines::<S, M>(self.data.as_ptr().wrapping_add(row * self.stride + line * 16))
        };
    }
}

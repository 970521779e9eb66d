//! What sums over neurons and over data take from every neuron: a row of Z, or of φ' where φ is smooth.

use super::simd::{Simd, prefetch_lines};

/// One row of gates for every neuron.
#[derive(Clone, Copy)]
pub struct NeuronRows<'a> {
    /// rows × stride entries.
    pub data: &'a [f32],
    /// Entries from one row to the next.
    pub stride: usize,
    /// Neurons.
    pub rows: usize,
}

impl NeuronRows<'_> {
    pub fn check(&self, columns: usize) {
        assert!(columns.is_multiple_of(16) && self.stride >= columns);
        let last = (self.rows.max(1) - 1) * self.stride + columns;
        assert!(self.rows == 0 || self.data.len() >= last);
    }

    /// # Safety
    /// `row` and `line` must lie in the gates.
    #[inline(always)]
    pub unsafe fn at<S: Simd>(&self, row: usize, line: usize) -> S::V {
        // SAFETY: the caller's.
        unsafe { S::load(self.data.as_ptr().add(row * self.stride + line * 16)) }
    }

    /// Asks for `M` lines of a row that may lie behind the gates.
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

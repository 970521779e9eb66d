//! Rotary positions: pair (x_i, x_{i + d/2}) of a head is rotated by an angle that grows with the place.
//!
//! This pairing of halves is Hugging Face's. Other files pair neighbours; whoever reads them puts rows of
//! query and key in this order.

use std::ops::Range;

/// Cosines and sines of the angles of every place.
#[derive(Clone, Debug, Default)]
pub struct Rotary {
    half: usize,
    cos: Vec<f32>,
    sin: Vec<f32>,
}

/// Forward, or backward with the opposite angle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// By the angle.
    Forward,
    /// By its opposite: the transpose of the rotation.
    Back,
}

impl Rotary {
    /// For places 0 to `places`, from the frequencies of the pairs.
    pub fn new(inverse_frequencies: &[f64], places: usize) -> Self {
        let angles = |place: usize| inverse_frequencies.iter().map(move |f| f * place as f64);
        let (sin, cos) = (0..places)
            .flat_map(angles)
            .map(|angle| (angle.sin() as f32, angle.cos() as f32))
            .unzip();
        Self { half: inverse_frequencies.len(), cos, sin }
    }

    /// Rotates every head of `x` \[rows, heads · d\], where each sequence begins at place 0.
    pub fn turn(&self, x: &mut [f32], stride: usize, sequences: &[Range<usize>], turn: Turn) {
        for sequence in sequences {
            let rows = &mut x[sequence.start * stride..sequence.end * stride];
            self.rows(rows, stride, 0, turn);
        }
    }

    /// Rotates every head of `x` \[rows, heads · d\], whose first row is at place `from`.
    pub fn turn_from(&self, from: usize, x: &mut [f32], stride: usize) {
        self.rows(x, stride, from, Turn::Forward);
    }

    fn rows(&self, x: &mut [f32], stride: usize, from: usize, turn: Turn) {
        for (row, x) in x.chunks_exact_mut(stride).enumerate() {
            x.chunks_exact_mut(2 * self.half).for_each(|head| self.head(head, from + row, turn));
        }
    }

    fn head(&self, head: &mut [f32], place: usize, turn: Turn) {
        let from = place * self.half;
        let (cos, sin) = (&self.cos[from..][..self.half], &self.sin[from..][..self.half]);
        let (low, high) = head.split_at_mut(self.half);
        for (((low, high), &cos), &sin) in low.iter_mut().zip(high).zip(cos).zip(sin) {
            let sin = if turn == Turn::Forward { sin } else { -sin };
            (*low, *high) = (*low * cos - *high * sin, *high * cos + *low * sin);
        }
    }
}

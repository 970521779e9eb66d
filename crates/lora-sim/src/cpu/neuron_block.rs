//! A block of neurons with every run's parameters on it.

use std::ops::Range;

use ndarray::ArrayView2;

use super::shared::Shared;
use crate::adapter::AdapterState;
use crate::aligned::LANES;
use crate::factor::Factor;
use crate::kernels::TILE;

/// The parameters of all live runs on one range of neurons; each vector holds run after run.
///
/// A and B have the same layout: runs × r × rows.
pub struct NeuronBlock {
    pub neurons: Range<usize>,
    /// A, with Adam's moments and its start.
    pub a: Factor,
    /// B, with Adam's moments and its start.
    pub b: Factor,
    /// B before the last update.
    pub b_previous: Vec<f32>,
    /// This block's part of each run's output, runs × P.
    pub f: Vec<f32>,
    /// This block's part of Σ_i φ'(pre_iμ) (w s B)_ik, runs × (r × train columns).
    pub dza: Vec<f32>,
    /// relu' of each run as bits, sixteen samples of a neuron in a word:
    /// runs × tiles × (lines × `TILE`).
    pub mask: Vec<u16>,
    /// Σ g² over this block at the last update, for A and B of each run.
    pub squares: Vec<[f64; 2]>,
}

impl NeuronBlock {
    /// A range of neurons with room for some runs.
    pub fn new(neurons: Range<usize>, runs: usize, shared: &Shared) -> Self {
        let (columns, rank) = (shared.frozen.columns, shared.model.rank);
        let mask =
            if shared.relu() { columns.train_padded() / LANES * padded(neurons.len()) } else { 0 };
        let parameters = runs * rank * neurons.len();
        Self {
            a: Factor::with_capacity(parameters),
            b: Factor::with_capacity(parameters),
            b_previous: Vec::with_capacity(parameters),
            f: vec![0.0; runs * columns.all()],
            dza: vec![0.0; runs * rank * columns.train_padded()],
            mask: vec![0; runs * mask],
            squares: vec![[0.0; 2]; runs],
            neurons,
        }
    }

    /// Appends this block's part of the next run's start state.
    pub fn start(&mut self, state: &AdapterState) {
        let from = self.a.value.len();
        for (out, of) in [
            (&mut self.a.value, &state.a),
            (&mut self.a.m, &state.m_a),
            (&mut self.a.v, &state.v_a),
        ] {
            extend_by_rows(out, of.slice(ndarray::s![.., self.neurons.clone()]));
        }
        for (out, of) in [
            (&mut self.b.value, &state.b),
            (&mut self.b.m, &state.m_b),
            (&mut self.b.v, &state.v_b),
        ] {
            extend_by_columns(out, of.slice(ndarray::s![self.neurons.clone(), ..]));
        }
        for factor in [&mut self.a, &mut self.b] {
            factor.start.extend_from_slice(&factor.value[from..]);
        }
        self.b_previous.extend_from_slice(&self.b.value[from..]);
    }

    pub fn rows(&self) -> usize {
        self.neurons.len()
    }

    /// The number of rows, padded to whole tiles.
    pub fn padded_rows(&self) -> usize {
        padded(self.rows())
    }

    pub fn runs(&self) -> usize {
        self.squares.len()
    }

    /// The range of run `position` in A, B and `b_previous`.
    pub fn part(&self, position: usize, rank: usize) -> Range<usize> {
        let size = self.rows() * rank;
        position * size..(position + 1) * size
    }

    /// Removes run `position`.
    pub fn remove(&mut self, position: usize) {
        let runs = self.runs();
        let chunk = |total: usize| {
            let size = total / runs;
            position * size..(position + 1) * size
        };
        let parameters = chunk(self.a.value.len());
        self.a.remove(parameters.clone());
        self.b.remove(parameters.clone());
        self.b_previous.drain(parameters);
        self.f.drain(chunk(self.f.len()));
        self.dza.drain(chunk(self.dza.len()));
        self.mask.drain(chunk(self.mask.len()));
        self.squares.remove(position);
    }
}

fn extend_by_rows(out: &mut Vec<f32>, matrix: ArrayView2<f32>) {
    matrix.rows().into_iter().for_each(|row| match row.as_slice() {
        Some(row) => out.extend_from_slice(row),
        None => out.extend(row),
    });
}

/// A row-major matrix is read through its slice, which is several times faster than by columns.
fn extend_by_columns(out: &mut Vec<f32>, matrix: ArrayView2<f32>) {
    let columns = matrix.ncols();
    match matrix.as_slice() {
        Some(entries) => (0..columns).for_each(|k| {
            out.extend(entries.chunks_exact(columns).map(|row| row[k]));
        }),
        None => extend_by_rows(out, matrix.reversed_axes()),
    }
}

fn padded(rows: usize) -> usize {
    rows.next_multiple_of(TILE)
}

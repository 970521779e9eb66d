//! Norms of the LoRA features from r × r Gram matrices, in f64.
//!
//! ‖s B z‖² = s² zᵀ(BᵀB)z, so the norms of Z_B and of δ1, δ2, δ3 cost O(n r² + N r²), never n N.

use rayon::prelude::*;

use crate::engine::Record;
use crate::kernels::{self, Columns, GramRows, Isa, Running, SIDE};

/// Z_A or a change of it, r rows of N.
pub type Rows = Vec<Vec<f64>>;

/// What turns norms of B z into those of the features.
#[derive(Clone, Copy)]
pub struct FeatureNorms {
    /// How to compute.
    pub isa: Isa,
    /// s.
    pub multiplier: f64,
    /// n.
    pub width: usize,
}

impl FeatureNorms {
    /// A record with the norms of Z_A and Z_B filled in, given BᵀB.
    pub fn features(&self, za_rows: &Rows, gram: &[f64]) -> Record {
        let mut za = vec![0.0f64; points(za_rows)];
        for row in za_rows {
            za.iter_mut().zip(row).for_each(|(square, x)| *square += x * x);
        }
        let zb = self.quadratic_forms(gram, za_rows);
        Record {
            za_rms: self.rms(&za, za_rows.len()),
            za_norm: self.mean_root(&za),
            zb_rms: self.multiplier * self.rms(&zb, self.width),
            zb_norm: self.multiplier * self.mean_root(&zb),
            ..Record::default()
        }
    }

    /// rms of s B z over rows z of Z_A or a change of it, given the Gram matrix.
    pub fn zb_rms(&self, rows: &Rows, gram: &[f64]) -> f64 {
        self.multiplier * self.rms(&self.quadratic_forms(gram, rows), self.width)
    }

    /// rms of s B_{t−1} ΔZ_A, s ΔB Z_{A,t−1} and s ΔB ΔZ_A, given Z_A of both steps and the Gram
    /// matrices of B_{t−1} and of ΔB.
    pub fn deltas(&self, [before, now]: [&Rows; 2], [b_before, b_change]: [&[f64]; 2]) -> [f64; 3] {
        let change: Rows =
            now.iter().zip(before).map(|(now, before)| difference(now, before)).collect();
        [
            self.zb_rms(&change, b_before),
            self.zb_rms(before, b_change),
            self.zb_rms(&change, b_change),
        ]
    }

    /// BᵀB, its upper triangle, of an n × r matrix B given transposed in blocks of r × rows, each
    /// with what to subtract from it.
    pub fn gram(&self, rank: usize, blocks: &[Columns]) -> Vec<f64> {
        let mut sums = vec![Running::default(); rank * rank];
        for (chunk, sums) in sums.chunks_mut(SIDE * rank).enumerate() {
            self.gram_rows(rank, blocks, chunk, sums);
        }
        added(&sums)
    }

    /// The same, its rows side by side on all threads.
    pub fn gram_in_parallel(&self, rank: usize, blocks: &[Columns]) -> Vec<f64> {
        let mut sums = vec![Running::default(); rank * rank];
        let chunks = sums.par_chunks_mut(SIDE * rank).enumerate();
        chunks.for_each(|(chunk, sums)| self.gram_rows(rank, blocks, chunk, sums));
        added(&sums)
    }

    fn gram_rows(&self, rank: usize, blocks: &[Columns], chunk: usize, sums: &mut [Running]) {
        kernels::gram(self.isa, GramRows { blocks, rank, first: chunk * SIDE, sums });
    }

    /// z_μᵀ G z_μ for every column μ.
    fn quadratic_forms(&self, gram: &[f64], rows: &Rows) -> Vec<f64> {
        let mut forms = vec![0.0f64; points(rows)];
        kernels::quadratic_forms(self.isa, gram, rows, &mut forms);
        forms
    }

    /// Root of the mean square over `rows` entries of every column, from squared column norms.
    fn rms(&self, squares: &[f64], rows: usize) -> f64 {
        (kernels::sum(self.isa, squares) / (squares.len() * rows) as f64).sqrt()
    }

    fn mean_root(&self, squares: &[f64]) -> f64 {
        kernels::sum_of_roots(self.isa, squares) / squares.len() as f64
    }
}

fn added(sums: &[Running]) -> Vec<f64> {
    sums.iter().map(|sums| sums.iter().sum()).collect()
}

fn points(rows: &Rows) -> usize {
    rows.first().map_or(0, Vec::len)
}

fn difference(now: &[f64], before: &[f64]) -> Vec<f64> {
    now.iter().zip(before).map(|(now, before)| now - before).collect()
}

//! Norms of the LoRA features from r × r Gram matrices, in f64.
//!
//! ‖s B z‖² = s² zᵀ(BᵀB)z, so the norms of Z_B and of δ1, δ2, δ3 cost O(n r² + N r²), never n N.

use crate::engine::Record;
use crate::kernels::{self, Isa};

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
        let (za_rms, za_norm) = self.rms_and_norm(&za, za_rows.len());
        let (zb_rms, zb_norm) = self.zb(za_rows, gram);
        Record { za_rms, za_norm, zb_rms, zb_norm, ..Record::default() }
    }

    /// rms and mean norm of Z_B, given BᵀB.
    pub fn zb(&self, za_rows: &Rows, gram: &[f64]) -> (f64, f64) {
        let (rms, norm) = self.rms_and_norm(&self.quadratic_forms(gram, za_rows), self.width);
        (self.multiplier * rms, self.multiplier * norm)
    }

    /// rms of s B_{t−1} ΔZ_A, s ΔB Z_{A,t−1} and s ΔB ΔZ_A, given Z_A of both steps and the Gram
    /// matrices of B_{t−1} and of ΔB.
    pub fn deltas(&self, [before, now]: [&Rows; 2], [b_before, b_change]: [&[f64]; 2]) -> [f64; 3] {
        let change: Rows =
            now.iter().zip(before).map(|(now, before)| difference(now, before)).collect();
        let scaled = |gram: &[f64], rows: &Rows| self.zb(rows, gram).0;
        [scaled(b_before, &change), scaled(b_change, before), scaled(b_change, &change)]
    }

    /// BᵀB, its upper triangle, of an n × r matrix B given transposed as consecutive blocks of
    /// r × rows, each with what to subtract from it.
    pub fn gram<'a>(
        &self,
        rank: usize,
        blocks: impl Iterator<Item = (&'a [f32], Option<&'a [f32]>)>,
    ) -> Vec<f64> {
        let mut gram = vec![0.0f64; rank * rank];
        let mut block = Vec::new();
        for (value, minus) in blocks {
            block.clear();
            block.extend(value.iter().map(|&v| f64::from(v)));
            if let Some(minus) = minus {
                block.iter_mut().zip(minus).for_each(|(v, &minus)| *v -= f64::from(minus));
            }
            kernels::gram(self.isa, &block, rank, &mut gram);
        }
        gram
    }

    /// z_μᵀ G z_μ for every column μ.
    fn quadratic_forms(&self, gram: &[f64], rows: &Rows) -> Vec<f64> {
        let mut forms = vec![0.0f64; points(rows)];
        kernels::quadratic_forms(self.isa, gram, rows, &mut forms);
        forms
    }

    /// From squared column norms: the root of the mean square over `rows` entries of every column,
    /// and the mean norm.
    fn rms_and_norm(&self, squares: &[f64], rows: usize) -> (f64, f64) {
        let [sum, roots] = kernels::sums_with_roots(self.isa, squares);
        let points = squares.len() as f64;
        ((sum / (points * rows as f64)).sqrt(), roots / points)
    }
}

fn points(rows: &Rows) -> usize {
    rows.first().map_or(0, Vec::len)
}

fn difference(now: &[f64], before: &[f64]) -> Vec<f64> {
    now.iter().zip(before).map(|(now, before)| now - before).collect()
}

//! Sums over neurons and over data, and the update, chunk by chunk of neurons.
//!
//! The chunks are fixed, and sums over neurons add them in order: in f32 within a chunk and in f64
//! over the chunks, so that no precision is lost at a width of 2^20.

use std::ops::Range;

use super::Layer;
use crate::aligned::AlignedMatrix;
use crate::cpu::tiles;
use crate::factor::Factor;
use crate::kernels::{self, DataSums, Destination, NeuronRows, NeuronSums, Rule};
use crate::norms::Rows;

/// Number of neurons of a chunk.
const CHUNK: usize = 64;

/// A and B of a run.
pub struct Factors {
    /// A, r × n.
    pub a: Factor,
    /// B transposed, r × n.
    pub b: Factor,
}

/// The projections of Z and G that a step needs.
pub struct Pass {
    /// Z_A = A Z, r × N.
    pub za: Rows,
    /// dZ_A = s Bᵀ G/N, r × N.
    pub dza: Rows,
}

impl Pass {
    /// L = ⟨G, s B Z_A⟩/N = ⟨dZ_A, Z_A⟩.
    pub fn loss(&self) -> f64 {
        let products = |(dza, za): (&Vec<f64>, &Vec<f64>)| -> f64 {
            dza.iter().zip(za).map(|(d, z)| d * z).sum()
        };
        self.dza.iter().zip(&self.za).map(products).sum()
    }
}

impl Layer {
    /// s/N.
    fn scale(&self) -> f64 {
        self.model.multiplier / self.columns.train as f64
    }

    /// Z_A and dZ_A at A and B.
    pub fn pass(&self, factors: &Factors) -> Pass {
        let za = self.neuron_sums(&self.z, &factors.a.value);
        let mut dza = self.neuron_sums(&self.g, &factors.b.value);
        dza.iter_mut().flatten().for_each(|d| *d *= self.scale());
        Pass { za, dza }
    }

    /// Updates each factor that has a rule. Returns Σ g² of A and of B, 0 for a factor without one.
    pub fn update(&self, factors: &mut Factors, pass: &Pass, rules: [Option<Rule>; 2]) -> [f64; 2] {
        let dza = self.operand(&pass.dza, 1.0);
        let za = self.operand(&pass.za, self.scale());
        let (rank, mut squares) = (self.model.rank, [0.0f64; 2]);
        let mut gradient = vec![0.0f32; CHUNK * rank];
        for chunk in tiles(self.width, CHUNK) {
            let rows = chunk.len();
            let gradient = &mut gradient[..rows * rank];
            let factors = [&mut factors.a, &mut factors.b];
            let operands = [(&self.z, &dza), (&self.g, &za)];
            for (i, (factor, (matrix, x))) in factors.into_iter().zip(operands).enumerate() {
                let Some(rule) = rules[i] else { continue };
                self.data_sums(matrix, &chunk, x, gradient);
                for (k, g) in gradient.chunks(rows).enumerate() {
                    let range = k * self.width + chunk.start..k * self.width + chunk.end;
                    squares[i] += kernels::update(self.isa, rule, factor.slice_mut(range, g));
                }
            }
        }
        squares
    }

    /// Σ_i x_ki m_iμ, r × N, with x r × n.
    fn neuron_sums(&self, matrix: &AlignedMatrix, x: &[f32]) -> Rows {
        let (rank, columns) = (self.model.rank, matrix.stride());
        let mut sums = vec![vec![0.0f64; self.columns.train]; rank];
        let mut part = vec![0.0f32; rank * columns];
        for chunk in tiles(self.width, CHUNK) {
            kernels::neuron_sums(
                self.isa,
                NeuronSums {
                    matrix: rows_of(matrix, &chunk),
                    x: &x[chunk.start..],
                    step: self.width,
                    count: rank,
                    columns,
                    fresh: true,
                    out: &Destination::whole(&mut part, columns),
                },
            );
            for (sums, part) in sums.iter_mut().zip(part.chunks(columns)) {
                sums.iter_mut().zip(part).for_each(|(sum, &part)| *sum += f64::from(part));
            }
        }
        sums
    }

    /// Σ_μ m_iμ x_kμ for the neurons i of a chunk, r × rows.
    fn data_sums(&self, matrix: &AlignedMatrix, chunk: &Range<usize>, x: &[f32], out: &mut [f32]) {
        let (count, columns) = (self.model.rank, matrix.stride());
        let matrix = rows_of(matrix, chunk);
        let sums = DataSums { matrix, x, count, columns, out, step: chunk.len() };
        kernels::data_sums(self.isa, sums);
    }

    /// `rows` times `scale` in f32, padded with zeros to whole lines.
    fn operand(&self, rows: &Rows, scale: f64) -> Vec<f32> {
        let columns = self.columns.train_padded();
        let mut out = vec![0.0f32; rows.len() * columns];
        for (out, row) in out.chunks_mut(columns).zip(rows) {
            out.iter_mut().zip(row).for_each(|(out, x)| *out = (scale * x) as f32);
        }
        out
    }
}

fn rows_of<'a>(m: &'a AlignedMatrix, chunk: &Range<usize>) -> NeuronRows<'a> {
    NeuronRows { data: m.row_range(chunk.start, chunk.end), stride: m.stride(), rows: chunk.len() }
}

//! Measurements of one run of a batch, summed over the blocks of neurons.

use super::neuron_block::NeuronBlock;
use super::shared::Shared;
use crate::engine::Record;
use crate::kernels::{self, Isa};
use crate::norms::{FeatureNorms, Rows};

/// f_μ: the sum of the blocks' parts, in order.
pub fn outputs(isa: Isa, blocks: &[NeuronBlock], position: usize, stride: usize) -> Vec<f64> {
    let mut f = vec![0.0f64; stride];
    for block in blocks {
        let part = &block.f[position * stride..(position + 1) * stride];
        kernels::add_widened(isa, &mut f, part);
    }
    f
}

/// Mean of (f − y)²; 0 over no samples.
pub fn mean_square(f: &[f64], y: &[f32]) -> f64 {
    let sum: f64 = f.iter().zip(y).map(|(f, &y)| (f - f64::from(y)).powi(2)).sum();
    sum / f.len().max(1) as f64
}

/// One run's parameters and features after a forward pass.
pub struct Norms<'a> {
    pub shared: &'a Shared<'a>,
    pub blocks: &'a [NeuronBlock],
    pub position: usize,
    /// r × stride.
    pub za: &'a [f32],
}

impl Norms<'_> {
    fn rank(&self) -> usize {
        self.shared.model.rank
    }

    fn norms(&self) -> FeatureNorms {
        let (model, frozen) = (self.shared.model, self.shared.frozen);
        FeatureNorms { isa: self.shared.isa, multiplier: model.multiplier, width: frozen.width }
    }

    /// rms of Z_B, from BᵀB in f32 where that is accurate enough.
    pub fn zb_rms(&self) -> f64 {
        let (norms, za) = (self.norms(), self.za_now());
        let blocks =
            self.blocks.iter().map(|block| &block.b.value[block.part(self.position, self.rank())]);
        norms
            .quick_zb_rms(&za, self.rank(), &blocks.collect::<Vec<_>>())
            .unwrap_or_else(|| norms.zb_rms(&za, &self.gram_now()))
    }

    /// A record with the norms of Z_A and Z_B filled in.
    pub fn features(&self) -> Record {
        self.norms().features(&self.za_now(), &self.gram_now())
    }

    /// rms of s B_{t−1} ΔZ_A, s ΔB Z_{A,t−1} and s ΔB ΔZ_A, given Z_{A,t−1} (r × train columns).
    pub fn deltas(&self, za_previous: &[f32]) -> [f64; 3] {
        let frozen = self.shared.frozen;
        let before = self.za_rows(za_previous, frozen.columns.train_padded());
        let now = self.za_now();
        let b_before = self.gram(|block| (&block.b_previous, None));
        let b_change = self.gram(|block| (&block.b.value, Some(&block.b_previous)));
        self.norms().deltas([&before, &now], [&b_before, &b_change])
    }

    /// rms entry of A − A_0 and of B − B_0.
    pub fn movement(&self) -> (f64, f64) {
        let entries = (self.shared.frozen.width * self.rank()) as f64;
        let (mut a, mut b) = (0.0, 0.0);
        for block in self.blocks {
            let part = block.part(self.position, self.rank());
            let squares = |value: &[f32], start: &[f32]| {
                kernels::squared_distance(
                    self.shared.isa,
                    &value[part.clone()],
                    &start[part.clone()],
                )
            };
            a += squares(&block.a.value, &block.a.start);
            b += squares(&block.b.value, &block.b.start);
        }
        ((a / entries).sqrt(), (b / entries).sqrt())
    }

    fn za_now(&self) -> Rows {
        self.za_rows(self.za, self.shared.frozen.h.stride())
    }

    fn gram_now(&self) -> Vec<f64> {
        self.gram(|block| (&block.b.value, None))
    }

    /// The training samples of r rows that lie `stride` apart.
    fn za_rows(&self, za: &[f32], stride: usize) -> Rows {
        let samples = self.shared.frozen.columns.train;
        let wide = |row: &[f32]| {
            let mut out = vec![0.0; samples];
            kernels::widen(self.shared.isa, &row[..samples], None, &mut out);
            out
        };
        za.chunks(stride).map(wide).collect()
    }

    /// The Gram matrix of B, or of a change of B that is given as two matrices to subtract.
    fn gram<'s>(
        &'s self,
        matrix: impl Fn(&'s NeuronBlock) -> (&'s Vec<f32>, Option<&'s Vec<f32>>),
    ) -> Vec<f64> {
        let blocks = self.blocks.iter().map(|block| {
            let part = block.part(self.position, self.rank());
            let (value, minus) = matrix(block);
            (&value[part.clone()], minus.map(|minus| &minus[part]))
        });
        self.norms().gram_in_parallel(self.rank(), &blocks.collect::<Vec<_>>())
    }
}

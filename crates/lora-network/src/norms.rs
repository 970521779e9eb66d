//! Norms of the features of all layers.

use lora_sim::{FeatureNorms, Record, Rows};
use ndarray::Array2;

use crate::factors::{Factors, entries};
use crate::network::Network;
use crate::pass::Pass;

/// Z_A and BᵀB of every layer.
#[derive(Default)]
pub struct Features {
    za: Vec<Rows>,
    grams: Vec<Vec<f64>>,
}

impl Features {
    /// Those of a forward pass at A and B.
    pub fn of(network: &Network, pass: &Pass, factors: &Factors) -> Self {
        let za = pass.za.iter().map(rows).collect();
        Self { za, grams: network.grams(factors, None) }
    }
}

impl Network {
    /// The norms of Z_A and Z_B, as roots of mean squares over the layers.
    pub fn features(&self, now: &Features) -> Record {
        let norms = self.norms();
        let of = |(za, gram): (&Rows, &Vec<f64>)| {
            let found = norms.features(za, gram);
            [found.za_rms, found.za_norm, found.zb_rms, found.zb_norm]
        };
        let [za_rms, za_norm, zb_rms, zb_norm] = over_layers(now.za.iter().zip(&now.grams).map(of));
        Record { za_rms, za_norm, zb_rms, zb_norm, ..Record::default() }
    }

    /// The rms of δ1, δ2 and δ3 over the layers, given what stood before the update and Bᵀ then.
    pub fn deltas(
        &self,
        [before, now]: [&Features; 2],
        factors: &Factors,
        b_before: &Array2<f32>,
    ) -> [f64; 3] {
        let (norms, changes) = (self.norms(), self.grams(factors, Some(b_before)));
        let of = |layer: usize| {
            let za = [&before.za[layer], &now.za[layer]];
            norms.deltas(za, [&before.grams[layer], &changes[layer]])
        };
        over_layers((0..self.layers()).map(of))
    }

    /// The Gram matrix of every layer's B, or of B less what is given, L r × n.
    fn grams(&self, factors: &Factors, minus: Option<&Array2<f32>>) -> Vec<Vec<f64>> {
        let (rank, size) = (self.model.rank, self.model.rank * self.width());
        let (now, minus) = (entries(&factors.b.value), minus.map(entries));
        let of = |layer: usize| {
            let own = layer * size..(layer + 1) * size;
            self.norms().gram(rank, &[(&now[own.clone()], minus.map(|minus| &minus[own]))])
        };
        (0..self.layers()).map(of).collect()
    }

    fn norms(&self) -> FeatureNorms {
        FeatureNorms { isa: self.isa, multiplier: self.model.multiplier, width: self.width() }
    }
}

/// Roots of mean squares. Those of a single layer are its own, to the bit.
fn over_layers<const N: usize>(mut each: impl ExactSizeIterator<Item = [f64; N]>) -> [f64; N] {
    let layers = each.len();
    if layers == 1 {
        return each.next().unwrap_or([f64::NAN; N]);
    }
    let mut squares = [0.0; N];
    for layer in each {
        squares.iter_mut().zip(layer).for_each(|(sum, x)| *sum += x * x);
    }
    squares.map(|sum| (sum / layers as f64).sqrt())
}

/// The rows of a matrix in f64.
fn rows(matrix: &Array2<f32>) -> Rows {
    matrix.rows().into_iter().map(|row| row.iter().map(|&x| f64::from(x)).collect()).collect()
}

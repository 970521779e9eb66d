//! The neurons over which expectations are taken.
//!
//! Each side has its own: A enters the network only through A Z and B row by row, so that the two
//! meet in e, U and V alone, and the expectation over z and the one over h may be taken apart. Neurons
//! come in pairs y, −y (and h, −h), which integrates every odd function exactly.

use lora_sim::spec::Model;
use ndarray::Array2;

use crate::gaussian::Root;
use crate::points::Points;
use crate::rows::activate;
use crate::sequence::{Sequence, Side};

/// How many neurons stand for infinitely many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quadrature {
    /// M, the neurons of each side, an even number.
    pub neurons: usize,
    /// Independent repetitions, at least two, whose spread is the error estimate.
    pub replicates: usize,
    /// Seed of the repetitions' random shifts.
    pub seed: u64,
}

impl Default for Quadrature {
    /// 2048 neurons, four times.
    fn default() -> Self {
        Self { neurons: 2048, replicates: 4, seed: 0 }
    }
}

impl Quadrature {
    /// Normals of neuron `i` of a replicate, `sign` being −1 for the second of a pair.
    fn paired(
        self,
        replicate: usize,
        side: Side,
        size: usize,
    ) -> impl Fn(usize, &mut [f64]) + Sync {
        let points = Sequence::new(self.seed, replicate, side, size);
        move |i, out| {
            points.fill(i / 2, out);
            if i % 2 == 1 {
                out.iter_mut().for_each(|x| *x = -*x);
            }
        }
    }

    /// z = φ(y), M × P.
    pub(crate) fn inner(self, replicate: usize, model: &Model, points: &Points) -> Array2<f64> {
        let d = points.x.nrows();
        let fill = self.paired(replicate, Side::Inner, d);
        let mut weights = Array2::zeros((self.neurons, d));
        for (i, mut row) in weights.rows_mut().into_iter().enumerate() {
            fill(i, row.as_slice_mut().expect("contiguous"));
        }
        let mut z = weights.dot(&points.x).as_standard_layout().into_owned();
        z /= (d.max(1) as f64).sqrt();
        activate(model.activation, z.as_slice_mut().expect("standard layout"));
        z
    }

    /// h, M × P, given the root of its covariance.
    pub(crate) fn outer(self, replicate: usize, root: &Root, points: usize) -> Array2<f64> {
        let fill = self.paired(replicate, Side::Outer, root.dimension());
        root.vectors(self.neurons, points, fill)
    }

    /// Rows of B_0, M × r.
    pub(crate) fn decoder(self, replicate: usize, model: &Model) -> Array2<f64> {
        let fill = self.paired(replicate, Side::Decoder, model.rank);
        let std = model.b_scale / (model.rank as f64).sqrt();
        let mut b = Array2::zeros((self.neurons, model.rank));
        for (i, mut row) in b.rows_mut().into_iter().enumerate() {
            fill(i, row.as_slice_mut().expect("contiguous"));
        }
        b * std
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::LimitError;
    use crate::gaussian::{of_inputs, of_preactivations, second_moment};

    /// E[z zᵀ] and E[h hᵀ] over a population against closed forms, in units of the largest entry.
    #[test]
    fn populations_have_the_moments_of_their_laws() -> Result<(), LimitError> {
        let model = Model { points: 12, test_points: 4, ..Model::default() };
        let points = Points::draw(&model, 0)?;
        let quadrature = Quadrature { neurons: 1 << 16, ..Quadrature::default() };
        let inputs = of_inputs(points.x.view());
        let largest = |m: &Array2<f64>| m.iter().fold(0.0f64, |x, y| x.max(y.abs()));
        let gap = |rows: Array2<f64>, exact: &Array2<f64>| {
            let moment = rows.t().dot(&rows) / rows.nrows() as f64;
            largest(&(moment - exact)) / largest(exact)
        };
        let z =
            gap(quadrature.inner(0, &model, &points), &second_moment(model.activation, &inputs));
        assert!(z < 1e-3, "{z}");
        let c = of_preactivations(&model, &inputs);
        let h = gap(quadrature.outer(0, &Root::new(&c)?, points.all()), &c);
        assert!(h < 2e-3, "{h}");
        Ok(())
    }
}

//! The neurons over which expectations are taken.
//!
//! Each side has its own: A enters the network only through A Z and B row by row, so that the two
//! meet in e, U and V alone, and the expectation over z and the one over h may be taken apart. Neurons
//! come in pairs y, −y (and h, −h, or both h and B_0 with either sign), which integrates every odd
//! function exactly.

use lora_sim::spec::Model;
use ndarray::Array2;

use crate::points::Points;
use crate::root::Root;
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
    /// The same with shifts that a run of this width and seed has to itself. An error that all runs had in
    /// common would be a floor under their distances that no interval over seeds could show.
    pub fn of_run(self, width: usize, seed: u64) -> Self {
        let mixed = [width as u64, seed].into_iter().fold(self.seed, |mixed, part| {
            // The finalizer of SplitMix64, a bijection.
            let x = mixed.wrapping_add(part).wrapping_add(0x9e37_79b9_7f4a_7c15);
            let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            x ^ (x >> 31)
        });
        Self { seed: mixed, ..self }
    }

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

    /// Rows of B_0, M × r, and h, M × P, given the root of its covariance. B_0 has the first r
    /// coordinates of one sequence and h has the rest: they are independent.
    pub(crate) fn motion(
        self,
        replicate: usize,
        model: &Model,
        root: Option<&Root>,
        points: usize,
    ) -> (Array2<f64>, Option<Array2<f64>>) {
        let rank = model.rank;
        let dimension = rank + root.map_or(0, Root::dimension);
        let fill = self.paired(replicate, Side::Motion, dimension);
        let std = model.b_scale / (rank as f64).sqrt();
        let mut b = Array2::zeros((self.neurons, rank));
        for (i, mut row) in b.rows_mut().into_iter().enumerate() {
            fill(i, row.as_slice_mut().expect("contiguous"));
        }
        let rest = |i: usize, out: &mut [f64]| {
            let mut normals = vec![0.0; dimension];
            fill(i, &mut normals);
            out.copy_from_slice(&normals[rank..]);
        };
        let h = root.map(|root| root.vectors(self.neurons, points, rest));
        (b * std, h)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::error::LimitError;
    use crate::gaussian::{of_inputs, of_preactivations, second_moment};
    use ndarray::Axis;

    #[test]
    fn no_two_runs_share_the_shifts_of_their_quadrature() {
        let quadrature = Quadrature::default();
        let seeds = |seed: u64| [64, 128, 256].map(|n| quadrature.of_run(n, seed).seed);
        let all: BTreeSet<u64> = (0..100).flat_map(seeds).collect();
        assert_eq!(all.len(), 300);
        let other = Quadrature { seed: 1, ..quadrature };
        assert_ne!(other.of_run(64, 0), Quadrature { seed: 1, ..quadrature.of_run(64, 0) });
        assert_ne!(other.of_run(64, 0).seed, quadrature.of_run(64, 0).seed);
    }

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

    /// h and B_0 of one neuron are independent: the largest of their correlations E[h_i B_0k] tends to
    /// zero as M grows, and so does that of their squares.
    #[test]
    fn h_and_b_of_a_motion_are_independent() -> Result<(), LimitError> {
        let model = Model { points: 12, test_points: 4, rank: 3, ..Model::default() };
        let points = Points::draw(&model, 0)?;
        let root = Root::new(&of_preactivations(&model, &of_inputs(points.x.view())))?;
        let dependence = |neurons: usize, replicate: usize| {
            let quadrature = Quadrature { neurons, ..Quadrature::default() };
            let (b, h) = quadrature.motion(replicate, &model, Some(&root), points.all());
            let h = h.expect("a root was given");
            let correlation = |x: &Array2<f64>, y: &Array2<f64>| {
                let centred = |m: &Array2<f64>| {
                    let m = m - &m.mean_axis(Axis(0)).expect("neurons");
                    let spread = m.mapv(|x| x * x).mean_axis(Axis(0)).expect("neurons");
                    m / spread.mapv(f64::sqrt)
                };
                let moment = centred(x).t().dot(&centred(y)) / neurons as f64;
                moment.iter().fold(0.0f64, |x, y| x.max(y.abs()))
            };
            let squares = |m: &Array2<f64>| m.mapv(|x| x * x);
            correlation(&h, &b).max(correlation(&squares(&h), &squares(&b)))
        };
        let [few, many] = [1 << 8, 1 << 14]
            .map(|neurons| (0..4).map(|i| dependence(neurons, i)).fold(0.0, f64::max));
        assert!(many < 0.04 && many < few / 5.0, "{few} {many}");
        Ok(())
    }
}

//! Covariances of the frozen student's features, and Gaussian vectors with them.
//!
//! Over one neuron y ~ N(0, XᵀX/d), z = φ(y), and h = y + g with g ~ N(0, K) independent of y and
//! K = E[φ(y) φ(y)ᵀ]. Then h ~ N(0, XᵀX/d + K), u⁰ = A_0 Z has rows N(0, K), and the frozen output
//! f⁰ of the standard readout is N(0, E[φ(h) φ(h)ᵀ]).

use std::f64::consts::PI;

use lora_sim::spec::{Activation, Hidden, Model};
use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use crate::error::LimitError;
use crate::rows::add_scaled;

/// XᵀX/d of inputs X, d × P.
pub(crate) fn of_inputs(x: ArrayView2<f64>) -> Array2<f64> {
    x.t().dot(&x) / x.nrows().max(1) as f64
}

/// E[φ(y) φ(y)ᵀ] for y ~ N(0, C), in closed form: for relu the arc-cosine kernel
/// √(C_ii C_jj) (sin θ + (π − θ) cos θ)/(2π), where θ is the angle of i and j.
///
/// # Errors
/// [`LimitError::Unsupported`] for another φ than relu.
pub(crate) fn second_moment(phi: Activation, c: &Array2<f64>) -> Result<Array2<f64>, LimitError> {
    if phi != Activation::Relu {
        return Err(LimitError::Unsupported { what: "a kernel of another φ than relu" });
    }
    Ok(Array2::from_shape_fn(c.dim(), |(i, j)| {
        let scale = (c[(i, i)] * c[(j, j)]).sqrt();
        if scale == 0.0 {
            return 0.0;
        }
        let cosine = (c[(i, j)] / scale).clamp(-1.0, 1.0);
        let angle = cosine.acos();
        scale * (angle.sin() + (PI - angle) * cosine) / (2.0 * PI)
    }))
}

/// The covariance of h over one neuron.
///
/// # Errors
/// [`LimitError::Unsupported`] for a Gaussian W_h with another φ than relu.
pub(crate) fn of_preactivations(
    model: &Model,
    inputs: &Array2<f64>,
) -> Result<Array2<f64>, LimitError> {
    match model.hidden {
        Hidden::Zero => Ok(inputs.clone()),
        Hidden::Gaussian => Ok(inputs + &second_moment(model.activation, inputs)?),
    }
}

/// A root R of a covariance C = RᵀR. Its rows descend in size, so that the first coordinates of a
/// quasi-random point carry most of the variance.
#[derive(Clone, Debug)]
pub(crate) struct Root(Vec<Vec<f64>>);

impl Root {
    /// Takes the root of C, one row for each eigenvalue above rounding.
    ///
    /// # Errors
    /// [`LimitError::Eigen`] if the eigendecomposition does not converge.
    pub fn new(c: &Array2<f64>) -> Result<Self, LimitError> {
        let size = c.nrows();
        let matrix = DMatrix::from_fn(size, size, |i, j| c[(i, j)]);
        let eigen = SymmetricEigen::try_new(matrix, f64::EPSILON, 100 * size.max(1))
            .ok_or(LimitError::Eigen { size })?;
        let mut order: Vec<usize> = (0..size).collect();
        order.sort_by(|&i, &j| eigen.eigenvalues[j].total_cmp(&eigen.eigenvalues[i]));
        let floor = order.first().map_or(0.0, |&i| eigen.eigenvalues[i]) * size as f64 * 1e-15;
        order.retain(|&i| eigen.eigenvalues[i] > floor);
        let row = |&i: &usize| {
            let scale = eigen.eigenvalues[i].sqrt();
            // The sign of an eigenvector is arbitrary: fix it.
            let column = eigen.eigenvectors.column(i);
            let sign = column.iter().find(|x| x.abs() > 1e-9).map_or(1.0, |x| x.signum());
            column.iter().map(|x| sign * scale * x).collect()
        };
        Ok(Self(order.iter().map(row).collect()))
    }

    /// Number of normals that a vector is made of.
    pub fn dimension(&self) -> usize {
        self.0.len()
    }

    /// The vector Σ_j ξ_j R_j.
    pub fn combine(&self, normals: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (normal, row) in normals.iter().zip(&self.0) {
            add_scaled(out, *normal, row);
        }
    }

    /// `count` vectors over `points` points; `fill` gives the normals of each.
    pub fn vectors(
        &self,
        count: usize,
        points: usize,
        fill: impl Fn(usize, &mut [f64]) + Sync,
    ) -> Array2<f64> {
        let mut out = Array2::zeros((count, points));
        let rows = out.as_slice_mut().expect("standard layout");
        rows.par_chunks_mut(points.max(1)).enumerate().for_each(|(i, out)| {
            let mut normals = vec![0.0; self.dimension()];
            fill(i, &mut normals);
            self.combine(&normals, out);
        });
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_arc_cosine_kernel_at_three_angles() -> Result<(), LimitError> {
        let c = array![[2.0, 0.0, -2.0], [0.0, 2.0, 0.0], [-2.0, 0.0, 2.0]];
        let k = second_moment(Activation::Relu, &c)?;
        // E[relu²] = C/2; independent: (√C/√2π)²; opposite: 0.
        assert!((k[(0, 0)] - 1.0).abs() < 1e-15);
        assert!((k[(0, 1)] - 2.0 / (2.0 * PI)).abs() < 1e-15);
        assert!(k[(0, 2)].abs() < 1e-15);
        Ok(())
    }

    #[test]
    fn a_root_gives_its_covariance_back() -> Result<(), LimitError> {
        let c = array![[2.0, 0.5, 1.0], [0.5, 1.0, 0.25], [1.0, 0.25, 0.5]];
        let root = Root::new(&c)?;
        assert_eq!(root.dimension(), 2); // the third column is half the first
        let r = Array2::from_shape_fn((2, 3), |(i, j)| root.0[i][j]);
        assert!((r.t().dot(&r) - &c).iter().all(|x| x.abs() < 1e-12));
        Ok(())
    }
}

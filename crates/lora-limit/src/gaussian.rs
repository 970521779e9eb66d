//! Covariances of the frozen student's features, and Gaussian vectors with them.
//!
//! Over one neuron y ~ N(0, XᵀX/d), z = φ(y), and h = y + g with g ~ N(0, K) independent of y and
//! K = E[φ(y) φ(y)ᵀ]. Then h ~ N(0, XᵀX/d + K), u⁰ = A_0 Z has rows N(0, K), and the frozen output
//! f⁰ of the standard readout is N(0, E[φ(h) φ(h)ᵀ]).

use std::f64::consts::PI;

use lora_sim::activation::value;
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

/// E[φ(y) φ(y)ᵀ] for y ~ N(0, C).
///
/// For relu it is the arc-cosine kernel √(C_ii C_jj) (sin θ + (π − θ) cos θ)/(2π), where θ is the
/// angle of i and j. For a smooth φ it is Mehler's series Σ_k c_k(σ_i) c_k(σ_j) ρ_ij^k, where σ and ρ
/// are standard deviations and correlations, and c_k(σ) = E[φ(σx) He_k(x)]/√k!.
pub(crate) fn second_moment(phi: Activation, c: &Array2<f64>) -> Array2<f64> {
    let deviations: Vec<f64> = c.diag().iter().map(|c| c.max(0.0).sqrt()).collect();
    let correlation = |i: usize, j: usize| {
        let scale = deviations[i] * deviations[j];
        if scale == 0.0 { 0.0 } else { (c[(i, j)] / scale).clamp(-1.0, 1.0) }
    };
    if phi == Activation::Relu {
        return Array2::from_shape_fn(c.dim(), |(i, j)| {
            let cosine = correlation(i, j);
            let angle = cosine.acos();
            let turned = angle.sin() + (PI - angle) * cosine;
            deviations[i] * deviations[j] * turned / (2.0 * PI)
        });
    }
    let series: Vec<_> = deviations.iter().map(|sigma| hermite_series(phi, *sigma)).collect();
    Array2::from_shape_fn(c.dim(), |(i, j)| {
        let products = series[i].iter().zip(&series[j]).map(|(x, y)| x * y);
        products.rev().fold(0.0, |sum, product| sum * correlation(i, j) + product)
    })
}

/// Terms of Mehler's series. Those of tanh and GELU decay like powers of a number below 1.
const TERMS: usize = 64;

/// E[φ(σx) He_k(x)]/√k! for k below [`TERMS`], by the trapezoidal rule, which converges faster than any
/// power for a smooth φ.
fn hermite_series(phi: Activation, sigma: f64) -> [f64; TERMS] {
    const STEP: f64 = 0.05;
    let mut series = [0.0; TERMS];
    for i in -240..=240 {
        let x = STEP * f64::from(i);
        let weight = STEP * (-0.5 * x * x).exp() / (2.0 * PI).sqrt() * value(phi, sigma * x);
        let (mut before, mut now) = (0.0, 1.0);
        for (k, coefficient) in series.iter_mut().enumerate() {
            *coefficient += weight * now;
            let k = k as f64;
            (before, now) = (now, (x * now - k.sqrt() * before) / (k + 1.0).sqrt());
        }
    }
    series
}

/// The covariance of h over one neuron.
pub(crate) fn of_preactivations(model: &Model, inputs: &Array2<f64>) -> Array2<f64> {
    match model.hidden {
        Hidden::Zero => inputs.clone(),
        Hidden::Gaussian => inputs + &second_moment(model.activation, inputs),
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
    fn the_arc_cosine_kernel_at_three_angles() {
        let c = array![[2.0, 0.0, -2.0], [0.0, 2.0, 0.0], [-2.0, 0.0, 2.0]];
        let k = second_moment(Activation::Relu, &c);
        // E[relu²] = C/2; independent: (√C/√2π)²; opposite: 0.
        assert!((k[(0, 0)] - 1.0).abs() < 1e-15);
        assert!((k[(0, 1)] - 2.0 / (2.0 * PI)).abs() < 1e-15);
        assert!(k[(0, 2)].abs() < 1e-15);
    }

    /// E[tanh(σx)²] by a plain sum, at correlation 1, where Mehler's series converges slowest.
    #[test]
    fn a_smooth_kernel_on_its_diagonal() {
        for phi in [Activation::Tanh, Activation::Gelu] {
            for variance in [0.04f64, 1.0, 4.0] {
                let c = array![[variance, -variance], [-variance, variance]];
                let k = second_moment(phi, &c);
                let mean = |f: &dyn Fn(f64) -> f64| {
                    let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * PI).sqrt();
                    let at = |i: i32| 0.01 * f64::from(i);
                    (-900..=900)
                        .map(|i| 0.01 * density(at(i)) * f(variance.sqrt() * at(i)))
                        .sum::<f64>()
                };
                let exact = mean(&|y| value(phi, y) * value(phi, y));
                assert!(
                    (k[(0, 0)] - exact).abs() < 2e-4,
                    "{phi:?} {variance}: {} {exact}",
                    k[(0, 0)]
                );
                let opposite = mean(&|y| value(phi, y) * value(phi, -y));
                assert!((k[(0, 1)] - opposite).abs() < 2e-4, "{phi:?} {variance}");
            }
        }
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

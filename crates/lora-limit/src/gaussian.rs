//! Covariances of the frozen student's features.
//!
//! Over one neuron y ~ N(0, XᵀX/d), z = φ(y), and h = y + g with g ~ N(0, K) independent of y and
//! K = E[φ(y) φ(y)ᵀ]. Then h ~ N(0, XᵀX/d + K), u⁰ = A_0 Z has rows N(0, K), and the frozen output
//! f⁰ of the standard readout is N(0, E[φ(h) φ(h)ᵀ]).

use std::f64::consts::PI;

use lora_sim::activation::value;
use lora_sim::spec::{Activation, Hidden, Model};
use ndarray::{Array2, ArrayView2};

use crate::points::Points;

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

/// rms over points and neurons of the frozen student's pre-activation h.
pub fn rms_preactivation(model: &Model, points: &Points) -> f64 {
    let variance = |x: ndarray::ArrayView1<f64>| {
        let norm = x.dot(&x) / x.len().max(1) as f64;
        of_preactivations(model, &Array2::from_elem((1, 1), norm))[(0, 0)]
    };
    let sum: f64 = points.x.columns().into_iter().map(variance).sum();
    (sum / points.x.ncols().max(1) as f64).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// With relu h has the variance |x|²/d + |x|²/(2d).
    #[test]
    fn the_size_of_h_is_that_of_inputs_and_hidden_features() {
        let points = Points {
            x: array![[2.0, 0.0], [0.0, 4.0]],
            targets: ndarray::Array1::zeros(2),
            train: 2,
        };
        let mut model = Model { input_dim: 2, ..Model::default() };
        // |x|²/d is 2 and 8.
        assert!((rms_preactivation(&model, &points) - 7.5f64.sqrt()).abs() < 1e-12);
        model.hidden = Hidden::Zero;
        assert!((rms_preactivation(&model, &points) - 5f64.sqrt()).abs() < 1e-12);
    }

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
}

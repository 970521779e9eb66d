//! LayerNorm and RMSNorm.
//!
//! With x a row and n its length:
//! LayerNorm: x̂ = (x − μ)/σ, μ = mean(x), σ² = mean((x − μ)²) + ε, y = γ x̂ + β;
//! RMSNorm: the same with μ = 0 and without β.

use ndarray::{Array2, Axis};

use super::inputs::Gradients;
use super::parameters::Parameters;

/// What the backward pass needs of a forward pass.
pub(super) struct Normalized {
    /// x̂, row by row.
    unit: Array2<f64>,
    /// σ of each row.
    deviations: Vec<f64>,
    /// Whether μ was subtracted.
    centred: bool,
}

/// x̂ of every row.
fn normalize(x: &Array2<f64>, centred: bool, epsilon: f64) -> Normalized {
    let width = x.ncols() as f64;
    let mut unit = x.clone();
    let mut deviations = Vec::new();
    for mut row in unit.rows_mut() {
        if centred {
            let mean = row.sum() / width;
            row -= mean;
        }
        let deviation = (row.dot(&row) / width + epsilon).sqrt();
        row /= deviation;
        deviations.push(deviation);
    }
    Normalized { unit, deviations, centred }
}

/// ∂loss/∂x from g = ∂loss/∂x̂: (g − mean(g) − x̂ mean(g x̂))/σ, without mean(g) where μ = 0.
fn normalize_backward(kept: &Normalized, g: &Array2<f64>) -> Array2<f64> {
    let width = g.ncols() as f64;
    let mut dx = g.clone();
    for ((mut row, unit), deviation) in
        dx.rows_mut().into_iter().zip(kept.unit.rows()).zip(&kept.deviations)
    {
        let along = row.dot(&unit) / width;
        let mean = if kept.centred { row.sum() / width } else { 0.0 };
        row -= mean;
        row.scaled_add(-along, &unit);
        row /= *deviation;
    }
    dx
}

/// y of the family's norm, and what [`backward`] needs.
pub(super) fn forward(
    model: Parameters,
    module: &str,
    x: &Array2<f64>,
) -> (Array2<f64>, Normalized) {
    let centred = !model.config.family.is_causal();
    let kept = normalize(x, centred, model.config.norm_epsilon);
    let mut y = &kept.unit * model.weight(module);
    if let Some(bias) = model.bias(module).filter(|_| centred) {
        y += bias;
    }
    (y, kept)
}

/// Adds dγ = Σ g x̂ and dβ = Σ g over the rows, and returns ∂loss/∂x.
pub(super) fn backward(
    model: Parameters,
    module: &str,
    kept: &Normalized,
    g: &Array2<f64>,
    sums: &mut Gradients,
) -> Array2<f64> {
    let over_rows = |m: &Array2<f64>| m.sum_axis(Axis(0)).insert_axis(Axis(0));
    sums.add(&model.weight_name(module), &over_rows(&(g * &kept.unit)));
    if kept.centred && model.bias(module).is_some() {
        sums.add(&format!("{module}.bias"), &over_rows(g));
    }
    normalize_backward(kept, &(g * model.weight(module)))
}

#[cfg(test)]
mod tests {
    use super::super::difference::{derivative, inner};
    use super::super::random::normals;
    use super::*;

    #[test]
    fn rows_have_mean_zero_and_mean_square_one() {
        let x = 3.0 + normals("x", 1, [4, 9]);
        for row in normalize(&x, true, 0.0).unit.rows() {
            assert!(row.sum().abs() < 1e-13 && (row.dot(&row) / 9.0 - 1.0).abs() < 1e-13);
        }
        for row in normalize(&x, false, 0.0).unit.rows() {
            assert!(row.sum() > 1.0 && (row.dot(&row) / 9.0 - 1.0).abs() < 1e-13);
        }
    }

    #[test]
    fn the_backward_pass_is_the_difference() {
        let [x, d, g] = ["x", "d", "g"].map(|name| normals(name, 2, [5, 8]));
        for centred in [true, false] {
            // An ε as large as the variance shows where it belongs.
            for epsilon in [1e-12, 0.7] {
                let along = |t: f64| inner(&normalize(&(&x + t * &d), centred, epsilon).unit, &g);
                let want = derivative(along, 2e-3);
                let dx = normalize_backward(&normalize(&x, centred, epsilon), &g);
                let got = inner(&dx, &d);
                assert!((got - want).abs() < 1e-9 * want.abs(), "{got} {want}");
            }
        }
    }
}

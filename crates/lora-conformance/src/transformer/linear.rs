//! A linear module with LoRA: Y = X Wᵀ + 1 bᵀ + s (X Aᵀ) Bᵀ, which is W x + b + s B A x for each row x.

use ndarray::{Array2, Axis};

use super::inputs::Gradients;
use super::parameters::Parameters;

/// Y of the module.
pub(super) fn forward(model: Parameters, module: &str, x: &Array2<f64>) -> Array2<f64> {
    let mut y = x.dot(&model.weight(module).t());
    if let Some(bias) = model.bias(module) {
        y += bias;
    }
    for (_, adapter) in model.adapters_on(module) {
        y.scaled_add(adapter.scaling, &x.dot(&adapter.a.t()).dot(&adapter.b.t()));
    }
    y
}

/// Adds to the module's gradients and returns ∂loss/∂X:
/// dW = Gᵀ X, db = Gᵀ 1, dB = s Gᵀ X Aᵀ, dA = s (G B)ᵀ X, dX = G W + s G B A.
pub(super) fn backward(
    model: Parameters,
    module: &str,
    x: &Array2<f64>,
    g: &Array2<f64>,
    sums: &mut Gradients,
) -> Array2<f64> {
    sums.add(&model.weight_name(module), &g.t().dot(x));
    if model.bias(module).is_some() {
        let bias = g.sum_axis(Axis(0)).insert_axis(Axis(0));
        sums.add(&format!("{module}.bias"), &bias);
    }
    let mut dx = g.dot(model.weight(module));
    for (place, adapter) in model.adapters_on(module) {
        let s = adapter.scaling;
        let g_b = g.dot(&adapter.b);
        let (da, db) = &mut sums.adapters[place];
        da.scaled_add(s, &g_b.t().dot(x));
        db.scaled_add(s, &g.t().dot(&x.dot(&adapter.a.t())));
        dx.scaled_add(s, &g_b.dot(&adapter.a));
    }
    dx
}

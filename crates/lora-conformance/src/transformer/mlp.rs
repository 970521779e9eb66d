//! The MLP: W_out φ(W_in x), or gated, W_down (φ(W_gate x) ∘ W_up x).

use ndarray::Array2;

use super::activation::{slope, value};
use super::inputs::Gradients;
use super::linear;
use super::names::Block;
use super::parameters::Parameters;

/// What the backward pass needs of a forward pass.
pub(super) struct Trace {
    input: Array2<f64>,
    /// The argument of φ.
    pre: Array2<f64>,
    /// W_up x of a gated MLP.
    up: Option<Array2<f64>>,
    /// The input of W_out or W_down.
    inside: Array2<f64>,
}

/// W_out φ(W_in x).
pub(super) fn forward(model: Parameters, names: &Block, x: &Array2<f64>) -> (Array2<f64>, Trace) {
    let pre = linear::forward(model, &names.mlp_in, x);
    let inside = pre.mapv(|u| value(model.config.activation, u));
    let y = linear::forward(model, &names.mlp_out, &inside);
    (y, Trace { input: x.clone(), pre, up: None, inside })
}

/// W_down (φ(W_gate x) ∘ W_up x), which is SwiGLU if φ is SiLU.
pub(super) fn forward_gated(
    model: Parameters,
    names: &Block,
    x: &Array2<f64>,
) -> (Array2<f64>, Trace) {
    let pre = linear::forward(model, &names.gate, x);
    let up = linear::forward(model, &names.mlp_in, x);
    let inside = pre.mapv(|u| value(model.config.activation, u)) * &up;
    let y = linear::forward(model, &names.mlp_out, &inside);
    (y, Trace { input: x.clone(), pre, up: Some(up), inside })
}

/// ∂loss/∂x. With H = ∂loss/∂(input of W_out): dpre = H ∘ φ'(pre), and gated
/// dpre = H ∘ up ∘ φ'(pre), dup = H ∘ φ(pre).
pub(super) fn backward(
    model: Parameters,
    names: &Block,
    trace: &Trace,
    g: &Array2<f64>,
    sums: &mut Gradients,
) -> Array2<f64> {
    let activation = model.config.activation;
    let h = linear::backward(model, &names.mlp_out, &trace.inside, g, sums);
    let slopes = trace.pre.mapv(|u| slope(activation, u));
    let Some(up) = &trace.up else {
        return linear::backward(model, &names.mlp_in, &trace.input, &(&h * &slopes), sums);
    };
    let dpre = &h * up * &slopes;
    let dup = &h * &trace.pre.mapv(|u| value(activation, u));
    linear::backward(model, &names.gate, &trace.input, &dpre, sums)
        + linear::backward(model, &names.mlp_in, &trace.input, &dup, sums)
}

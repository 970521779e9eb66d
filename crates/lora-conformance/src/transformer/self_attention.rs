//! Self-attention with its linear modules: O-projection(attention(Q, K, V)), where query and key are
//! rotated if the model has rotary positions.

use lora_checkpoint::{Config, Positions};
use ndarray::Array2;

use super::attention::{self, Heads};
use super::inputs::Gradients;
use super::linear;
use super::names::Block;
use super::parameters::Parameters;
use super::rotary;

/// What the backward pass needs of a forward pass.
pub(super) struct Trace {
    input: Array2<f64>,
    /// Rotated.
    query: Array2<f64>,
    /// Rotated.
    key: Array2<f64>,
    value: Array2<f64>,
    probabilities: Vec<Array2<f64>>,
    /// All heads side by side.
    attended: Array2<f64>,
}

fn heads(config: &Config) -> Heads {
    Heads {
        queries: config.heads,
        keys: config.key_value_heads,
        size: config.head_dim,
        causal: config.family.is_causal(),
    }
}

/// The branch's output.
pub(super) fn forward(model: Parameters, names: &Block, x: &Array2<f64>) -> (Array2<f64>, Trace) {
    let rotated = |x: Array2<f64>| match &model.config.positions {
        Positions::Learned { .. } => x,
        Positions::Rotary { inverse_frequencies } => {
            rotary::rotate(&x, model.config.head_dim, inverse_frequencies)
        }
    };
    let query = rotated(linear::forward(model, &names.query, x));
    let key = rotated(linear::forward(model, &names.key, x));
    let value = linear::forward(model, &names.value, x);
    let (attended, probabilities) = attention::forward(heads(model.config), [&query, &key, &value]);
    let y = linear::forward(model, &names.output, &attended);
    (y, Trace { input: x.clone(), query, key, value, probabilities, attended })
}

/// ∂loss/∂x.
pub(super) fn backward(
    model: Parameters,
    names: &Block,
    trace: &Trace,
    g: &Array2<f64>,
    sums: &mut Gradients,
) -> Array2<f64> {
    let rotated_back = |g: Array2<f64>| match &model.config.positions {
        Positions::Learned { .. } => g,
        Positions::Rotary { inverse_frequencies } => {
            rotary::rotate_back(&g, model.config.head_dim, inverse_frequencies)
        }
    };
    let g = linear::backward(model, &names.output, &trace.attended, g, sums);
    let [dq, dk, dv] = attention::backward(
        heads(model.config),
        [&trace.query, &trace.key, &trace.value],
        &trace.probabilities,
        &g,
    );
    linear::backward(model, &names.query, &trace.input, &rotated_back(dq), sums)
        + linear::backward(model, &names.key, &trace.input, &rotated_back(dk), sums)
        + linear::backward(model, &names.value, &trace.input, &dv, sums)
}

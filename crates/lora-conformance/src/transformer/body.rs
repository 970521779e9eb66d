//! The body of either kind: from ids to the last hidden states.

use ndarray::Array2;

use super::inputs::Gradients;
use super::parameters::Parameters;
use super::{decoder, encoder};

/// What the backward pass needs of a forward pass.
pub(super) enum Trace {
    Encoder(encoder::Trace),
    Decoder(decoder::Trace),
}

/// The last hidden states, one row for each token.
pub(super) fn forward(model: Parameters, ids: &[u32]) -> (Array2<f64>, Trace) {
    assert!(!ids.is_empty(), "a sequence has a token");
    let ids: Vec<usize> = ids.iter().map(|&id| id as usize).collect();
    if model.config.family.is_causal() {
        let (hidden, trace) = decoder::forward(model, &ids);
        (hidden, Trace::Decoder(trace))
    } else {
        let (hidden, trace) = encoder::forward(model, &ids);
        (hidden, Trace::Encoder(trace))
    }
}

/// Adds to all gradients of the body, given ∂loss/∂(last hidden states).
pub(super) fn backward(model: Parameters, trace: &Trace, g: &Array2<f64>, sums: &mut Gradients) {
    match trace {
        Trace::Encoder(trace) => encoder::backward(model, trace, g, sums),
        Trace::Decoder(trace) => decoder::backward(model, trace, g, sums),
    }
}

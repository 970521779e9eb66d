//! The whole model: logits, loss and gradients.

use lora_checkpoint::Config;
use ndarray::Array2;

use super::inputs::{Adapter, Gradients, Head, Sequence, Target, Weights};
use super::parameters::Parameters;
use super::{cross_entropy, decoder, encoder, head as heads};

/// The last hidden states, one row for each token. In a decoder they are behind the last norm.
pub fn hidden(
    config: &Config,
    weights: &Weights,
    adapters: &[Adapter],
    ids: &[u32],
) -> Array2<f64> {
    body(Parameters::new(config, weights, adapters), ids).0
}

/// Logits of one sequence: tokens × vocabulary, or 1 × labels.
pub fn logits(
    config: &Config,
    weights: &Weights,
    adapters: &[Adapter],
    head: Head,
    ids: &[u32],
) -> Array2<f64> {
    let model = Parameters::new(config, weights, adapters);
    heads::forward(model, head, &body(model, ids).0).0
}

/// Mean cross-entropy over all targets of the batch: every place that has one, or every sequence.
///
/// Sequences run alone, without padding. A batch without any target has the loss NaN, as in PyTorch.
pub fn loss(
    config: &Config,
    weights: &Weights,
    adapters: &[Adapter],
    head: Head,
    batch: &[Sequence],
) -> f64 {
    let total: f64 = batch
        .iter()
        .map(|sequence| {
            let logits = logits(config, weights, adapters, head, &sequence.ids);
            cross_entropy::sum(&logits, &targets(head, sequence)).0
        })
        .sum();
    total / count(head, batch)
}

/// The loss with its gradients by all adapters and all base tensors.
pub fn gradients(
    config: &Config,
    weights: &Weights,
    adapters: &[Adapter],
    head: Head,
    batch: &[Sequence],
) -> Gradients {
    let model = Parameters::new(config, weights, adapters);
    let count = count(head, batch);
    let mut sums = Gradients::zeros(weights, adapters);
    for sequence in batch {
        let (hidden, body_trace) = body(model, &sequence.ids);
        let (logits, head_trace) = heads::forward(model, head, &hidden);
        let (total, g) = cross_entropy::sum(&logits, &targets(head, sequence));
        sums.loss += total;
        let g = g / count;
        let g = heads::backward(model, head, &head_trace, hidden.nrows(), &g, &mut sums);
        body_backward(model, &body_trace, &g, &mut sums);
    }
    sums.loss /= count;
    sums
}

/// The target of each row of logits.
fn targets(head: Head, sequence: &Sequence) -> Vec<Option<u32>> {
    match (head, &sequence.target) {
        (Head::NextToken, Target::Next(targets)) => targets.clone(),
        (Head::Classifier { .. }, Target::Label(label)) => vec![Some(*label)],
        (head, target) => panic!("{head:?} cannot be trained on {target:?}"),
    }
}

/// Targets in the batch.
fn count(head: Head, batch: &[Sequence]) -> f64 {
    batch.iter().map(|sequence| targets(head, sequence).iter().flatten().count()).sum::<usize>()
        as f64
}

/// What the backward pass needs of a forward pass.
enum BodyTrace {
    Encoder(encoder::Trace),
    Decoder(decoder::Trace),
}

/// The last hidden states, one row for each token.
fn body(model: Parameters, ids: &[u32]) -> (Array2<f64>, BodyTrace) {
    assert!(!ids.is_empty(), "a sequence has a token");
    let ids: Vec<usize> = ids.iter().map(|&id| id as usize).collect();
    if model.config.family.is_causal() {
        let (hidden, trace) = decoder::forward(model, &ids);
        (hidden, BodyTrace::Decoder(trace))
    } else {
        let (hidden, trace) = encoder::forward(model, &ids);
        (hidden, BodyTrace::Encoder(trace))
    }
}

/// Adds to all gradients of the body, given ∂loss/∂(last hidden states).
fn body_backward(model: Parameters, trace: &BodyTrace, g: &Array2<f64>, sums: &mut Gradients) {
    match trace {
        BodyTrace::Encoder(trace) => encoder::backward(model, trace, g, sums),
        BodyTrace::Decoder(trace) => decoder::backward(model, trace, g, sums),
    }
}

//! From the last hidden states H to logits.
//!
//! Next token: `lm_head` on every row. Mean: `classifier` on the mean of all rows. First token h: BERT
//! and RoBERTa W_2 tanh(W_1 h + b_1) + b_2, DistilBERT W_2 relu(W_1 h + b_1) + b_2.

use lora_checkpoint::{Activation, Family};
use ndarray::{Array2, Axis};

use super::activation;
use super::inputs::{Gradients, Head, Pooling};
use super::linear;
use super::names::{self, CLASSIFIER, LM_HEAD};
use super::parameters::Parameters;

/// What the backward pass needs of a forward pass.
pub(super) struct Trace {
    /// The rows that enter the head.
    input: Array2<f64>,
    /// The argument of tanh or ReLU, if there is such a layer.
    pre: Option<Array2<f64>>,
    /// The input of the last module.
    inside: Array2<f64>,
}

/// Logits: a row for each token, or one row.
pub(super) fn forward(model: Parameters, head: Head, hidden: &Array2<f64>) -> (Array2<f64>, Trace) {
    let family = model.config.family;
    let input = pooled(head, hidden);
    let (pre, inside) = if has_dense(head) {
        let pre = linear::forward(model, names::head_dense(family), &input);
        let inside = pre.mapv(|u| value(family, u));
        (Some(pre), inside)
    } else {
        (None, input.clone())
    };
    let logits = linear::forward(model, last_module(family, head), &inside);
    (logits, Trace { input, pre, inside })
}

/// ∂loss/∂H for a sequence of `len` tokens.
pub(super) fn backward(
    model: Parameters,
    head: Head,
    trace: &Trace,
    len: usize,
    g: &Array2<f64>,
    sums: &mut Gradients,
) -> Array2<f64> {
    let family = model.config.family;
    let mut g = linear::backward(model, last_module(family, head), &trace.inside, g, sums);
    if let Some(pre) = &trace.pre {
        g *= &pre.mapv(|u| slope(family, u));
        g = linear::backward(model, names::head_dense(family), &trace.input, &g, sums);
    }
    pooled_backward(head, len, &g)
}

/// The rows of H that the head works on.
fn pooled(head: Head, hidden: &Array2<f64>) -> Array2<f64> {
    match head {
        Head::NextToken => hidden.clone(),
        Head::Classifier { pooling: Pooling::Cls } => hidden.select(Axis(0), &[0]),
        Head::Classifier { pooling: Pooling::Mean } => {
            hidden.sum_axis(Axis(0)).insert_axis(Axis(0)) / hidden.nrows() as f64
        }
    }
}

/// The transpose of [`pooled`].
fn pooled_backward(head: Head, len: usize, g: &Array2<f64>) -> Array2<f64> {
    match head {
        Head::NextToken => g.clone(),
        Head::Classifier { pooling: Pooling::Cls } => {
            let mut all = Array2::zeros((len, g.ncols()));
            all.row_mut(0).assign(&g.row(0));
            all
        }
        Head::Classifier { pooling: Pooling::Mean } => {
            let rows = g.broadcast((len, g.ncols())).expect("one row");
            rows.to_owned() / len as f64
        }
    }
}

fn has_dense(head: Head) -> bool {
    head == Head::Classifier { pooling: Pooling::Cls }
}

fn last_module(family: Family, head: Head) -> &'static str {
    match head {
        Head::NextToken => {
            assert!(family.is_causal(), "{family:?} predicts no next token");
            LM_HEAD
        }
        Head::Classifier { pooling: Pooling::Cls } => names::head_output(family),
        Head::Classifier { pooling: Pooling::Mean } => CLASSIFIER,
    }
}

fn value(family: Family, u: f64) -> f64 {
    match family {
        Family::DistilBert => activation::value(Activation::Relu, u),
        _ => u.tanh(),
    }
}

fn slope(family: Family, u: f64) -> f64 {
    match family {
        Family::DistilBert => activation::slope(Activation::Relu, u),
        _ => 1.0 - u.tanh().powi(2),
    }
}

#[cfg(test)]
mod tests {
    use super::super::difference::inner;
    use super::super::random::normals;
    use super::*;

    #[test]
    fn pooling_is_adjoint() {
        let (hidden, len) = (normals("h", 1, [7, 5]), 7);
        let [cls, mean] = [Pooling::Cls, Pooling::Mean].map(|pooling| Head::Classifier { pooling });
        for (head, rows) in [(Head::NextToken, 7), (cls, 1), (mean, 1)] {
            let g = normals("g", 1, [rows, 5]);
            let there = inner(&pooled(head, &hidden), &g);
            let back = inner(&hidden, &pooled_backward(head, len, &g));
            assert!((there - back).abs() < 1e-13, "{head:?}: {there} {back}");
        }
    }
}

//! What a model is made of and trained on, beside its configuration.

use std::collections::BTreeMap;

use ndarray::Array2;

/// Base tensors under their Hugging Face names: linear weights \[out, in\], vectors as one row.
pub type Weights = BTreeMap<String, Array2<f64>>;

/// LoRA on one module.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    /// The adapted module: the name of its weight without `.weight`.
    pub module: String,
    /// A, r × in; r × vocabulary on an embedding.
    pub a: Array2<f64>,
    /// B, out × r; width × r on an embedding.
    pub b: Array2<f64>,
    /// s, the multiplier of B A.
    pub scaling: f64,
}

/// What is computed from the last hidden states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// Logits of the next token at every place, of a causal language model.
    NextToken,
    /// Logits of the labels, one row for the sequence.
    Classifier {
        /// How the sequence becomes one vector.
        pooling: Pooling,
    },
}

/// How a classifier makes one vector of a sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    /// The first token, through the hidden layer that the encoder's family has in its head.
    Cls,
    /// The mean over all tokens, straight into `classifier`.
    Mean,
}

/// A training sequence.
#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    /// Token ids.
    pub ids: Vec<u32>,
    /// What is to be predicted.
    pub target: Target,
}

/// What is to be predicted of a sequence.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// The token to predict at each place; none where the loss is masked.
    Next(Vec<Option<u32>>),
    /// The label of the sequence.
    Label(u32),
}

/// The loss with its derivatives.
#[derive(Clone, Debug, PartialEq)]
pub struct Gradients {
    /// Mean cross-entropy.
    pub loss: f64,
    /// ∂loss/∂A and ∂loss/∂B of each adapter, in the order given.
    pub adapters: Vec<(Array2<f64>, Array2<f64>)>,
    /// ∂loss/∂W of every base tensor given; zeros where the loss does not depend on it.
    pub weights: Weights,
}

impl Gradients {
    /// Zeros in the shapes of what is differentiated.
    pub(super) fn zeros(weights: &Weights, adapters: &[Adapter]) -> Self {
        let zeros = |of: &Array2<f64>| Array2::zeros(of.raw_dim());
        Self {
            loss: 0.0,
            adapters: adapters.iter().map(|one| (zeros(&one.a), zeros(&one.b))).collect(),
            weights: weights.iter().map(|(name, w)| (name.clone(), zeros(w))).collect(),
        }
    }

    /// Adds to the gradient of a base tensor.
    pub(super) fn add(&mut self, name: &str, gradient: &Array2<f64>) {
        *self.of(name) += gradient;
    }

    /// The gradient of a base tensor.
    pub(super) fn of(&mut self, name: &str) -> &mut Array2<f64> {
        self.weights.get_mut(name).unwrap_or_else(|| panic!("no tensor {name}"))
    }
}

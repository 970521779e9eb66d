//! What is trained, and by which update rule.

use std::fmt;

use crate::named::named;

named! {
    /// A kind of model that can be trained.
    #[non_exhaustive]
    #[derive(Default)]
    enum ModelKind, "model kind" {
        /// The paper's synthetic student and teacher network with a LoRA adapter on its hidden layer.
        #[default]
        Synthetic = "synthetic",
        /// The LoRA layer alone under a backward signal from outside.
        Layer = "layer",
        /// A transformer with LoRA adapters on its linear modules.
        Transformer = "transformer",
    }
}

named! {
    /// Pointwise nonlinearity of the synthetic student and teacher.
    enum Activation, "activation" {
        /// max(x, 0), the paper's choice. Its derivative at 0 is taken as 0.
        Relu = "relu",
        /// tanh(x).
        Tanh = "tanh",
        /// x/2 · (1 + tanh(√(2/π)(x + 0.044715 x³))), the tanh form of GELU.
        Gelu = "gelu",
    }
}

named! {
    /// The synthetic student's frozen weight W_h (n × n).
    enum Hidden, "hidden weight" {
        /// Independent entries N(0, 1/n).
        Gaussian = "gaussian",
        /// W_h = 0.
        Zero = "zero",
    }
}

named! {
    /// What the synthetic student is trained to make small.
    #[derive(Default)]
    enum Loss, "loss" {
        /// The mean of the squared differences to the teacher's outputs, over samples and outputs.
        #[default]
        Squared = "squared",
        /// The mean over samples of the cross-entropy to a label, which is drawn from the softmax of the
        /// teacher's outputs.
        CrossEntropy = "cross-entropy",
    }
}

named! {
    /// What is done to the vector that enters the synthetic student's readout.
    #[derive(Default)]
    enum Norm, "normalisation" {
        /// Nothing.
        #[default]
        None = "none",
        /// RMSNorm without a gain: it is divided by the root of its mean square.
        Rms = "rms",
    }
}

named! {
    /// An update rule by name, without its constants.
    #[derive(Default)]
    enum OptimizerKind, "optimiser" {
        /// Adam with bias correction.
        #[default]
        Adam = "adam",
        /// Adam with decoupled weight decay.
        AdamW = "adamw",
        /// The sign of the gradient.
        SignSgd = "sign-sgd",
        /// Gradient descent.
        Sgd = "sgd",
    }
}

impl OptimizerKind {
    /// Whether the size of an update is independent of the size of the gradient.
    pub fn is_sign_like(self) -> bool {
        self != Self::Sgd
    }
}

macro_rules! shown_by_key {
    ($($enum:ident),+) => {$(
        impl fmt::Display for $enum {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.key())
            }
        }
    )+};
}

shown_by_key!(ModelKind, Activation, Hidden, Loss, Norm, OptimizerKind);

impl ModelKind {
    /// Whether it is the synthetic network. It takes a reference for `skip_serializing_if`.
    pub fn is_synthetic(&self) -> bool {
        *self == Self::Synthetic
    }
}

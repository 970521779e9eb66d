//! What an engine for transformers must answer, so that the suite can check it.

use lora_sim::spec::{Optimizer, Trained as Factors};
use ndarray::Array2;

use super::cases::Case;
use super::inputs::{Adapter, Gradients, Sequence, Weights};

/// A model with LoRA. Every number is a f32.
#[derive(Clone, Copy, Debug)]
pub struct Model<'m> {
    /// Its shape and its head.
    pub case: &'m Case,
    /// Base tensors, those of heads that the case does not use among them.
    pub weights: &'m Weights,
    /// LoRA on some modules, each at most once.
    pub adapters: &'m [Adapter],
    /// LoRA's dropout, in training.
    pub dropout: Option<Dropout>,
}

/// A mask of LoRA's dropout. What is zeroed depends on the seed, the number of the update and the place in
/// the batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// Probability.
    pub rate: f64,
    /// Names the masks.
    pub seed: u64,
}

/// Choices that must change no bit of what is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct How {
    /// Threads, or whatever works side by side.
    pub threads: usize,
    /// Whether the backward pass computes again what the forward pass could have kept.
    pub recompute: bool,
}

impl How {
    /// On two threads, with everything kept.
    pub const USUAL: Self = Self { threads: 2, recompute: false };
}

/// What a forward pass tells.
#[derive(Clone, Debug)]
pub struct Forward {
    /// Mean cross-entropy over all targets.
    pub loss: f64,
    /// Of each sequence: tokens × vocabulary, or 1 × labels.
    pub logits: Vec<Array2<f64>>,
    /// The first module whose outputs are not all finite.
    pub not_finite: Option<String>,
}

/// How a run is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct Training {
    /// The update rule.
    pub optimizer: Optimizer,
    /// η of A and of B.
    pub rates: [f64; 2],
    /// Which factors are trained. Others want no gradient.
    pub train: Factors,
}

/// A and B, or their gradients, of each adapter in the order of the model. The gradient of a factor that is
/// not trained may be empty.
pub type Pairs = Vec<(Array2<f64>, Array2<f64>)>;

/// One update.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Before it.
    pub loss: f64,
    /// Before it.
    pub gradients: Pairs,
    /// Behind it.
    pub adapters: Pairs,
}

/// A run of some updates.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its updates.
    pub steps: Vec<Step>,
    /// Everything that it needs to go on, in the engine's own form.
    pub state: Vec<u8>,
}

/// A piece of a model that maps rows to rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A linear module with LoRA, by its name.
    Linear(String),
    /// A norm, by its name.
    Norm(String),
    /// The attention branch of a block, without its norm.
    Attention(usize),
    /// The MLP of a block, without its norm.
    Mlp(usize),
    /// A whole block.
    Block(usize),
}

/// An engine that trains transformers with LoRA, in f32.
///
/// What it returns in f64 is its own f32, widened.
pub trait LoraEngine {
    /// Outputs and loss of sequences that are computed as one batch.
    fn forward(&self, model: &Model, batch: &[Sequence], how: How) -> Forward;

    /// Loss of a batch, and its gradients by all adapters and all base tensors that the case uses.
    fn gradients(&self, model: &Model, batch: &[Sequence], how: How) -> Gradients;

    /// Trains the adapters, an update for each batch: from the model's, or from the state of a run with the
    /// same model and training.
    fn train(
        &self,
        model: &Model,
        training: &Training,
        batches: &[Vec<Sequence>],
        from: Option<&[u8]>,
        how: How,
    ) -> Run;

    /// The outputs y of one piece for inputs `x`, rows of sequences of these lengths one after another; and
    /// the gradient of ⟨g, y⟩ by `x`. None where the engine has no such piece.
    fn operation(
        &self,
        model: &Model,
        operation: &Operation,
        lengths: &[usize],
        x: &Array2<f64>,
        g: &Array2<f64>,
    ) -> Option<[Array2<f64>; 2]>;
}

//! The request for a training run: the model, the training and the run itself.

use lora_types::OptimizerKind;
use serde::{Deserialize, Serialize};

pub use lora_types::{Activation, Hidden, Ingredients, Init, Loss, Norm, Trained};

/// The update rule of A and B, with its constants.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "name")]
pub enum Optimizer {
    /// Adam with bias correction.
    Adam {
        /// Decay of the first moment, in [0, 1).
        beta1: f64,
        /// Decay of the second moment, in [0, 1).
        beta2: f64,
        /// Added to the root of the second moment, in units of a gradient entry.
        epsilon: f64,
    },
    /// Adam with decoupled weight decay.
    AdamW {
        /// Decay of the first moment, in [0, 1).
        beta1: f64,
        /// Decay of the second moment, in [0, 1).
        beta2: f64,
        /// Added to the root of the second moment, in units of a gradient entry.
        epsilon: f64,
        /// λ in θ ← (1 − ηλ)θ before each update.
        weight_decay: f64,
    },
    /// θ ← θ − η sign(g), sign(0) = 0.
    SignSgd,
    /// θ ← θ − η g.
    Sgd,
}

impl Optimizer {
    /// The update rule without its constants.
    pub fn kind(&self) -> OptimizerKind {
        match self {
            Self::Adam { .. } => OptimizerKind::Adam,
            Self::AdamW { .. } => OptimizerKind::AdamW,
            Self::SignSgd => OptimizerKind::SignSgd,
            Self::Sgd => OptimizerKind::Sgd,
        }
    }
}

/// Size of the teacher, a network of the student's form with W_h = 0 and both factors random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Teacher {
    /// Hidden width.
    pub width: usize,
    /// Rank of its B A.
    pub rank: usize,
}

/// A (width, seed) problem, except for the width and the seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// d, the input dimension.
    pub input_dim: usize,
    /// r, the student's LoRA rank.
    pub rank: usize,
    /// N, the number of training samples.
    pub points: usize,
    /// Number of held-out samples.
    pub test_points: usize,
    /// Nonlinearity of student and teacher.
    pub activation: Activation,
    /// The frozen hidden weight.
    pub hidden: Hidden,
    /// Largest width n at which W_h is drawn entry by entry. At larger widths H is drawn from its
    /// exact conditional distribution given Z.
    pub explicit_hidden_up_to: usize,
    /// a in W_out,i ~ N(0, n^-2a): 1/2 is the standard parametrization, 1 the muP one.
    pub readout_exponent: f64,
    /// s in H + s B A Z, which PEFT calls `scaling`: `lora_alpha / r`, or `lora_alpha / sqrt(r)` with
    /// rsLoRA.
    pub multiplier: f64,
    /// Factor of the standard deviation of a random A; 1 gives the paper's n^-1/2.
    pub a_scale: f64,
    /// Factor of the standard deviation of a random B; 1 gives the paper's r^-1/2.
    pub b_scale: f64,
    /// The teacher's size.
    pub teacher: Teacher,
    /// Factor ρ of the targets. Under Adam with ε = 0, training on ρ y with W_out is training on y with
    /// W_out/ρ, and the losses are ρ² times as large: ρ is also the scale of the student's readout. Serialization leaves out 1: texts written before there was
    /// a choice stay the same.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub teacher_scale: f64,
    /// Whether the student is linearised at H: φ(H) + φ'(H) ∘ (s B A Z) instead of φ(H + s B A Z). B A
    /// remains a product, so that this is no neural tangent kernel. Serialization leaves out `false`:
    /// texts written before there was a choice stay the same.
    #[serde(default, skip_serializing_if = "is_false")]
    pub linearised: bool,
    /// What it has of a transformer. Engines of the bare layer refuse all but none. Serialization leaves
    /// out none: texts written before there was a choice stay the same.
    #[serde(default, skip_serializing_if = "Ingredients::are_none")]
    pub ingredients: Ingredients,
}

impl Model {
    /// The same without ingredients: the bare layer.
    pub fn bare(&self) -> Self {
        Self { ingredients: Ingredients::default(), ..self.clone() }
    }
}

fn one() -> f64 {
    1.0
}

/// It takes a reference for `skip_serializing_if`.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_one(factor: &f64) -> bool {
    *factor == 1.0
}

/// It takes a reference for `skip_serializing_if`.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_false(flag: &bool) -> bool {
    !flag
}

/// It takes a reference for `skip_serializing_if`.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// How every run of a sweep is trained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Training {
    /// Update rule.
    pub optimizer: Optimizer,
    /// Which factors it updates. Serialization leaves out `AB`, so that texts written before there
    /// was a choice stay the same.
    #[serde(default, skip_serializing_if = "Trained::both")]
    pub train: Trained,
    /// m, the number of training samples that the gradient of a step is taken on; 0 stands for all.
    /// Serialization leaves out 0: texts written before there was a choice stay the same.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub batch: usize,
    /// Number of updates, T.
    pub steps: usize,
    /// k: a [`Record`](crate::Record) is kept at steps 0, k, 2k, … and at the last one.
    pub record_every: usize,
    /// η_B / η_A; 1 is plain LoRA.
    pub lr_ratio: f64,
    /// A run has diverged once its train loss is not finite or exceeds this many times its first
    /// value.
    pub divergence_factor: f64,
}

impl Training {
    /// Whether a record is kept at step `t`.
    pub fn records(&self, t: usize) -> bool {
        t.is_multiple_of(self.record_every) || t == self.steps
    }
}

impl Default for Model {
    /// The paper's sizes, with our choices for what the paper leaves open.
    fn default() -> Self {
        Self {
            input_dim: 5,
            rank: 4,
            points: 1000,
            test_points: 100,
            activation: Activation::Relu,
            hidden: Hidden::Gaussian,
            explicit_hidden_up_to: 8192,
            readout_exponent: 0.5,
            multiplier: 1.0,
            a_scale: 1.0,
            b_scale: 1.0,
            teacher: Teacher { width: 1000, rank: 20 },
            teacher_scale: 1.0,
            linearised: false,
            ingredients: Ingredients::default(),
        }
    }
}

impl Default for Training {
    /// 200 steps of full-batch Adam on both factors with PyTorch's constants; every step is recorded.
    fn default() -> Self {
        Self {
            optimizer: Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
            train: Trained::AB,
            batch: 0,
            steps: 200,
            record_every: 1,
            lr_ratio: 1.0,
            divergence_factor: 1e6,
        }
    }
}

/// One LoRA run on a prepared (width, seed) problem.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Which factor starts random.
    pub init: Init,
    /// Learning rate η_A; η_B is `lr_ratio` times as large.
    pub lr: f64,
    /// Seed of the random factor's entries.
    pub adapter_seed: u64,
}

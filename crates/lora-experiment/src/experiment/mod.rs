//! Experiment files: everything that a sweep depends on, with its default.

mod aliases;
mod assign;
mod choices;
mod conflict;
mod consistent;
mod consistent_data;
mod consistent_limit;
mod defaults;
mod difference;
mod field;
mod field_data;
mod field_lora;
mod keys;
mod load;
pub mod lr_exponent;
mod origin;
mod quick;
mod shown;
mod source;
pub mod transformer;
mod transformer_stored;
pub mod transformer_words;
mod usual;

pub use difference::{Difference, differences, first_difference};
pub use keys::{analysis_in_words, is_of_analysis};
pub use load::{
    Loaded, Source, load, load_resolved, load_text, parse, parse_resolved, with_settings,
};

pub use lr_exponent::LrExponent;
pub use source::{is_known, path_of, read_topic};
pub use transformer::TransformerSection;

use lora_sim::spec::{Activation, Hidden, Init, Model, Optimizer, Teacher, Trained, Training};
use lora_stats::LrGridSpec;
use lora_theory::Rational;
use lora_types::{Ingredients, Loss, ModelKind, Norm, OptimizerKind, Widths};
use serde::{Deserialize, Serialize};

/// A checked experiment. Every key has a default: the paper's setting where it is known, else our
/// choice, as `experiments/paper.toml` says key by key.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Experiment {
    /// One line on it, for lists and figures.
    #[serde(deserialize_with = "field::text")]
    pub title: String,
    /// The network and its data.
    pub model: ModelSection,
    /// The optimiser and what is recorded.
    pub training: TrainingSection,
    /// The learning rates.
    pub search: SearchSection,
    /// What is drawn.
    pub figures: FiguresSection,
    /// The transformer, if the model is one.
    #[serde(skip_serializing_if = "TransformerSection::is_default")]
    pub transformer: TransformerSection,
}

/// `[model]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelSection {
    /// What is trained.
    #[serde(deserialize_with = "field::kind", skip_serializing_if = "ModelKind::is_synthetic")]
    pub kind: ModelKind,
    /// n; the limit n → ∞ may stand behind the widths that are trained.
    #[serde(deserialize_with = "field::widths")]
    pub widths: Widths,
    /// d.
    #[serde(deserialize_with = "field::count")]
    pub input_dim: usize,
    /// r.
    #[serde(deserialize_with = "field::count")]
    pub rank: usize,
    /// N, the number of training samples; also read as `samples`.
    #[serde(deserialize_with = "field::count")]
    pub points: usize,
    /// Held-out samples; also read as `test_samples`.
    #[serde(deserialize_with = "field::count_or_none")]
    pub test_points: usize,
    /// φ.
    #[serde(deserialize_with = "field::activation")]
    pub activation: Activation,
    /// W_h.
    #[serde(deserialize_with = "field::hidden")]
    pub hidden: Hidden,
    /// Largest width with W_h drawn entry by entry.
    #[serde(deserialize_with = "field::count_or_none")]
    pub explicit_hidden_up_to: usize,
    /// a, exact.
    #[serde(deserialize_with = "field::rational", serialize_with = "field::rational_text")]
    pub readout_exponent: Rational,
    /// s, PEFT's `scaling`; also read by that name.
    #[serde(deserialize_with = "field::scale")]
    pub multiplier: f64,
    /// Times n^-1/2: std of a random A.
    #[serde(deserialize_with = "field::scale")]
    pub a_scale: f64,
    /// Times r^-1/2: std of a random B.
    #[serde(deserialize_with = "field::scale")]
    pub b_scale: f64,
    /// Width of the teacher.
    #[serde(deserialize_with = "field::count")]
    pub teacher_width: usize,
    /// Rank of the teacher.
    #[serde(deserialize_with = "field::count")]
    pub teacher_rank: usize,
    /// Factor of its outputs.
    #[serde(deserialize_with = "field::scale", skip_serializing_if = "usual::is_unit")]
    pub teacher_scale: f64,
    /// Whether the student is linearised at H.
    #[serde(deserialize_with = "field::flag", skip_serializing_if = "usual::is_false")]
    pub linearised: bool,
    /// What is made small.
    #[serde(deserialize_with = "field::loss", skip_serializing_if = "usual::is_default")]
    pub loss: Loss,
    /// K, the outputs of student and teacher.
    #[serde(deserialize_with = "field::count", skip_serializing_if = "usual::is_one")]
    pub outputs: usize,
    /// Of what enters the readout.
    #[serde(deserialize_with = "field::norm", skip_serializing_if = "usual::is_default")]
    pub norm: Norm,
    /// Whether the readout reads Z + φ(H + Z_B).
    #[serde(deserialize_with = "field::flag", skip_serializing_if = "usual::is_false")]
    pub residual: bool,
    /// L, the adapted layers.
    #[serde(deserialize_with = "field::count", skip_serializing_if = "usual::is_one")]
    pub layers: usize,
    /// Steps of training before the base is frozen.
    #[serde(deserialize_with = "field::count_or_none", skip_serializing_if = "usual::is_zero")]
    pub pretrain_steps: usize,
    /// c in its learning rates c/n and c n^(a−2).
    #[serde(deserialize_with = "field::scale", skip_serializing_if = "usual::is_unit")]
    pub pretrain_lr: f64,
}

/// `[training]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrainingSection {
    /// Initialisations to compare.
    #[serde(deserialize_with = "field::inits")]
    pub inits: Vec<Init>,
    /// Replicates: each draws its own data, teacher, student and adapter.
    #[serde(deserialize_with = "field::seeds")]
    pub seeds: Vec<u64>,
    /// Factors that are trained.
    #[serde(deserialize_with = "field::trained", serialize_with = "field::trained_list")]
    pub train: Trained,
    /// Update rule.
    #[serde(deserialize_with = "field::optimizer")]
    pub optimizer: OptimizerKind,
    /// Adam, AdamW.
    #[serde(deserialize_with = "field::decay")]
    pub beta1: f64,
    /// Adam, AdamW.
    #[serde(deserialize_with = "field::decay")]
    pub beta2: f64,
    /// Adam, AdamW.
    #[serde(deserialize_with = "field::not_negative")]
    pub epsilon: f64,
    /// AdamW.
    #[serde(deserialize_with = "field::not_negative")]
    pub weight_decay: f64,
    /// m, the samples of a step's gradient; all if 0.
    #[serde(deserialize_with = "field::count_or_none", skip_serializing_if = "usual::is_zero")]
    pub batch: usize,
    /// T.
    #[serde(deserialize_with = "field::count")]
    pub steps: usize,
    /// η_B/η_A.
    #[serde(deserialize_with = "field::scale")]
    pub lr_ratio: f64,
    /// Records at every k-th step.
    #[serde(deserialize_with = "field::count")]
    pub record_every: usize,
    /// Loss, in units of the first, beyond which a run has diverged.
    #[serde(deserialize_with = "field::above_one")]
    pub divergence_factor: f64,
}

/// `[search]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SearchSection {
    /// Lowest coarse learning rate.
    #[serde(deserialize_with = "field::positive")]
    pub lr_min: f64,
    /// Highest coarse learning rate.
    #[serde(deserialize_with = "field::positive")]
    pub lr_max: f64,
    /// Ratio of neighbouring coarse learning rates.
    #[serde(deserialize_with = "field::above_one")]
    pub coarse_factor: f64,
    /// Largest ratio of an optimum to its sampled neighbours.
    #[serde(deserialize_with = "field::above_one")]
    pub bracket_factor: f64,
    /// Coarse steps by which the grid may grow on either side.
    #[serde(deserialize_with = "field::count_or_none")]
    pub max_extensions: usize,
    /// The number whose minimum is sought.
    #[serde(deserialize_with = "field::score")]
    pub score: Score,
    /// Share of the steps that `train-tail` averages over.
    #[serde(deserialize_with = "field::share")]
    pub tail: f64,
    /// Basin: learning rates within this share of the best score.
    #[serde(deserialize_with = "field::positive")]
    pub basin: f64,
    /// Bound on the rms of Z_B over training, for η_stable.
    #[serde(deserialize_with = "field::positive")]
    pub stability_bound: f64,
    /// γ: at the width n the grid's learning rates are multiplied by (n/n_0)^γ, n_0 being the smallest width.
    #[serde(deserialize_with = "lr_exponent::read", skip_serializing_if = "LrExponent::is_zero")]
    pub lr_exponent: LrExponent,
    /// M, the neurons of a limit's quadrature, on each side and in each replicate; the usual number if 0.
    #[serde(deserialize_with = "field::neurons", skip_serializing_if = "usual::is_zero")]
    pub limit_neurons: usize,
}

/// What a run is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Score {
    /// Mean train loss over the last steps.
    TrainTail,
    /// Train loss after the last step.
    TrainFinal,
    /// Lowest train loss seen.
    TrainBest,
    /// Loss on the held-out points after the last step.
    TestFinal,
    /// Share of the held-out sentences or tokens that a transformer predicts wrong after the last step. Of
    /// learning rates with equal shares the smallest is the best.
    TestError,
}

/// `[figures]`
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FiguresSection {
    /// Widths whose feature norms are drawn; the smallest and the largest if empty.
    #[serde(deserialize_with = "field::widths_or_none")]
    pub norm_widths: Vec<usize>,
    /// How many seeds get a line of their own in it; all if 0. Means are over all seeds anyway.
    #[serde(deserialize_with = "field::count_or_none")]
    pub norm_seeds: usize,
    /// c of the runs at η = c (n/n_0)^γ in the figures `coordinates` and `convergence`, which are not drawn if it is
    /// 0.
    #[serde(deserialize_with = "field::not_negative", skip_serializing_if = "usual::is_nothing")]
    pub coordinates_lr: f64,
}

impl Experiment {
    /// The simulation's model.
    pub fn model(&self) -> Model {
        let m = &self.model;
        Model {
            input_dim: m.input_dim,
            rank: m.rank,
            points: m.points,
            test_points: m.test_points,
            activation: m.activation,
            hidden: m.hidden,
            explicit_hidden_up_to: m.explicit_hidden_up_to,
            readout_exponent: lora_theory::approximate(m.readout_exponent),
            multiplier: m.multiplier,
            a_scale: m.a_scale,
            b_scale: m.b_scale,
            teacher: Teacher { width: m.teacher_width, rank: m.teacher_rank },
            teacher_scale: m.teacher_scale,
            linearised: m.linearised,
            ingredients: self.ingredients(),
        }
    }

    /// What the synthetic network has of a transformer.
    pub fn ingredients(&self) -> Ingredients {
        let ModelSection { loss, outputs, norm, residual, .. } = self.model;
        let ModelSection { layers, pretrain_steps, pretrain_lr, .. } = self.model;
        Ingredients { loss, outputs, norm, residual, layers, pretrain_steps, pretrain_lr }
    }

    /// Whether the bare layer is trained on all samples, as every engine of the synthetic network can.
    pub fn is_bare(&self) -> bool {
        self.ingredients().are_none() && self.training.batch == 0
    }

    /// The simulation's training.
    pub fn training(&self) -> Training {
        let t = &self.training;
        let (beta1, beta2, epsilon) = (t.beta1, t.beta2, t.epsilon);
        let optimizer = match t.optimizer {
            OptimizerKind::Adam => Optimizer::Adam { beta1, beta2, epsilon },
            OptimizerKind::AdamW => {
                Optimizer::AdamW { beta1, beta2, epsilon, weight_decay: t.weight_decay }
            }
            OptimizerKind::SignSgd => Optimizer::SignSgd,
            OptimizerKind::Sgd => Optimizer::Sgd,
        };
        Training {
            optimizer,
            train: t.train,
            batch: t.batch,
            steps: t.steps,
            record_every: t.record_every,
            lr_ratio: t.lr_ratio,
            divergence_factor: t.divergence_factor,
        }
    }

    /// The grid of learning rates, unchecked.
    pub fn grid_spec(&self) -> LrGridSpec {
        let s = &self.search;
        LrGridSpec {
            lr_min: s.lr_min,
            lr_max: s.lr_max,
            coarse_factor: s.coarse_factor,
            bracket_factor: s.bracket_factor,
            max_extensions: s.max_extensions as u32,
        }
    }

    /// (n/n_0)^γ: what the learning rates of the grid are multiplied by for an init at a width n, n_0 being the
    /// smallest width and γ `search.lr_exponent`.
    pub fn lr_factor(&self, init: Init, width: usize) -> f64 {
        let gamma = lora_theory::approximate(self.search.lr_exponent.of(init));
        (width as f64 / self.model.widths[0] as f64).powf(gamma)
    }

    /// Widths whose feature norms are drawn.
    pub fn norm_widths(&self) -> Vec<usize> {
        if !self.figures.norm_widths.is_empty() {
            return self.figures.norm_widths.clone();
        }
        let widths = &self.model.widths;
        let mut ends = vec![widths[0], widths[widths.len() - 1]];
        ends.dedup();
        ends
    }
}

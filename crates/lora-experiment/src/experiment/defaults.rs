//! The default of every key: what `experiments/paper.toml` writes out.

use lora_sim::spec::{Init, Model, Trained};
use lora_theory::Rational;

use crate::experiment::{LrExponent, ModelSection, Score, SearchSection, TrainingSection};
use lora_types::{ModelKind, OptimizerKind};

impl Default for ModelSection {
    fn default() -> Self {
        let model = Model::default();
        Self {
            kind: ModelKind::Synthetic,
            widths: (7..=13).map(|k| 1 << k).collect::<Vec<_>>().into(),
            input_dim: model.input_dim,
            rank: model.rank,
            points: model.points,
            test_points: model.test_points,
            activation: model.activation,
            hidden: model.hidden,
            explicit_hidden_up_to: model.explicit_hidden_up_to,
            readout_exponent: Rational::new(1, 2),
            multiplier: model.multiplier,
            a_scale: model.a_scale,
            b_scale: model.b_scale,
            teacher_width: model.teacher.width,
            teacher_rank: model.teacher.rank,
            teacher_scale: model.teacher_scale,
            linearised: model.linearised,
            loss: model.ingredients.loss,
            outputs: model.ingredients.outputs,
            norm: model.ingredients.norm,
            residual: model.ingredients.residual,
            layers: model.ingredients.layers,
            pretrain_steps: model.ingredients.pretrain_steps,
            pretrain_lr: model.ingredients.pretrain_lr,
        }
    }
}

impl Default for TrainingSection {
    fn default() -> Self {
        Self {
            inits: vec![Init::A, Init::B],
            seeds: vec![0, 1, 2, 3, 4],
            train: Trained::AB,
            optimizer: OptimizerKind::Adam,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.01,
            batch: 0,
            steps: 100,
            lr_ratio: 1.0,
            record_every: 2,
            divergence_factor: 1e6,
        }
    }
}

impl Default for SearchSection {
    fn default() -> Self {
        Self {
            lr_min: 1e-4,
            lr_max: 0.7,
            coarse_factor: 4.0,
            bracket_factor: 1.2,
            max_extensions: 4,
            score: Score::TrainTail,
            tail: 0.1,
            basin: 0.1,
            stability_bound: 10.0,
            lr_exponent: LrExponent::default(),
            limit_neurons: 0,
        }
    }
}

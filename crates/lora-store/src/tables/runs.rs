//! The table of runs: one row for every run that is kept.

use std::sync::Arc;

use lora_sim::spec::{Activation, Optimizer};
use lora_sim::{Record, Trajectory};

use crate::stored::{Listed, SharedSetting};
use crate::tables::column::{Cells, Column, column};

/// A run, without its trajectory.
pub struct ExportedRun {
    /// The name that joins the tables.
    pub run: Arc<str>,
    /// The name of its setting.
    pub setting: Arc<str>,
    /// What it was.
    pub listed: Listed,
    /// Train loss before training and after the last step.
    losses: [f64; 2],
    /// What was recorded last.
    last: Record,
    peak_zb: f64,
    least_gradients: [f64; 2],
    diverged_at: Option<usize>,
}

impl ExportedRun {
    /// The row of a run.
    pub fn new(run: Arc<str>, setting: Arc<str>, listed: Listed, trajectory: &Trajectory) -> Self {
        let losses = &trajectory.losses;
        Self {
            run,
            setting,
            listed,
            losses: [losses[0], losses[losses.len() - 1]],
            last: trajectory.records.last().copied().unwrap_or_default(),
            peak_zb: trajectory.peak_zb,
            least_gradients: [trajectory.least_gradient_a, trajectory.least_gradient_b],
            diverged_at: trajectory.diverged_at,
        }
    }

    fn shared(&self) -> &SharedSetting {
        &self.listed.setting
    }

    /// Loss on the held-out points, if there are any.
    fn test_loss(&self) -> Option<f64> {
        tested(&self.listed).then_some(self.last.test_loss)
    }
}

/// Whether a run has held-out points.
pub fn tested(listed: &Listed) -> bool {
    listed.setting.model.test_points > 0
}

fn finite(x: f64) -> Option<f64> {
    x.is_finite().then_some(x)
}

/// β1, β2 and ε of an update rule that has them.
fn adam(of: &SharedSetting) -> Option<[f64; 3]> {
    match of.training.optimizer {
        Optimizer::Adam { beta1, beta2, epsilon }
        | Optimizer::AdamW { beta1, beta2, epsilon, .. } => Some([beta1, beta2, epsilon]),
        Optimizer::SignSgd | Optimizer::Sgd => None,
    }
}

fn weight_decay(of: &SharedSetting) -> Option<f64> {
    match of.training.optimizer {
        Optimizer::AdamW { weight_decay, .. } => Some(weight_decay),
        _ => None,
    }
}

fn activation(of: &SharedSetting) -> &'static str {
    match of.model.activation {
        Activation::Relu => "relu",
        Activation::Tanh => "tanh",
        Activation::Gelu => "gelu",
    }
}

/// Every column of the table.
pub const COLUMNS: &[Column<ExportedRun>] = &[
    column!(Text run [""] "The run: r and the first 16 hex digits of the hash that it is kept under; joins the \
        tables", |r| &r.run),
    column!(Text setting [""] "What runs share: s and the first 16 hex digits of a hash of \
        numerics, model and training", |r| &r.setting),
    column!(Text numerics [""] "Engine, version of its arithmetic and instruction set that trained it",
        |r| &r.shared().numerics),
    column!(Text init [""] "Which factor started random: A, B or AB", |r| r.listed.init.key()),
    column!(Whole width ["neurons"] "n, the width of the model", |r| r.listed.width as i64),
    column!(Whole seed [""] "Seed of data, teacher and student; of a transformer, of the order of its batches", |r| r.listed.seed as i64),
    column!(Real lr ["1"] "Learning rate of A, η; that of B is lr_ratio times it", |r| r.listed.lr),
    column!(Whole adapter_seed [""] "Seed of the random factor", |r| r.listed.adapter_seed as i64),
    column!(Flag explicit_hidden [""] "Whether W_h is drawn entry by entry; otherwise W_h Z is drawn \
        from its exact law", |r| r.listed.explicit_hidden),
    column!(Real first_loss ["1"] "Train loss before training: the mean squared error or the \
        cross-entropy on the training points, or the cross-entropy of a transformer's batch",
        |r| r.losses[0]),
    column!(Real train_loss ["1"] "The same after the last step", |r| r.losses[1]),
    column!(RealOrNull test_loss ["1"] "The same on the held-out points or tokens after the last step; \
        NaN for a run that diverged between steps that are recorded", null if "test_points is 0",
        ExportedRun::test_loss),
    column!(RealOrNull peak_zb ["1"] "Largest rms entry of Z_B over all steps",
        null if "it left f64", |r| finite(r.peak_zb)),
    column!(Real za_rms ["1"] "rms entry of Z_A after the last step", |r| r.last.za_rms),
    column!(Real zb_rms ["1"] "rms entry of Z_B after the last step", |r| r.last.zb_rms),
    column!(Real za_norm ["1"] "Mean over training points, or held-out tokens, of the norm of Z_A after \
        the last step",
        |r| r.last.za_norm),
    column!(Real zb_norm ["1"] "Mean over training points, or held-out tokens, of the norm of Z_B after \
        the last step",
        |r| r.last.zb_norm),
    column!(Real a_move ["1"] "rms entry of A - A_0 after the last step", |r| r.last.a_move),
    column!(Real b_move ["1"] "rms entry of B - B_0 after the last step", |r| r.last.b_move),
    column!(RealOrNull least_gradient_a ["1"] "Smallest rms entry of A's gradient over the steps",
        null if "it was always zero, or A was not trained", |r| finite(r.least_gradients[0])),
    column!(RealOrNull least_gradient_b ["1"] "Smallest rms entry of B's gradient over the steps",
        null if "it was always zero, or B was not trained", |r| finite(r.least_gradients[1])),
    column!(WholeOrNull diverged_at ["updates"] "Step at which the run diverged",
        null if "it did not", |r| r.diverged_at.map(|step| step as i64)),
    column!(Whole input_dim ["1"] "d, the dimension of an input", |r| r.shared().model.input_dim as i64),
    column!(Whole rank ["1"] "r, the rank of the adapter", |r| r.shared().model.rank as i64),
    column!(Whole points ["points"] "N, training points", |r| r.shared().model.points as i64),
    column!(Whole test_points ["points"] "Held-out points", |r| r.shared().model.test_points as i64),
    column!(Text activation [""] "Nonlinearity: relu, tanh or gelu", |r| activation(r.shared())),
    column!(Text hidden [""] "Frozen weight W_h: gaussian or zero", |r| r.shared().model.hidden.key()),
    column!(Real readout_exponent ["1"] "a in W_out ~ N(0, n^-2a)",
        |r| r.shared().model.readout_exponent),
    column!(Real multiplier ["1"] "s, the factor of B A", |r| r.shared().model.multiplier),
    column!(Real a_scale ["1"] "Standard deviation of a random A, in units of n^-1/2",
        |r| r.shared().model.a_scale),
    column!(Real b_scale ["1"] "Standard deviation of a random B, in units of r^-1/2",
        |r| r.shared().model.b_scale),
    column!(Whole teacher_width ["neurons"] "Width of the teacher",
        |r| r.shared().model.teacher.width as i64),
    column!(Whole teacher_rank ["1"] "Rank of the teacher", |r| r.shared().model.teacher.rank as i64),
    column!(Real teacher_scale ["1"] "Factor of the teacher's outputs",
        |r| r.shared().model.teacher_scale),
    column!(Flag linearised [""] "Whether the student is linearised at H", |r| r.shared().model.linearised),
    column!(Text loss [""] "What is made small: squared or cross-entropy",
        |r| r.shared().model.ingredients.loss.key()),
    column!(Whole outputs ["1"] "K, outputs of student and teacher",
        |r| r.shared().model.ingredients.outputs as i64),
    column!(Text norm [""] "Normalisation of what enters the readout: none or rms",
        |r| r.shared().model.ingredients.norm.key()),
    column!(Flag residual [""] "Whether the readout reads a residual stream",
        |r| r.shared().model.ingredients.residual),
    column!(Whole layers ["1"] "L, layers with an adapter",
        |r| r.shared().model.ingredients.layers as i64),
    column!(Whole pretrain_steps ["updates"] "Updates of the base before it was frozen",
        |r| r.shared().model.ingredients.pretrain_steps as i64),
    column!(Real pretrain_lr ["1"] "c in their learning rates c/n and c n^(a-2)",
        |r| r.shared().model.ingredients.pretrain_lr),
    column!(Text optimizer [""] "Update rule: adam, adamw, sign-sgd or sgd", |r| r.shared().training.optimizer.kind().key()),
    column!(Text train [""] "Which factors were trained: A, B or AB",
        |r| r.shared().training.train.key()),
    column!(RealOrNull beta1 ["1"] "Decay of the first moment", null if "optimizer has none",
        |r| adam(r.shared()).map(|[beta1, _, _]| beta1)),
    column!(RealOrNull beta2 ["1"] "Decay of the second moment", null if "optimizer has none",
        |r| adam(r.shared()).map(|[_, beta2, _]| beta2)),
    column!(RealOrNull epsilon ["1"] "Added to the root of the second moment",
        null if "optimizer has none", |r| adam(r.shared()).map(|[_, _, epsilon]| epsilon)),
    column!(RealOrNull weight_decay ["1"] "Decoupled weight decay", null if "optimizer has none",
        |r| weight_decay(r.shared())),
    column!(Whole batch ["points"] "m, training points of a step's gradient; all if 0",
        |r| r.shared().training.batch as i64),
    column!(Whole steps ["updates"] "T, updates unless the run diverges",
        |r| r.shared().training.steps as i64),
    column!(Whole record_every ["updates"] "Updates from one recorded step to the next",
        |r| r.shared().training.record_every as i64),
    column!(Real lr_ratio ["1"] "Learning rate of B over that of A", |r| r.shared().training.lr_ratio),
    column!(Real divergence_factor ["1"] "Train loss, in units of the first, beyond which a run has \
        diverged", |r| r.shared().training.divergence_factor),
    column!(Text transformer [""] "Keys of [transformer] as JSON, {} for the synthetic model; a \
        transformer reads none of input_dim, points, test_points, activation, hidden, readout_exponent, \
        a_scale, b_scale, teacher_width, teacher_rank, teacher_scale, linearised, loss, outputs, norm, residual, layers, pretrain_steps, pretrain_lr and batch", |r| &r.shared().transformer),
];

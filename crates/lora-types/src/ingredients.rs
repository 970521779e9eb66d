//! What a synthetic network may have of a transformer.

use serde::{Deserialize, Serialize};

use crate::model::{Loss, Norm};

/// Ingredients of a transformer that a synthetic network may have, one by one. The default has none: it is
/// the bare layer, f = W_out φ(H + Z_B) with one output and squared error.
///
/// Serialization leaves out the defaults of those that came later, so that older texts stay the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ingredients {
    /// What is made small.
    pub loss: Loss,
    /// K, the number of outputs of student and teacher: W_out is K × n. With cross-entropy they are the
    /// logits of K classes.
    pub outputs: usize,
    /// What is done to the vector that enters the readout, φ(H + Z_B) or the residual stream.
    pub norm: Norm,
    /// Whether the readout reads the residual stream Z + φ(H + Z_B) instead of φ(H + Z_B).
    pub residual: bool,
    /// L, the number of layers with an adapter, one behind another.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub layers: usize,
    /// Steps for which the base is trained on another task before it is frozen. 0 leaves its weights random.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pretrain_steps: usize,
    /// c in the learning rates of that training: c/n for W_out, c n^(a−2) for the hidden weights.
    #[serde(default = "unit", skip_serializing_if = "is_unit")]
    pub pretrain_lr: f64,
}

impl Default for Ingredients {
    fn default() -> Self {
        Self::NONE
    }
}

impl Ingredients {
    /// The bare layer.
    pub const NONE: Self = Self {
        loss: Loss::Squared,
        outputs: 1,
        norm: Norm::None,
        residual: false,
        layers: 1,
        pretrain_steps: 0,
        pretrain_lr: 1.0,
    };

    /// Whether it is the bare layer. It takes a reference for `skip_serializing_if`.
    pub fn are_none(&self) -> bool {
        *self == Self::NONE
    }

    /// The key of the first one that there is, with its value.
    pub fn first(&self) -> Option<(&'static str, String)> {
        let usual = Self::NONE;
        let all = [
            ("loss", self.loss != usual.loss, self.loss.to_string()),
            ("outputs", self.outputs != usual.outputs, self.outputs.to_string()),
            ("norm", self.norm != usual.norm, self.norm.to_string()),
            ("residual", self.residual != usual.residual, self.residual.to_string()),
            ("layers", self.layers != usual.layers, self.layers.to_string()),
            (
                "pretrain_steps",
                self.pretrain_steps != usual.pretrain_steps,
                self.pretrain_steps.to_string(),
            ),
            ("pretrain_lr", self.pretrain_lr != usual.pretrain_lr, self.pretrain_lr.to_string()),
        ];
        all.into_iter().find_map(|(key, there, value)| there.then_some((key, value)))
    }
}

fn one() -> usize {
    1
}

fn unit() -> f64 {
    1.0
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_one(count: &usize) -> bool {
    *count == 1
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_zero(count: &usize) -> bool {
    *count == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_unit(factor: &f64) -> bool {
    *factor == 1.0
}

//! How one run is trained.

use crate::error::TransformerError;
use crate::lora::LoraSpec;
use crate::model::Keep;
use crate::optimizer::Rule;
use crate::schedule::Schedule;

/// What a run trains, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSpec {
    /// The adapters.
    pub lora: LoraSpec,
    /// η: of A, and of B times [`lora_plus_ratio`](Self::lora_plus_ratio).
    pub lr: f64,
    /// η_B / η_A, as in LoRA+ (`loraplus_lr_ratio`); 1 in plain LoRA.
    pub lora_plus_ratio: f64,
    /// The classification head; none if it is frozen.
    pub head: Option<HeadSpec>,
    /// The rest of the training.
    pub training: Training,
}

/// How a classification head is trained.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadSpec {
    /// Its learning rate.
    pub lr: f64,
    /// Its modules that are trained whole (`modules_to_save`).
    pub modules: Vec<String>,
}

impl HeadSpec {
    /// The module `classifier`, which PEFT trains for every task of classes. In DistilBERT PEFT takes
    /// `pre_classifier` with it, whose name ends so; name both there for the same run.
    pub fn new(lr: f64) -> Self {
        Self { lr, modules: vec!["classifier".to_owned()] }
    }
}

/// What a LoRA run and a pretraining have in common.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
    /// The update rule.
    pub rule: Rule,
    /// How learning rates move over the run.
    pub schedule: Schedule,
    /// Number of updates.
    pub steps: usize,
    /// The largest norm of the gradient over all trained entries (`max_grad_norm`).
    pub clip: Option<f64>,
    /// What is kept of a forward pass.
    pub keep: Keep,
    /// Of dropout and of the order of the sequences.
    pub seed: u64,
}

impl Default for Training {
    fn default() -> Self {
        let (rule, schedule) = (Rule::default(), Schedule::default());
        Self { rule, schedule, steps: 100, clip: None, keep: Keep::All, seed: 0 }
    }
}

impl Training {
    /// Checks every number.
    ///
    /// # Errors
    /// [`TransformerError::OutOfRange`] for the first one that is out of its range.
    pub fn check(&self) -> Result<(), TransformerError> {
        self.rule.check()?;
        self.schedule.check(self.steps)?;
        match self.clip {
            Some(clip) => positive("max_grad_norm", clip),
            None => Ok(()),
        }
    }
}

impl RunSpec {
    /// Checks every number but those of the adapters, which [`adapters`](crate::lora::adapters) checks.
    ///
    /// # Errors
    /// [`TransformerError::OutOfRange`] for the first one that is out of its range.
    pub fn check(&self) -> Result<(), TransformerError> {
        positive("lr", self.lr)?;
        positive("loraplus_lr_ratio", self.lora_plus_ratio)?;
        self.head.as_ref().map_or(Ok(()), |head| positive("head_lr", head.lr))?;
        self.training.check()
    }
}

fn positive(key: &'static str, value: f64) -> Result<(), TransformerError> {
    if value > 0.0 && value.is_finite() {
        return Ok(());
    }
    Err(TransformerError::out_of_range(key, value, "write a number above 0"))
}

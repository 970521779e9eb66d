//! LoRA: which modules are adapted, and how their factors start.

mod init;
mod select;

pub use init::{InitLaw, adapters};
pub use select::Targets;
pub(crate) use select::none;

use lora_types::{Init, Trained};

use crate::error::TransformerError;

/// Adapters of a run, in PEFT's words.
#[derive(Clone, Debug, PartialEq)]
pub struct LoraSpec {
    /// Which modules are adapted (`target_modules`).
    pub targets: Targets,
    /// r.
    pub rank: usize,
    /// alpha (`lora_alpha`).
    pub alpha: f64,
    /// Whether s is alpha/√r (`use_rslora`) instead of alpha/r.
    pub rslora: bool,
    /// Probability of `lora_dropout`.
    pub dropout: f32,
    /// Which factor starts random.
    pub init: Init,
    /// The distribution of its entries.
    pub law: InitLaw,
    /// Which factors are trained.
    pub train: Trained,
    /// Of the entries.
    pub seed: u64,
}

impl LoraSpec {
    /// s, which multiplies B A.
    pub fn scaling(&self) -> f64 {
        let rank = self.rank as f64;
        self.alpha / if self.rslora { rank.sqrt() } else { rank }
    }

    /// Checks every number.
    ///
    /// # Errors
    /// [`TransformerError::OutOfRange`] for a rank of 0, a dropout outside of \[0, 1), an alpha that is not a
    /// finite number, or a standard deviation that is negative or not a finite number.
    pub fn check(&self) -> Result<(), TransformerError> {
        if self.rank == 0 {
            return Err(TransformerError::out_of_range("r", 0, "write 1 or more"));
        }
        if !(self.scaling() as f32).is_finite() {
            return Err(TransformerError::out_of_range("lora_alpha", self.alpha, "write a number"));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            let valid = "write a number from 0 to below 1";
            return Err(TransformerError::out_of_range("lora_dropout", self.dropout, valid));
        }
        if let InitLaw::Std(std) = self.law
            && !(std >= 0.0 && (std as f32).is_finite())
        {
            let valid = "write 0 or a positive number";
            return Err(TransformerError::out_of_range("init_std", std, valid));
        }
        Ok(())
    }
}

//! LoRA: which modules are adapted, and how their factors start.

mod init;
mod pattern;
mod places;
mod select;

pub use init::{InitLaw, adapters};
pub use pattern::EndPattern;
pub use places::{Place, places};
pub use select::Targets;

use std::collections::BTreeMap;
use std::iter::once;

use lora_types::{Init, Trained};

use crate::error::TransformerError;

/// Adapters of a run, in PEFT's words.
#[derive(Clone, Debug, PartialEq)]
pub struct LoraSpec {
    /// Which modules are adapted (`target_modules`).
    pub targets: Targets,
    /// Which of them are left out again (`exclude_modules`).
    pub exclude: Option<Targets>,
    /// Numbers of the blocks that are adapted (`layers_to_transform`); all of the model if there are none.
    pub layers: Vec<usize>,
    /// r.
    pub rank: usize,
    /// r of single modules, by an [`EndPattern`] of their names (`rank_pattern`).
    pub rank_pattern: BTreeMap<String, usize>,
    /// alpha (`lora_alpha`).
    pub alpha: f64,
    /// alpha of single modules (`alpha_pattern`).
    pub alpha_pattern: BTreeMap<String, f64>,
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

impl Default for LoraSpec {
    /// PEFT's defaults, on every linear module.
    fn default() -> Self {
        Self {
            targets: Targets::AllLinear,
            exclude: None,
            layers: Vec::new(),
            rank: 8,
            rank_pattern: BTreeMap::new(),
            alpha: 8.0,
            alpha_pattern: BTreeMap::new(),
            rslora: false,
            dropout: 0.0,
            init: Init::A,
            law: InitLaw::Kaiming,
            train: Trained::AB,
            seed: 0,
        }
    }
}

/// s, which multiplies B A: alpha/r, or alpha/√r in rsLoRA.
pub fn scaling(rslora: bool, rank: usize, alpha: f64) -> f64 {
    let rank = rank as f64;
    alpha / if rslora { rank.sqrt() } else { rank }
}

impl LoraSpec {
    /// Checks every number that no model is needed for.
    ///
    /// # Errors
    /// [`TransformerError::OutOfRange`] for a rank of 0, a dropout outside of \[0, 1), an alpha that is not a
    /// finite number, or a standard deviation that is negative or not a finite number.
    pub fn check(&self) -> Result<(), TransformerError> {
        let ranks = self.rank_pattern.values().map(|&rank| ("rank_pattern", rank));
        if let Some((key, rank)) = once(("r", self.rank)).chain(ranks).find(|&(_, rank)| rank == 0)
        {
            return Err(TransformerError::out_of_range(key, rank, "write 1 or more"));
        }
        if !(scaling(self.rslora, self.rank, self.alpha) as f32).is_finite() {
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

//! What is asked of a transfer, before anything of it is checked.

use lora_theory::Rational;
use lora_types::Init;
use lora_types::OptimizerKind;

use crate::transfer::choices::{CarriedLr, Multiplier};
use crate::transfer::finished_run::RunMeasured;
use crate::transfer::rule::Rule;

/// A learning rate that is right for one model, and the model to carry it to.
#[derive(Clone, Debug, PartialEq)]
pub struct TransferRequest {
    /// n of the model whose LR is known.
    pub from_width: u32,
    /// Its LR; of A where the two factors have different ones.
    pub from_lr: f64,
    /// n of the other; the same if absent.
    pub to_width: Option<u32>,
    /// r of the first model.
    pub from_rank: u32,
    /// r of the other; the same if absent.
    pub to_rank: Option<u32>,
    /// How the multiplier s (PEFT's `scaling`) goes with the rank.
    pub multiplier: Option<Multiplier>,
    /// PEFT's `lora_alpha` of the first model.
    pub from_alpha: Option<f64>,
    /// `lora_alpha` of the other; the same if absent.
    pub to_alpha: Option<f64>,
    /// Both models have s = alpha/√r (PEFT's `use_rslora`).
    pub rslora: bool,
    /// LoRA+'s η_B/η_A of the first model (PEFT's `loraplus_lr_ratio`).
    pub lora_plus_ratio: Option<f64>,
    /// η_B/η_A of the other; the same if absent.
    pub to_lora_plus_ratio: Option<f64>,
    /// The user's exponent of the width.
    pub exponent: Option<Rational>,
    /// Its interval.
    pub exponent_interval: Option<[Rational; 2]>,
    /// The user's exponent of the rank.
    pub rank_exponent: Option<Rational>,
    /// Its interval.
    pub rank_exponent_interval: Option<[Rational; 2]>,
    /// Which factor starts random.
    pub init: Init,
    /// Which learning rate is carried.
    pub goal: CarriedLr,
    /// a in W_out ~ N(0, n^-2a).
    pub readout: Rational,
    /// Update rule.
    pub optimizer: OptimizerKind,
    /// A public rule that gives the exponent of the width.
    pub rule: Option<Rule>,
    /// What a finished run measured, in place of the stored measurements.
    pub run: Option<RunMeasured>,
    /// The interval of `from_lr`, where that is the run's own.
    pub from_interval: Option<[f64; 2]>,
}

impl TransferRequest {
    /// The same request, answered by what a run measured.
    #[must_use]
    pub fn with_run(self, run: RunMeasured) -> Self {
        Self { readout: run.readout, run: Some(run), ..self }
    }

    /// The same from the run's own learning rate, at its width nearest to that of the other model.
    #[must_use]
    pub fn from_own(self, run: RunMeasured) -> Self {
        let (from_width, lr) = run.nearest(self.to_width.unwrap_or(self.from_width));
        let from_interval = Some([lr.lower, lr.upper]);
        Self { from_width, from_lr: lr.value, from_interval, ..self }.with_run(run)
    }
}

impl Default for TransferRequest {
    /// Nothing changes; the rest as the command line has it.
    fn default() -> Self {
        Self {
            from_width: 1024,
            from_lr: 1e-3,
            to_width: None,
            from_rank: 4,
            to_rank: None,
            multiplier: None,
            from_alpha: None,
            to_alpha: None,
            rslora: false,
            lora_plus_ratio: None,
            to_lora_plus_ratio: None,
            exponent: None,
            exponent_interval: None,
            rank_exponent: None,
            rank_exponent_interval: None,
            init: Init::A,
            goal: CarriedLr::Optimal,
            readout: Rational::new_raw(1, 2),
            optimizer: OptimizerKind::Adam,
            rule: None,
            run: None,
            from_interval: None,
        }
    }
}

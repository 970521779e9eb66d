//! A setting that somebody states beside measurements, to have its predictions compared.

use lora_theory::{Init, OptimizerKind, Rational, Setting, Trained};

use super::{PredictError, PredictRequest, Question};

/// What may be stated. If any of it is, the rest has the values of [`PredictRequest::default`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StatedSetting {
    /// The LoRA layer alone.
    pub layer: bool,
    /// a in W_out ~ N(0, n^-2a).
    pub readout: Option<Rational>,
    /// Update rule.
    pub optimizer: Option<OptimizerKind>,
    /// The factors that train.
    pub train: Option<Trained>,
    /// λ in η_B = n^λ η_A.
    pub lr_ratio: Option<Rational>,
    /// ρ in the rank r = n^ρ.
    pub rank: Option<Rational>,
    /// τ in the multiplier s = n^σ r^-τ.
    pub multiplier_rank: Option<Rational>,
    /// σ in the multiplier s = n^σ r^-τ.
    pub multiplier_width: Option<Rational>,
}

impl StatedSetting {
    /// The setting with Init\[A\], whose place the init of the measured runs takes; none if nothing is
    /// stated.
    ///
    /// # Errors
    /// [`PredictError`] for a setting that contradicts itself, or that is outside the calculus.
    pub fn setting(&self) -> Result<Option<Setting>, PredictError> {
        if *self == Self::default() {
            return Ok(None);
        }
        let plain = PredictRequest::default();
        let asked = PredictRequest {
            init: Some(Init::A),
            layer: self.layer,
            readout: self.readout.unwrap_or(plain.readout),
            optimizer: self.optimizer.unwrap_or(plain.optimizer),
            train: self.train.unwrap_or(plain.train),
            lr_ratio: self.lr_ratio,
            rank: self.rank.unwrap_or(plain.rank),
            multiplier_rank: self.multiplier_rank.unwrap_or(plain.multiplier_rank),
            multiplier_width: self.multiplier_width.unwrap_or(plain.multiplier_width),
            ..plain
        };
        let question = Question::of(&asked)?;
        question.answers()?;
        Ok(question.settings.first().cloned())
    }
}

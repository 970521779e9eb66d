//! The theory's exponents for a setting that somebody asks for. Nothing measured is read.
//!
//! ```
//! use lora_advice::predict::{PredictRequest, Question};
//! use lora_types::Init;
//!
//! let asked = PredictRequest { init: Some(Init::A), ..PredictRequest::default() };
//! let question = Question::of(&asked)?;
//! let answer = &question.answers()?[0];
//! let optimal = answer.analysis.critical.optimal.gamma().map(|gamma| gamma.to_string());
//! assert_eq!(optimal.as_deref(), Some("-3/4"));
//! # Ok::<(), lora_advice::predict::PredictError>(())
//! ```

mod asked;
mod error;
mod heading;
mod json;
mod phase_figure;
mod request;
mod stated;
mod text;

pub use asked::PredictRequest;
pub use error::PredictError;
pub use heading::heading;
pub use json::{InitEntry, document};
pub use phase_figure::phase_drawing;
pub use request::Question;
pub use stated::StatedSetting;
pub use text::render;

use lora_theory::{Analysis, Powers, Rational, Setting, TheoryError, analyse};

/// What the theory says of one init.
#[derive(Clone, Debug)]
pub struct InitAnswer {
    /// All sizes and critical learning rates.
    pub analysis: Analysis,
    /// Powers of a fixed rank; none where the calculus only bounds them.
    pub of_rank: Option<Powers>,
    /// Powers of the multiplier s.
    pub of_multiplier: Powers,
}

impl InitAnswer {
    /// For one setting.
    ///
    /// # Errors
    /// [`TheoryError`] for a setting outside the calculus.
    pub fn to(setting: &Setting) -> Result<Self, TheoryError> {
        let analysis = analyse(setting)?;
        let fixed_rank = setting.rank == Rational::from_integer(0);
        let exact = fixed_rank && !request::both_random(setting.init);
        Ok(Self {
            analysis,
            of_rank: exact.then(|| lora_theory::rank_exponents(setting)).transpose()?,
            of_multiplier: lora_theory::multiplier_exponents(setting)?,
        })
    }
}

//! Constants that were solved before, and are read back.

use std::path::Path;

use lora_limit::setting_at;
use lora_store::folder::Folder;
use lora_theory::{Rational, Setting, parse_rational};
use lora_types::Init;

use crate::answer::{Answer, InitAnswer};
use crate::constants::SCHEMA;
use crate::error::ConstantsError;
use crate::files::DOCUMENT;
use crate::question::LOSS_TIMES;

/// The constants of `paper` with both readouts, which come with the program.
const BUILT_IN: &str = include_str!("../../../figures/limit/limit.json");
/// Where the repository has them.
const BUILT_IN_AT: &str = "figures/limit";

/// An answer with where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Solved {
    /// The answer.
    pub answer: Answer,
    /// Its directory.
    pub from: String,
}

impl Solved {
    /// The constants that come with the program.
    ///
    /// # Errors
    /// [`ConstantsError::Unsolved`] if the program was built with a document that it cannot read.
    pub fn built_in() -> Result<Self, ConstantsError> {
        Self::parse(BUILT_IN_AT, BUILT_IN)
    }

    /// Those that [`crate::write()`] wrote into a directory.
    ///
    /// # Errors
    /// [`ConstantsError::Unsolved`] if it has no document or another one, and [`ConstantsError::Store`] if it
    /// cannot be read.
    pub fn open(dir: &Path) -> Result<Self, ConstantsError> {
        let from = dir.display().to_string();
        match Folder::existing(dir).read(DOCUMENT)? {
            Some(text) => Self::parse(&from, &text),
            None => Err(unsolved(&from, format!("is missing; {VALID}"))),
        }
    }

    /// Those of a directory, or those that come with the program.
    ///
    /// # Errors
    /// As of [`Solved::open`].
    pub fn of(dir: Option<&Path>) -> Result<Self, ConstantsError> {
        dir.map_or_else(Self::built_in, Self::open)
    }

    /// The error for a setting that was not solved.
    pub(crate) fn of_others(&self) -> ConstantsError {
        let (from, experiment) = (self.from.clone(), self.answer.experiment.clone());
        ConstantsError::OtherSetting { from, experiment }
    }

    fn parse(from: &str, text: &str) -> Result<Self, ConstantsError> {
        let bad = |why: String| unsolved(from, format!("{why}; {VALID}"));
        let mut answer: Answer =
            serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
        // Files from before there was a choice.
        if answer.loss_neurons == 0 {
            answer.loss_neurons = LOSS_TIMES.saturating_mul(answer.neurons);
        }
        if answer.schema != SCHEMA {
            return Err(bad(format!("schema is {}, but must be {SCHEMA}", answer.schema)));
        }
        Ok(Self { answer, from: from.to_owned() })
    }

    /// What was solved for a setting of the calculus, with its init and readout exponent; none if the answer is
    /// of other settings. Symbolic steps do not count.
    ///
    /// # Errors
    /// [`ConstantsError::Theory`] if the document has a readout that is no fraction.
    pub(crate) fn found(
        &self,
        setting: &Setting,
    ) -> Result<Option<(Init, Rational, &InitAnswer)>, ConstantsError> {
        let training = self.answer.settings.training();
        for of in &self.answer.readouts {
            let readout = parse_rational(&of.readout)?;
            for (&init, found) in &of.inits {
                let solved = setting_at(readout, &training, init);
                if *setting == (Setting { steps: setting.steps, ..solved }) {
                    return Ok(Some((init, readout, found)));
                }
            }
        }
        Ok(None)
    }
}

const VALID: &str = "it must be what limit writes into its directory";

fn unsolved(from: &str, reason: String) -> ConstantsError {
    let path = Path::new(from).join(DOCUMENT).display().to_string();
    ConstantsError::Unsolved { path, reason }
}

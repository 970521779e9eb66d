//! The advice on errors of what is asked.

use lora_experiment::error::{ExperimentError, KeyError, StudyProblem};

use super::CommandError;
use crate::typed::quoted;

/// A file, a key or a claim is the user's; what fails beside that is not.
impl From<ExperimentError> for CommandError {
    fn from(error: ExperimentError) -> Self {
        use ExperimentError as E;
        match error {
            E::Grid(_) | E::NotARequest { .. } | E::NoText { .. } | E::Unplanned(_) => {
                Self::failed(error)
            }
            error => Self::Usage(advised(&error)),
        }
    }
}

impl From<KeyError> for CommandError {
    fn from(error: KeyError) -> Self {
        ExperimentError::from(error).into()
    }
}

/// The message with what to type.
fn advised(error: &ExperimentError) -> String {
    use ExperimentError as E;
    match error {
        E::NotFound { nearest: None, .. } => {
            format!("{error}; `width-sweep list` shows the experiments in a directory")
        }
        E::IsTopic { file } => {
            format!("{error}: measure them with `width-sweep verify {}`", quoted(file))
        }
        E::Key(key) => key.message("--set"),
        E::NoAssignment { text } => {
            format!(
                "--set {text:?}: has no '=', must be KEY=VALUE, such as --set training.steps=400"
            )
        }
        E::IncompleteKey { text } => format!(
            "--set {text:?}: the key is not complete, must be KEY=VALUE, such as --set \
             training.steps=400"
        ),
        E::Study { file, study, problem } => match &**problem {
            StudyProblem::Settings(error) => format!("{file}: study {study}: {}", advised(error)),
            _ => error.to_string(),
        },
        E::NoneChosen { .. } => format!("--only {error}; --list names them all"),
        E::NotAPlan { .. } | E::NotPredictions { .. } => {
            format!("{error}: restore it, or set --out to a new directory")
        }
        E::OtherSize { planned_quick, .. } => {
            let with = if *planned_quick { "with" } else { "without" };
            format!("--out {error}: name another directory, or verify {with} --quick")
        }
        error => error.to_string(),
    }
}

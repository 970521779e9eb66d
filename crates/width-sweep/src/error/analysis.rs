//! The advice on errors of the analysis.

use lora_analysis::AnalysisError;

use super::CommandError;
use crate::typed;

impl From<AnalysisError> for CommandError {
    fn from(error: AnalysisError) -> Self {
        use AnalysisError::{
            File, NotAVerification, NotRejudgeable, OutdatedFigure, Table, UnknownClaims,
        };
        let said = error.to_string();
        match error {
            AnalysisError::Experiment(error) => error.into(),
            AnalysisError::Store(error) => error.into(),
            File { path, fault } => Self::file(&path, fault),
            Table { .. } => Self::Usage(said),
            OutdatedFigure { path } => {
                let again = typed::plot(path.parent().unwrap_or(&path));
                Self::Usage(format!("{said}; this draws it again: {again}"))
            }
            NotAVerification { .. } => Self::Usage(format!("--verify {said}")),
            NotRejudgeable { .. } => Self::Usage(format!("--rejudge {said}")),
            UnknownClaims { .. } => Self::Usage(format!(
                "--rejudge {said}: name all topic files that were measured there, and leave out --only"
            )),
            _ => Self::Failed(said),
        }
    }
}

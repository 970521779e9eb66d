//! The advice on errors of a sweep, which are those of the crates that take part.

use lora_sweep::SweepError;

use super::CommandError;

impl From<SweepError> for CommandError {
    fn from(error: SweepError) -> Self {
        match error {
            SweepError::Request(error) => error.into(),
            SweepError::Runner(error) => error.into(),
            SweepError::Store(error) => error.into(),
            SweepError::Analysis(error) => error.into(),
            other => Self::failed(other),
        }
    }
}

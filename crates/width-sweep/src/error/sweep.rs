//! The advice on errors of a sweep, which are those of the crates that take part.

use lora_constants::ConstantsError;
use lora_sweep::SweepError;

use super::CommandError;
use crate::typed;

impl From<SweepError> for CommandError {
    fn from(error: SweepError) -> Self {
        match error {
            SweepError::Request(error) => error.into(),
            SweepError::Runner(error) => error.into(),
            SweepError::Store(error) => error.into(),
            SweepError::Analysis(error) => error.into(),
            SweepError::Limit(error @ ConstantsError::TooLarge { .. }) => Self::Usage(format!(
                "{error}: try a smaller search.limit_neurons, or widths without \"inf\""
            )),
            SweepError::Limit(error @ ConstantsError::Incomplete) => Self::Usage(error.to_string()),
            SweepError::Limit(error) => error.into(),
            SweepError::LimitStopped { .. } => {
                let go_on = typed::line(&typed::words_to_go_on());
                Self::Interrupted(format!("{error}; this command continues it:\n  {go_on}"))
            }
            other => Self::failed(other),
        }
    }
}

//! The advice on errors of the limit's constants.

use lora_constants::ConstantsError;

use super::CommandError;

impl From<ConstantsError> for CommandError {
    fn from(error: ConstantsError) -> Self {
        use ConstantsError::{Invalid, Limit, OtherModel, Sim, Stopped, Store, Table, Theory};
        let said = error.to_string();
        match error {
            Store(error) => error.into(),
            Stopped { .. } => Self::Interrupted(format!("{said}; nothing was written")),
            Invalid { .. } | OtherModel { .. } | Limit(_) | Sim(_) | Theory(_) | Table { .. } => {
                Self::Usage(format!("limit: {said}"))
            }
            _ => Self::Failed(said),
        }
    }
}

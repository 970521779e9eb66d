//! Why there is no advice.

use std::path::PathBuf;

use lora_checkpoint::CheckpointError;
use lora_theory::TheoryError;

use crate::transfer::TransferError;

/// A config that cannot be read, or of which nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum AdviseError {
    /// A file, or a value in it, is at fault.
    #[error(transparent)]
    File(#[from] CheckpointError),
    /// The factors start in a way that the theory does not know.
    #[error(
        "{}: `init_lora_weights` is \"{name}\"; there {how}, while the theory's are zero, or random and \
         independent: valid are true, false and \"gaussian\"",
        file.display()
    )]
    NoTheory {
        /// The config.
        file: PathBuf,
        /// The start.
        name: String,
        /// Where the factors come from.
        how: &'static str,
    },
    /// The two configs start differently.
    #[error(
        "{}: `init_lora_weights` is {from}, and {to} in the other config; a learning rate is carried between \
         configs that start alike",
        file.display()
    )]
    OtherStart {
        /// The config of the known learning rate.
        file: PathBuf,
        /// Its start.
        from: String,
        /// The other start.
        to: String,
    },
    /// The two bases are of different families.
    #[error(
        "{}: `model_type` is \"{from}\", and \"{to}\" for the other base; a learning rate is carried within a \
         family",
        file.display()
    )]
    OtherFamily {
        /// The base of the known learning rate.
        file: PathBuf,
        /// Its family.
        from: &'static str,
        /// The other family.
        to: &'static str,
    },
    /// A learning rate is known, but not of which other config.
    #[error("a known learning rate needs the config or the base that it is known of")]
    KnownOfNothing,
    /// No adapted module has a law.
    #[error("the learning rate is carried to no module: {why}")]
    CarriedToNone {
        /// Why not, of the first module.
        why: String,
    },
    /// The learning rate is not carried.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// The calculus refuses the setting.
    #[error(transparent)]
    Theory(#[from] TheoryError),
}

//! Names as the page shows them, in the data of its scripts.

use lora_types::Init;
use serde::ser::Serializer;

/// An init as `Init[A]`.
pub(crate) fn label<S: Serializer>(init: &Init, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(init.label())
}

/// Inits as `Init[A]`.
pub(crate) fn labels<S: Serializer>(inits: &[Init], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(inits.iter().map(|init| init.label()))
}

//! One file for each figure, and a folder for its parts.

pub(crate) mod choices;
pub(crate) mod collapse;
pub(crate) mod curves;
pub(crate) mod drift;
pub(crate) mod layers;
pub(crate) mod lora_plus;
pub(crate) mod norms;
pub(crate) mod phases;
pub(crate) mod scaling;
pub(crate) mod traces;
pub(crate) mod verdicts;

//! The rows that callers fill, the kinds that rows refer to, and the figures that rows make up.

pub(crate) mod figures;
pub(crate) mod kinds;
pub(crate) mod layers;
pub(crate) mod suite;
pub(crate) mod sweep;
pub(crate) mod traces;

//! The rows that callers fill, and the kinds that rows refer to.

pub(crate) mod kinds;
pub(crate) mod suite;
pub(crate) mod sweep;

//! The synthetic model, its training engine on the CPU, and the `Engine` trait.

pub mod spec;

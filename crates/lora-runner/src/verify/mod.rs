//! Studies of a verification.

pub mod cache;
pub mod cell;
pub mod cost;
pub mod engines;
pub mod fault;
pub mod measured;

//! Training on tiny models of every family: what a step does, what is measured of it, and how a run goes on.

#[path = "../common/mod.rs"]
mod common;

mod accumulation;
mod clipping;
mod dropout;
mod exact;
mod generation;
mod not_finite;
mod rates;
mod records;
mod state;

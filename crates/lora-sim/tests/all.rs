//! All tests of the CPU engine, as one program, since each program of its own would be linked anew.

mod conformance;
mod determinism;
mod draws;
mod hidden;
mod identities;
mod layer;

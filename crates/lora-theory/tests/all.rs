//! All tests of the calculus, as one program, since each program of its own would be linked anew.

mod brute;
mod brute_force;
mod common;
mod correction;
mod envelope;
mod frozen_factor;
mod ingredients;
mod input;
mod layer;
mod leading;
mod network;
mod rank;
mod recursion;
mod semiring;
mod sentences;
mod simulation;
mod small_readout;
mod steps;

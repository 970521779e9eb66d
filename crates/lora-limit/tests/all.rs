//! All tests of the limit, as one program, since each program of its own would be linked anew.

mod common;
mod convergence;
mod derived;
mod engine;
mod identities;
mod quadrature;
mod reference;
mod rough;
mod traps;
mod unlisted;

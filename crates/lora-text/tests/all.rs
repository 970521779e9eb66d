//! All tests of texts, as one program, since each program of its own would be linked anew.

mod choices;
mod common;
mod data;
mod pairs;
mod tables;
mod tokenizers;

//! What was measured, kept: the database of finished runs, tables, provenance.

pub mod cell_archive;
pub mod digest;
pub mod error;
pub mod folder;
pub mod limit_row;
pub mod limits;
pub mod manifest;
pub mod output;
pub mod provenance;
pub mod rows;
pub mod run_dir;
pub mod stored;
pub mod tables;
#[doc(hidden)]
pub mod testing;

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

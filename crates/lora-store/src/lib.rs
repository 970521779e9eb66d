//! What was measured, kept: the database of finished runs, tables, provenance.

pub mod cell_archive;
pub mod digest;
pub mod folder;
pub mod kept;
pub mod manifest;
pub mod output;
pub mod provenance;
pub mod rows;
pub mod run_dir;
pub mod tables;

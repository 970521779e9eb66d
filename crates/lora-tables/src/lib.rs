#![doc = include_str!("../README.md")]

pub mod coordinates;
pub mod limit;
pub mod plain;
pub mod statements;
pub mod summary;
pub mod verdicts;

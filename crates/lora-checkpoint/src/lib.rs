//! Transformers on disk: Hugging Face folders, GGUF files and PEFT adapters.
//!
//! [`Checkpoint::open`] reads the headers of a folder or of a GGUF file and checks that every tensor is
//! there that its family needs. [`Checkpoint::take`] reads one tensor at a time, always by the name that
//! Hugging Face's model for a task gives it. [`write_checkpoint`] writes a folder that transformers
//! loads. [`Adapter`] reads and writes what PEFT saves, and
//! [`AdapterFile`] reads it one tensor at a time. [`JsonFile`] reads the keys of a configuration alone.
//!
//! Every file is taken for hostile: a count, a length or an offset is checked against the file before
//! anything is allocated for it, and nothing panics.

#![warn(clippy::missing_errors_doc)]

mod adapter;
mod checkpoint;
mod config;
mod config_json;
mod error;
mod expected;
mod folder;
mod gguf;
mod json_file;
mod names;
mod rope;
mod safetensors_file;
mod strict_json;
mod tensor;
mod write;

pub use adapter::{
    Adapter, AdapterConfig, AdapterFile, AdapterNames, Pair, PairNames, TargetModules,
};
pub use checkpoint::{Checkpoint, Format};
pub use config::{Activation, Config, Family, Positions};
pub use config_json::Fields;
pub use error::{CheckpointError, short, visible};
pub use expected::{expected, optional};
pub use gguf::metadata::{Metadata, Texts};
pub use json_file::JsonFile;
pub use tensor::{Data, Tensor};
pub use write::{TokenizerFile, write_checkpoint, write_tensors};

/// Compiles and runs the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

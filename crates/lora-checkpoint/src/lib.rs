//! Transformers on disk: Hugging Face folders, GGUF files and PEFT adapters.

mod config;
mod tensor;

pub use config::{Activation, Config, Family, Positions};
pub use tensor::{Checkpoint, CheckpointError, Data, Tensor};

//! Transformers on disk: Hugging Face folders, GGUF files and PEFT adapters.

mod config;

pub use config::{Activation, Config, Family, Positions};

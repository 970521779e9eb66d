//! The suite for transformers with LoRA, on this engine.

mod built;
mod engine;

lora_conformance::transformer_conformance!(cpu, crate::engine::Cpu);

//! Transformers with LoRA, trained on the CPU.

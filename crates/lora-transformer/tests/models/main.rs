//! Models by their parts: names, targets, adapters in files, checkpoints, heads, and what sequences they
//! take.

#[path = "../common/mod.rs"]
mod common;

mod checkpoints;
mod logits;
mod names;
mod peft_files;
mod sequences;
mod targets;

//! What is known of a base model before its weights are read.

use lora_checkpoint::Config;
use lora_text::Tokenizer;

/// What data are read for.
#[derive(Clone, Copy)]
pub struct Base<'b> {
    /// Makes tokens of texts.
    pub tokenizer: &'b Tokenizer,
    /// The text to train on where an experiment names none.
    pub text: &'b (dyn Fn() -> String + Sync),
    /// The shape of the model; what depends on its width is of no account here.
    pub config: &'b Config,
}

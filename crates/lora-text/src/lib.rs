//! Text for transformers: tokenizers, data sets, prompts and labels.

//! A small recipe and a small text.
#![allow(dead_code)] // Every test file uses a part of it.

use lora_pretrain::{Corpus, Outcome, Parametrisation, Pretrained, Recipe, pretrain};
use lora_text::bundled_text;
use lora_transformer::base::Base;

/// A vocabulary that holds every byte of ASCII.
pub const ASCII: usize = 128;

pub fn recipe() -> Recipe {
    Recipe {
        width: 32,
        depth: 2,
        head_dim: 16,
        key_value_heads: None,
        vocabulary: ASCII,
        context: 32,
        mlp_width: None,
        parametrisation: Parametrisation::Standard,
        lr: 1e-2,
        steps: 12,
        batch: 5,
        warmup: 0.1,
        weight_decay: 0.1,
        betas: [0.9, 0.95],
        seed: 7,
    }
}

/// Bytes of English, as tokens.
pub fn corpus(tokens: usize) -> Corpus {
    let tokens = bundled_text().bytes().take(tokens).map(u32::from).collect();
    Corpus { tokens, tokenizer: Default::default() }
}

pub fn pretrained(recipe: &Recipe, corpus: &Corpus) -> Pretrained {
    let outcome = pretrain(recipe, corpus, &mut |_| (), &|| false, None);
    finished(outcome.expect("it runs"))
}

pub fn finished(outcome: Outcome) -> Pretrained {
    match outcome {
        Outcome::Finished(pretrained) => *pretrained,
        other => panic!("it has not finished: {other:?}"),
    }
}

/// Every bit of a model's weights.
pub fn bits(base: &Base) -> Vec<Vec<u32>> {
    let bits = |weight: &lora_transformer::weight::Weight| {
        weight.to_vec().iter().map(|value| value.to_bits()).collect()
    };
    base.weights.iter().map(bits).collect()
}

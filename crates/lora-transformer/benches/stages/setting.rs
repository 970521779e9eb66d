//! A model, and a slice of a batch on which stages run.

use std::ops::Range;

use lora_checkpoint::Positions;
use lora_transformer::attention::Layout;
use lora_transformer::base::Base;
use lora_transformer::pass::{Pass, Values};
use lora_transformer::rotary::Rotary;
use lora_transformer::trained::Trained;

use crate::models::{Model, measuring};

/// A model of one block and a slice, which all threads read.
pub struct Setting {
    pub model: Model,
    pub base: Base,
    /// Adapters of rank 8 on every linear module, with random B.
    pub trained: Trained,
    /// Tokens of the slice.
    pub rows: usize,
    /// Where the slice's sequences lie.
    sequences: Vec<Range<usize>>,
    rotary: Option<Rotary>,
}

impl Setting {
    pub fn new(model: &Model) -> Self {
        let mut model = model.clone();
        model.config.depth = 1;
        let base = model.base();
        let trained = Trained::lora(&base, &model.spec()).expect("a good run");
        let count = sequences(&model);
        let sequences = (0..count).map(|one| one * model.length..(one + 1) * model.length);
        let rotary = match &model.config.positions {
            Positions::Rotary { inverse_frequencies } => {
                Some(Rotary::new(inverse_frequencies, model.length))
            }
            Positions::Learned { .. } => None,
        };
        Self {
            rows: count * model.length,
            sequences: sequences.collect(),
            rotary,
            base,
            trained,
            model,
        }
    }

    /// What the stages read, without adapters.
    pub fn pass<'a>(
        &'a self,
        no_adapters: &'a [Option<lora_transformer::adapter::Adapter>],
    ) -> Pass<'a> {
        Pass {
            net: &self.base.net,
            values: Values { base: &self.base.weights, own: &self.trained.own },
            adapters: no_adapters,
            wants: &self.trained.wants,
            dropout: None,
            observer: None,
            first_row: 0,
        }
    }

    pub fn layout(&self) -> Layout<'_> {
        Layout { sequences: &self.sequences, rotary: self.rotary.as_ref() }
    }
}

/// Sequences of a slice: 256 tokens, as batches are cut.
pub fn sequences(model: &Model) -> usize {
    if measuring() { 256 / model.length } else { 2 }
}

//! The frozen student of a seed that its limits are coupled to.
//!
//! Inputs and targets depend on the seed alone. What stays random as n → ∞, u⁰ and f⁰ under Init\[A\] and
//! the decoder's neurons under Init\[B\], is drawn anew at every width. A limit takes it from the run of one
//! width, so that its constants compare seed by seed with those that are measured at that width.

use lora_limit::{Class, LimitError, Points, Start};
use lora_sim::spec::{Init, Model, Run};
use lora_sim::{AdapterState, Frozen, Isa};

use crate::error::ConstantsError;

/// Points and frozen student of a seed.
pub struct Student {
    /// X and y.
    pub points: Points,
    frozen: Frozen,
    width: usize,
    seed: u64,
}

impl Student {
    /// Those that the engines draw.
    ///
    /// # Errors
    /// [`ConstantsError::Sim`] or [`ConstantsError::Limit`] for a model or a width out of range.
    pub fn draw(model: &Model, width: usize, seed: u64) -> Result<Self, ConstantsError> {
        let points: Result<Points, LimitError> = Points::draw(model, seed);
        let frozen = Frozen::draw(model, width, seed, Isa::best())?;
        Ok(Self { points: points?, frozen, width, seed })
    }

    /// What is random in the limit of the run with this init.
    pub fn start(&self, class: &Class, model: &Model, init: Init) -> Start {
        // The learning rate has no part in the start.
        let run = Run { init, lr: 1.0, adapter_seed: self.seed };
        let state = AdapterState::initial(model, self.width, &run);
        Start::of_run(class, model, &self.frozen, &state)
    }
}

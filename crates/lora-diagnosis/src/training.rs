//! What is known of a training.

use serde::Serialize;

use crate::adam::update_constant;
use crate::numbers::shown;
use crate::reach::Reach;

/// What is known of the training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrainingAsked {
    /// The learning rate of A; the largest one, if it followed a schedule.
    pub(crate) lr: f64,
    /// Optimiser steps.
    pub(crate) steps: u32,
    /// η_B/η_A; 1 without LoRA+.
    pub(crate) lr_ratio: f64,
    /// β1 and β2.
    pub(crate) betas: [f64; 2],
    /// λ, AdamW's decoupled weight decay of both factors.
    pub(crate) weight_decay: f64,
    /// How far the entries of A and of B can have moved, found once.
    #[serde(skip)]
    reach: [Reach; 2],
}

/// A weight decay with which a step would leave nothing of a factor.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("must be below {}, one over the largest learning rate: a step keeps 1 − ηλ of a factor", shown(*below))]
pub struct TooMuchDecay {
    /// 1/η of the factor with the larger rate.
    pub below: f64,
}

impl TrainingAsked {
    /// Of the learning rate of A (the largest one, if it followed a schedule), the optimiser's steps, η_B/η_A (1
    /// without LoRA+), and β1 and β2, 0 ≤ β1 < 1 and 0 < β2 < 1; without weight decay.
    pub fn new(lr: f64, steps: u32, lr_ratio: f64, betas: [f64; 2]) -> Self {
        let reach = [lr, lr * lr_ratio].map(|rate| Reach::of(betas, steps, rate, 0.0));
        Self { lr, steps, lr_ratio, betas, weight_decay: 0.0, reach }
    }

    /// The same training with a decoupled weight decay λ ≥ 0 of both factors.
    ///
    /// # Errors
    /// [`TooMuchDecay`] unless ηλ < 1 at the rates of both factors.
    pub fn with_weight_decay(self, weight_decay: f64) -> Result<Self, TooMuchDecay> {
        let [of_a, of_b] = self.rates();
        let largest = of_a.max(of_b);
        if largest * weight_decay >= 1.0 {
            return Err(TooMuchDecay { below: largest.recip() });
        }
        let reach = [of_a, of_b].map(|rate| Reach::of(self.betas, self.steps, rate, weight_decay));
        Ok(Self { weight_decay, reach, ..self })
    }

    /// The learning rates of A and B.
    pub(crate) fn rates(&self) -> [f64; 2] {
        [self.lr, self.lr * self.lr_ratio]
    }

    /// "without weight decay", or with how much.
    pub(crate) fn decay_in_words(&self) -> String {
        match self.weight_decay {
            0.0 => "without weight decay".to_owned(),
            decay => format!("with a weight decay of {decay}"),
        }
    }

    /// How far an entry can have moved over all steps: of A, of B.
    pub fn reach(&self) -> [Reach; 2] {
        self.reach
    }

    /// The last step's [`LastUpdate`] of A and of B.
    pub(crate) fn last(&self) -> [LastUpdate; 2] {
        let constant = update_constant(self.betas, self.steps);
        self.rates()
            .map(|rate| LastUpdate { most: rate * constant, lost: rate * self.weight_decay })
    }
}

/// What one step can do: an entry θ becomes (1 − `lost`) θ, give or take `most`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LastUpdate {
    /// η C_T.
    pub most: f64,
    /// ηλ.
    pub lost: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_must_leave_something() {
        let plain = TrainingAsked::new(1e-3, 100, 16.0, [0.9, 0.999]);
        assert_eq!(plain.with_weight_decay(0.0), Ok(plain));
        let decayed = plain.with_weight_decay(0.1).expect("little decay");
        let ([a, b], [of_a, of_b]) = (decayed.reach(), plain.reach());
        assert!(a.updates < of_a.updates && b.updates < of_b.updates && a.decay < b.decay);
        let error = plain.with_weight_decay(62.5).expect_err("too much");
        assert_eq!(
            error.to_string(),
            "must be below 62.5, one over the largest learning rate: a step keeps 1 − ηλ of a factor"
        );
    }
}

//! What the final test has found.

use std::ops::AddAssign;

use lora_transformer::loss::Loss;

/// What was found on some sequences of the final test.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Of the predictions; of choices, the cross-entropy of the right letter among all tokens, and whether it is
    /// the likeliest of the four.
    pub loss: Loss,
    /// Whether each sentence, answer or question is right, where they are taken one by one.
    pub right: Vec<bool>,
}

impl Measured {
    /// Share of what is right, taken one by one; NaN of none.
    pub fn share(&self) -> f64 {
        let right = self.right.iter().filter(|&&right| right).count();
        right as f64 / self.right.len() as f64
    }
}

impl AddAssign for Measured {
    fn add_assign(&mut self, other: Self) {
        self.loss += other.loss;
        self.right.extend(other.right);
    }
}

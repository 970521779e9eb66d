//! The optimizer's update in the limit, in which epsilon is zero.

use lora_sim::spec::Optimizer;

use crate::error::{LimitError, require};

/// The largest epsilon of Adam that gradients do not notice.
const LARGEST_EPSILON: f64 = 1e-6;

/// The rule of one update.
///
/// Adam does not see a positive factor that stays the same during training, because its direction
/// m̂/√v̂ is homogeneous of degree zero in the gradients. The limit therefore drops 2/N and |ω|.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Rule {
    /// Adam with bias correction; decoupled weight decay λ drops out, since ηλ → 0.
    Adam {
        /// β1, β2.
        beta: [f64; 2],
        /// 1 − β1^t, 1 − β2^t.
        correction: [f64; 2],
    },
    /// The sign of the gradient.
    Sign,
}

impl Rule {
    /// The rule of update number `t`, which counts from 1.
    ///
    /// # Errors
    /// [`LimitError::Unsupported`] for SGD, and [`LimitError::Invalid`] for a large epsilon.
    pub fn new(optimizer: &Optimizer, t: usize) -> Result<Self, LimitError> {
        match *optimizer {
            Optimizer::Adam { beta1, beta2, epsilon }
            | Optimizer::AdamW { beta1, beta2, epsilon, .. } => {
                let valid = "at most 1e-6: it is 0 in the limit";
                require(epsilon <= LARGEST_EPSILON, "epsilon", epsilon, valid)?;
                let power = t.min(i32::MAX as usize) as i32;
                let beta = [beta1, beta2];
                Ok(Self::Adam { beta, correction: beta.map(|b| 1.0 - b.powi(power)) })
            }
            Optimizer::SignSgd => Ok(Self::Sign),
            Optimizer::Sgd => Err(LimitError::Unsupported { what: "SGD" }),
        }
    }
}

/// One trained entry with Adam's moments.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Entry {
    /// Its value in scaled units.
    pub value: f64,
    m: f64,
    v: f64,
}

impl Entry {
    /// value ← value − rate · direction(g), with 0/0 = 0.
    pub fn step(&mut self, rule: Rule, rate: f64, g: f64) {
        let direction = match rule {
            Rule::Sign if g == 0.0 => 0.0,
            Rule::Sign => g.signum(),
            Rule::Adam { beta, correction } => {
                self.m += (1.0 - beta[0]) * (g - self.m);
                self.v += (1.0 - beta[1]) * (g * g - self.v);
                let root = (self.v / correction[1]).sqrt();
                if root == 0.0 { 0.0 } else { self.m / correction[0] / root }
            }
        };
        self.value -= rate * direction;
    }

    /// Clears the moments: all gradients so far are of lower order than those to come. The count of
    /// updates goes on, so they stay in the bias correction.
    pub fn forget_gradients(&mut self) {
        (self.m, self.v) = (0.0, 0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADAM: Optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

    fn move_after(gradients: &[f64]) -> f64 {
        let mut entry = Entry::default();
        let mut last = 0.0;
        for (t, g) in gradients.iter().enumerate() {
            last = entry.value;
            entry.step(Rule::new(&ADAM, t + 1).expect("a known rule"), 1.0, *g);
        }
        entry.value - last
    }

    #[test]
    fn exact_zeros_move_nothing_but_count() {
        assert_eq!(move_after(&[0.0]), 0.0);
        // The sizes of the first steps after one and two gradients of zero (β = 0.9, 0.999).
        assert!((move_after(&[0.0, -3.0]) - 0.744).abs() < 5e-4);
        assert!((move_after(&[0.0, 0.0, -3.0]) - 0.639).abs() < 5e-4);
    }

    #[test]
    fn a_constant_factor_of_the_gradient_drops_out() {
        let gradients = [0.3, -1.0, 2.0];
        let larger = gradients.map(|g| 1e4 * g);
        assert!((move_after(&gradients) - move_after(&larger)).abs() < 1e-12);
    }
}

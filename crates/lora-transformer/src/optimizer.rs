//! Update rules, as PyTorch has them.
//!
//! Adam: m ← β₁ m + (1 - β₁) g, v ← β₂ v + (1 - β₂) g²,
//! θ ← θ - η m̂ / (√v̂ + ε) with m̂ = m / (1 - β₁^t) and v̂ = v / (1 - β₂^t). AdamW first shrinks θ by
//! 1 - η λ; the other rules add λ θ to the gradient.

use lora_types::OptimizerKind;

use crate::error::TransformerError;
use crate::vector::widest;

/// An update rule with its constants.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// Which rule.
    pub kind: OptimizerKind,
    /// β₁ and β₂ (`betas`).
    pub betas: [f64; 2],
    /// ε (`eps`).
    pub epsilon: f64,
    /// λ (`weight_decay`).
    pub weight_decay: f64,
}

impl Default for Rule {
    /// AdamW with PyTorch's constants, but without weight decay.
    fn default() -> Self {
        let kind = OptimizerKind::AdamW;
        Self { kind, betas: [0.9, 0.999], epsilon: 1e-8, weight_decay: 0.0 }
    }
}

/// First and second moments of an array; empty where the rule has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moments {
    /// m.
    pub first: Vec<f32>,
    /// v.
    pub second: Vec<f32>,
}

impl Rule {
    /// Checks the constants.
    ///
    /// # Errors
    /// [`TransformerError::OutOfRange`] for β outside of \[0, 1), ε ≤ 0, or a negative λ.
    pub fn check(&self) -> Result<(), TransformerError> {
        for beta in self.betas {
            if !(0.0..1.0).contains(&beta) {
                let valid = "write two numbers from 0 to below 1";
                return Err(TransformerError::out_of_range("betas", beta, valid));
            }
        }
        // In the precision of the update, where 1e-46 would be 0.
        if !(self.epsilon as f32 > 0.0 && self.epsilon.is_finite()) {
            let valid = "write a number above 1e-45";
            return Err(TransformerError::out_of_range("eps", self.epsilon, valid));
        }
        if !(self.weight_decay >= 0.0 && self.weight_decay.is_finite()) {
            let valid = "write 0 or a positive number";
            return Err(TransformerError::out_of_range("weight_decay", self.weight_decay, valid));
        }
        Ok(())
    }

    /// Moments for an array, before the first step.
    pub fn moments(&self, entries: usize) -> Moments {
        match self.kind {
            OptimizerKind::Adam | OptimizerKind::AdamW => {
                Moments { first: vec![0.0; entries], second: vec![0.0; entries] }
            }
            OptimizerKind::Sgd | OptimizerKind::SignSgd => Moments::default(),
        }
    }

    /// The update of one array in step `step`, which counts from 1, at the learning rate `lr`.
    pub fn update(
        &self,
        step: usize,
        lr: f64,
        theta: &mut [f32],
        moments: &mut Moments,
        gradient: &[f32],
    ) {
        let decoupled = self.kind == OptimizerKind::AdamW;
        let shrink = if decoupled { (1.0 - lr * self.weight_decay) as f32 } else { 1.0 };
        let decay = if decoupled { 0.0 } else { self.weight_decay as f32 };
        match self.kind {
            OptimizerKind::Adam | OptimizerKind::AdamW => {
                let correction = self.betas.map(|beta| 1.0 - beta.powi(step as i32));
                let constants = Constants {
                    shrink,
                    decay,
                    betas: self.betas.map(|beta| beta as f32),
                    rest: self.betas.map(|beta| (1.0 - beta) as f32),
                    size: (lr / correction[0]) as f32,
                    root: correction[1].sqrt() as f32,
                    epsilon: self.epsilon as f32,
                };
                adam(&constants, theta, &mut moments.first, &mut moments.second, gradient);
            }
            OptimizerKind::Sgd => descend(lr as f32, decay, theta, gradient),
            OptimizerKind::SignSgd => sign(lr as f32, decay, theta, gradient),
        }
    }
}

/// What all entries of an update have in common.
#[derive(Clone, Copy)]
pub struct Constants {
    shrink: f32,
    decay: f32,
    betas: [f32; 2],
    rest: [f32; 2],
    /// η / (1 - β₁^t).
    size: f32,
    /// √(1 - β₂^t).
    root: f32,
    epsilon: f32,
}

widest! {
    /// One step of Adam.
    pub fn adam(c: &Constants, theta: &mut [f32], m: &mut [f32], v: &mut [f32], g: &[f32]) {
        for (((theta, m), v), &g) in theta.iter_mut().zip(m).zip(v).zip(g) {
            let g = g + c.decay * *theta;
            *m = c.betas[0] * *m + c.rest[0] * g;
            *v = c.betas[1] * *v + c.rest[1] * g * g;
            *theta = *theta * c.shrink - c.size * (*m / (v.sqrt() / c.root + c.epsilon));
        }
    }
}

widest! {
    /// θ ← θ - η (g + λ θ).
    pub fn descend(lr: f32, decay: f32, theta: &mut [f32], g: &[f32]) {
        for (theta, &g) in theta.iter_mut().zip(g) {
            *theta -= lr * (g + decay * *theta);
        }
    }
}

widest! {
    /// θ ← θ - η sign(g + λ θ), with sign(0) = 0.
    pub fn sign(lr: f32, decay: f32, theta: &mut [f32], g: &[f32]) {
        for (theta, &g) in theta.iter_mut().zip(g) {
            let g = g + decay * *theta;
            let sign = if g == 0.0 { 0.0 } else { g.signum() };
            *theta -= lr * sign;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(rule: &Rule, steps: usize, lr: f64, gradient: f32) -> f32 {
        let (mut theta, mut moments) = ([1.0f32], rule.moments(1));
        for step in 1..=steps {
            rule.update(step, lr, &mut theta, &mut moments, &[gradient]);
        }
        theta[0]
    }

    #[test]
    fn adams_first_steps_have_the_size_of_the_learning_rate() {
        let rule = Rule::default();
        for gradient in [1e-3, 5.0] {
            assert!((after(&rule, 1, 0.1, gradient) - 0.9).abs() < 2e-6);
            assert!((after(&rule, 3, 0.1, -gradient) - 1.3).abs() < 1e-5);
        }
    }

    #[test]
    fn decay_is_decoupled_in_adamw_alone() {
        let rule = |kind| Rule { kind, weight_decay: 0.5, ..Rule::default() };
        // With no gradient AdamW shrinks by 1 - η λ; Adam takes λ θ for a gradient, of any size.
        assert!((after(&rule(OptimizerKind::AdamW), 1, 0.1, 0.0) - 0.95).abs() < 1e-6);
        assert!((after(&rule(OptimizerKind::Adam), 1, 0.1, 0.0) - 0.9).abs() < 1e-6);
        assert!((after(&rule(OptimizerKind::Sgd), 1, 0.1, 0.0) - 0.95).abs() < 1e-6);
        assert!((after(&rule(OptimizerKind::SignSgd), 1, 0.1, 0.0) - 0.9).abs() < 1e-6);
    }

    #[test]
    fn sign_descent_moves_by_the_learning_rate_and_descent_by_the_gradient() {
        let rule = |kind| Rule { kind, ..Rule::default() };
        assert_eq!(after(&rule(OptimizerKind::SignSgd), 2, 0.25, -7.0), 1.5);
        assert_eq!(after(&rule(OptimizerKind::SignSgd), 2, 0.25, 0.0), 1.0);
        assert_eq!(after(&rule(OptimizerKind::Sgd), 2, 0.25, 2.0), 0.0);
        assert!(after(&rule(OptimizerKind::SignSgd), 1, 0.25, f32::NAN).is_nan());
    }

    #[test]
    fn constants_out_of_range_are_refused() {
        let with = |change: &dyn Fn(&mut Rule)| {
            let mut rule = Rule::default();
            change(&mut rule);
            rule.check().map_err(|error| error.to_string())
        };
        assert!(with(&|_| ()).is_ok());
        for change in [
            &(|rule: &mut Rule| rule.betas[1] = 1.0) as &dyn Fn(&mut Rule),
            &|rule| rule.betas[0] = f64::NAN,
            &|rule| rule.epsilon = 0.0,
            &|rule| rule.epsilon = 1e-46,
            &|rule| rule.weight_decay = -0.1,
        ] {
            assert!(with(change).is_err());
        }
    }
}

//! An update rule with its moments, and the diagonal D through which it sees the loss.

use lora_sim::spec::{Optimizer, Training};

use crate::error::CurvatureError;
use crate::factors::Factors;

/// A and B on their way down.
#[derive(Clone, Debug)]
pub struct Descent {
    /// Where they are.
    pub factors: Factors,
    rule: Rule,
    /// η_A and η_B; 0 for a factor that is not trained.
    rates: [f64; 2],
    /// The momentum that averages; the gradient itself under SGD.
    first: Factors,
    /// The average of squared gradients; without use under SGD.
    second: Factors,
    /// Gradients that were noted.
    step: i32,
}

#[derive(Clone, Copy, Debug)]
enum Rule {
    Sgd,
    Adam { beta1: f64, beta2: f64, epsilon: f64 },
}

impl Descent {
    /// From A_0 and B_0, at η_A = `lr`.
    ///
    /// # Errors
    /// [`CurvatureError::Optimizer`] for another rule than Adam and SGD, and [`CurvatureError::Sim`] or
    /// [`CurvatureError::Invalid`] for a number out of range.
    pub fn new(training: &Training, lr: f64, start: Factors) -> Result<Self, CurvatureError> {
        training.check()?;
        if !(lr > 0.0 && lr.is_finite()) {
            let (key, value) = ("lr", lr.to_string());
            return Err(CurvatureError::Invalid { key, value, valid: "a positive number" });
        }
        let rule = match training.optimizer {
            Optimizer::Sgd => Rule::Sgd,
            Optimizer::Adam { beta1, beta2, epsilon } => Rule::Adam { beta1, beta2, epsilon },
            other => return Err(CurvatureError::Optimizer { found: other.kind().key() }),
        };
        let trained = |trained: bool, lr: f64| if trained { lr } else { 0.0 };
        let rates =
            [trained(training.train.a(), lr), trained(training.train.b(), lr * training.lr_ratio)];
        let zeros = start.map(|_| 0.0);
        Ok(Self { first: zeros.clone(), second: zeros, factors: start, rule, rates, step: 0 })
    }

    /// The largest eigenvalue of D^1/2 H D^1/2 at which the update is stable on a quadratic with a fixed D.
    ///
    /// With m ← β₁ m + (1 − β₁) λ x and x ← x − m the larger root of z² − (1 + β₁ − (1 − β₁) λ) z + β₁ leaves the
    /// unit circle at −1, where λ = (2 + 2 β₁)/(1 − β₁). SGD is β₁ = 0.
    pub fn threshold(&self) -> f64 {
        match self.rule {
            Rule::Sgd => 2.0,
            Rule::Adam { beta1, .. } => (2.0 + 2.0 * beta1) / (1.0 - beta1),
        }
    }

    /// Takes the gradient at the factors into the moments.
    pub fn note(&mut self, gradient: &Factors) {
        self.step += 1;
        match self.rule {
            Rule::Sgd => self.first = gradient.clone(),
            Rule::Adam { beta1, beta2, .. } => {
                self.first = self.first.combine(gradient, |m, g| beta1 * m + (1.0 - beta1) * g);
                self.second =
                    self.second.combine(gradient, |v, g| beta2 * v + (1.0 - beta2) * g * g);
            }
        }
    }

    /// D of the step that follows the noted gradients: θ ← θ − D m. Adam's bias corrections are part of it.
    /// An entry whose gradients were all zero does not move and has 0.
    pub fn scale(&self) -> Factors {
        let [rate_a, rate_b] = self.rates;
        let mut scale = match self.rule {
            Rule::Sgd => self.second.map(|_| 1.0),
            Rule::Adam { beta1, beta2, epsilon } => {
                let [first, second] = [beta1, beta2].map(|beta| 1.0 - beta.powi(self.step));
                self.second.map(|v| match v > 0.0 {
                    true => 1.0 / (first * ((v / second).sqrt() + epsilon)),
                    false => 0.0,
                })
            }
        };
        scale.a *= rate_a;
        scale.b *= rate_b;
        scale
    }

    /// Makes the step.
    pub fn advance(&mut self) {
        let step = self.scale().combine(&self.first, |d, m| d * m);
        self.factors = self.factors.combine(&step, |x, step| x - step);
    }
}

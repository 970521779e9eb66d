//! How the learning rate moves over a run.

use crate::error::TransformerError;

/// What the learning rate does behind the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Decay {
    /// It stays.
    #[default]
    Constant,
    /// It falls to 0 along a line.
    Linear,
    /// It falls to 0 along half a cosine.
    Cosine,
}

/// Factors of the learning rate, as in `transformers`' schedules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// Steps over which the rate rises from 0 along a line (`warmup_steps`).
    pub warmup: usize,
    /// What follows.
    pub decay: Decay,
}

impl Schedule {
    /// Checks that the warm-up ends before the run.
    ///
    /// # Errors
    /// [`TransformerError::OutOfRange`] otherwise.
    pub fn check(&self, steps: usize) -> Result<(), TransformerError> {
        if self.warmup > steps {
            let valid = format!("write at most the number of steps, {steps}");
            return Err(TransformerError::out_of_range("warmup_steps", self.warmup, valid));
        }
        Ok(())
    }

    /// The factor in step `step`, which counts from 0, of `steps`.
    pub fn factor(&self, step: usize, steps: usize) -> f64 {
        if step < self.warmup {
            return step as f64 / self.warmup as f64;
        }
        let rest = steps.saturating_sub(self.warmup).max(1) as f64;
        let gone = (step - self.warmup) as f64 / rest;
        match self.decay {
            Decay::Constant => 1.0,
            Decay::Linear => (1.0 - gone).max(0.0),
            Decay::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * gone.min(1.0)).cos()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_rise_over_the_warm_up_and_fall_to_the_end() {
        let factors = |decay| {
            let schedule = Schedule { warmup: 2, decay };
            [0, 1, 2, 4, 6].map(|step| schedule.factor(step, 6))
        };
        assert_eq!(factors(Decay::Constant), [0.0, 0.5, 1.0, 1.0, 1.0]);
        assert_eq!(factors(Decay::Linear), [0.0, 0.5, 1.0, 0.5, 0.0]);
        let cosine = factors(Decay::Cosine);
        assert!((cosine[3] - 0.5).abs() < 1e-12 && cosine[4].abs() < 1e-12);
        assert!(Schedule { warmup: 7, decay: Decay::Linear }.check(6).is_err());
    }
}

//! The checks that every engine makes before it starts.

use ndarray::Array2;

use crate::adapter::AdapterState;
use crate::engine::Batch;
use crate::error::{SimError, number, require};
use crate::spec::{Model, Optimizer, Run, Training};

/// Engines compute in f32; a constant that is 0, subnormal or infinite there would change the rule.
const NORMAL: &str = "above 0, and a normal number in f32";

fn normal(key: &'static str, value: f64) -> Result<(), SimError> {
    require(value > 0.0 && (value as f32).is_normal(), key, number(value), NORMAL)
}

impl Model {
    /// Checks the bare layer at a width: no ingredients, sizes of at least 1, and constants that f32 can hold.
    ///
    /// # Errors
    /// [`SimError::Invalid`] with the first field that is out of range.
    pub fn check(&self, width: usize) -> Result<(), SimError> {
        for (key, value) in [
            ("width", width),
            ("input_dim", self.input_dim),
            ("rank", self.rank),
            ("points", self.points),
            ("teacher.width", self.teacher.width),
            ("teacher.rank", self.teacher.rank),
        ] {
            require(value >= 1, key, value, "a whole number of at least 1")?;
        }
        require(u32::try_from(width).is_ok(), "width", width, "below 2^32")?;
        if let Some((key, value)) = self.ingredients.first() {
            require(false, key, value, "left at its default: only the bare layer is known here")?;
        }
        normal("multiplier", self.multiplier)?;
        normal("teacher_scale", self.teacher_scale)?;
        normal("a_scale", self.a_scale / (width as f64).sqrt())?;
        normal("b_scale", self.b_scale / (self.rank as f64).sqrt())?;
        let w_out = (width as f64).powf(-self.readout_exponent);
        let valid = "such that n^-a is a normal number in f32";
        let exponent = number(self.readout_exponent);
        require((w_out as f32).is_normal(), "readout_exponent", exponent, valid)
    }
}

impl Training {
    /// Checks the optimizer's constants, the learning-rate ratio and the recording, and that it is on all samples.
    ///
    /// # Errors
    /// [`SimError::Invalid`] with the first field that is out of range.
    pub fn check(&self) -> Result<(), SimError> {
        require(
            self.batch == 0,
            "batch",
            self.batch,
            "0: only training on all samples is known here",
        )?;
        require(self.record_every >= 1, "record_every", self.record_every, "at least 1")?;
        let factor = self.divergence_factor;
        require(factor > 0.0, "divergence_factor", number(factor), "above 0")?;
        normal("lr_ratio", self.lr_ratio)?;
        let (Optimizer::Adam { beta1, beta2, epsilon }
        | Optimizer::AdamW { beta1, beta2, epsilon, .. }) = self.optimizer
        else {
            return Ok(());
        };
        require((0.0..1.0).contains(&beta1), "beta1", number(beta1), "from 0 up to, but not, 1")?;
        require((0.0..1.0).contains(&beta2), "beta2", number(beta2), "from 0 up to, but not, 1")?;
        let not_negative = "finite, 0 or above";
        let usable = |x: f64| x.is_finite() && x >= 0.0;
        require(usable(epsilon), "epsilon", number(epsilon), not_negative)?;
        if let Optimizer::AdamW { weight_decay, .. } = self.optimizer {
            let shown = number(weight_decay);
            require(usable(weight_decay), "weight_decay", shown, not_negative)?;
        }
        Ok(())
    }
}

impl Run {
    /// Checks the learning rates of A and of B.
    ///
    /// # Errors
    /// [`SimError::Invalid`] if one of them is not a positive normal number in f32.
    pub fn check(&self, training: &Training) -> Result<(), SimError> {
        normal("lr", self.lr)?;
        normal("lr", self.lr * training.lr_ratio)
    }
}

impl Batch<'_> {
    /// Checks the training, every run, and the shapes of the start states.
    ///
    /// # Errors
    /// [`SimError::Invalid`] for a value out of range or a wrong number of start states, and
    /// [`SimError::Shape`] for a start state whose A is not r × n or whose B is not n × r.
    pub fn check(&self, model: &Model, width: usize) -> Result<(), SimError> {
        self.training.check()?;
        self.runs.iter().try_for_each(|run| run.check(self.training))?;
        let Some(starts) = self.starts else { return Ok(()) };
        let counts = format!("{} for {} runs", starts.len(), self.runs.len());
        require(starts.len() == self.runs.len(), "starts", counts, "one for each run")?;
        starts.iter().enumerate().try_for_each(|(index, state)| shapes(index, state, model, width))
    }
}

fn shapes(index: usize, state: &AdapterState, model: &Model, n: usize) -> Result<(), SimError> {
    let r = model.rank;
    let fits = |a: &Array2<f32>, b: &Array2<f32>| a.dim() == (r, n) && b.dim() == (n, r);
    let pairs = [(&state.a, &state.b), (&state.m_a, &state.m_b), (&state.v_a, &state.v_b)];
    if pairs.into_iter().all(|(a, b)| fits(a, b)) {
        return Ok(());
    }
    Err(SimError::Shape { index, a: state.a.dim(), b: state.b.dim(), r, n })
}

//! The optimizer's update of one slice of parameters.

use super::Isa;
use crate::spec::Optimizer;

/// Constants of one update, folded in f64 and rounded once.
///
/// Adam: m ← m + (1 − β1)(g − m), v ← v + (1 − β2)(g² − v),
/// θ ← (1 − ηλ)θ − η/(1 − β1^t) · m / (√v/√(1 − β2^t) + ε).
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// Adam and AdamW.
    Adam {
        /// 1 − β1.
        first: f32,
        /// 1 − β2.
        second: f32,
        /// η/(1 − β1^t).
        rate: f32,
        /// 1/√(1 − β2^t).
        root_scale: f32,
        /// ε.
        epsilon: f32,
        /// 1 − ηλ.
        keep: f32,
        /// Largest |m|/√v̂ that exact arithmetic allows. Without this bound a step could have any size
        /// if v has underflowed in f32 and m has not (gradients below 1e-19).
        largest: f32,
    },
    /// θ ← θ − η sign(g).
    Sign {
        /// η.
        rate: f32,
    },
    /// θ ← θ − η g.
    Plain {
        /// η.
        rate: f32,
    },
}

impl Rule {
    /// The rule of update number `t` (from 1) at learning rate `lr`.
    pub fn new(optimizer: &Optimizer, lr: f64, t: usize) -> Self {
        match *optimizer {
            Optimizer::Adam { beta1, beta2, epsilon } => {
                Self::adam(lr, t, [beta1, beta2], epsilon, 0.0)
            }
            Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
                Self::adam(lr, t, [beta1, beta2], epsilon, weight_decay)
            }
            Optimizer::SignSgd => Self::Sign { rate: lr as f32 },
            Optimizer::Sgd => Self::Plain { rate: lr as f32 },
        }
    }

    /// Updates a slice with an instruction set and returns Σ g² in f64; the order of the sum depends on the
    /// length alone.
    pub fn apply(self, isa: Isa, slice: ParameterSlice) -> f64 {
        super::update(isa, self, slice)
    }

    fn adam(lr: f64, t: usize, beta: [f64; 2], epsilon: f64, weight_decay: f64) -> Self {
        let power = t.min(i32::MAX as usize) as i32;
        Self::Adam {
            first: (1.0 - beta[0]) as f32,
            second: (1.0 - beta[1]) as f32,
            rate: (lr / (1.0 - beta[0].powi(power))) as f32,
            root_scale: (1.0 / (1.0 - beta[1].powi(power)).sqrt()) as f32,
            epsilon: epsilon as f32,
            keep: (1.0 - lr * weight_decay) as f32,
            largest: (1.001 * largest_ratio(beta, power)).min(f64::from(f32::MAX)) as f32,
        }
    }
}

/// sup |m_t|/√v̂_t over all gradients, by Cauchy–Schwarz:
/// (1 − β1)/√(1 − β2) · √(Σ_{i<t} (β1²/β2)^i) · √(1 − β2^t); 1 − β1 in the first step.
fn largest_ratio(beta: [f64; 2], t: i32) -> f64 {
    let q = beta[0] * beta[0] / beta[1];
    let sum = if beta[0] == 0.0 || t == 1 {
        1.0 // also where q is 0/0 or infinite
    } else if beta[1] == 0.0 {
        f64::INFINITY
    } else if (q - 1.0).abs() < 1e-12 {
        f64::from(t)
    } else {
        (1.0 - q.powi(t)) / (1.0 - q)
    };
    (1.0 - beta[0]) / (1.0 - beta[1]).sqrt() * (sum * (1.0 - beta[1].powi(t))).sqrt()
}

/// A slice of parameters with their gradient and moments, all of the same length.
pub struct ParameterSlice<'a> {
    /// θ.
    pub theta: &'a mut [f32],
    /// First moment.
    pub m: &'a mut [f32],
    /// Second moment.
    pub v: &'a mut [f32],
    /// Gradient.
    pub g: &'a [f32],
}

/// Updates a slice and returns Σ g² in f64; the order of the sum depends on the length alone.
#[inline(always)]
pub fn update(rule: Rule, p: ParameterSlice) -> f64 {
    match rule {
        Rule::Adam { first, second, rate, root_scale, epsilon, keep, largest } => {
            let parameters = p.theta.iter_mut().zip(p.m.iter_mut()).zip(p.v.iter_mut());
            for (((theta, m), v), &g) in parameters.zip(p.g) {
                *m += first * (g - *m);
                *v += second * (g * g - *v);
                let scale = v.sqrt() * root_scale + epsilon;
                // With ε = 0 a gradient of exactly zero must not give 0/0. NaN must stay NaN.
                let scale = if scale < f32::MIN_POSITIVE { f32::MIN_POSITIVE } else { scale };
                *theta = keep * *theta - rate * (*m / scale).clamp(-largest, largest);
            }
        }
        Rule::Sign { rate } => {
            for (theta, &g) in p.theta.iter_mut().zip(p.g) {
                let sign = f32::from(i8::from(g > 0.0) - i8::from(g < 0.0));
                *theta -= rate * sign;
            }
        }
        Rule::Plain { rate } => {
            for (theta, &g) in p.theta.iter_mut().zip(p.g) {
                *theta -= rate * g;
            }
        }
    }
    sum_of_squares(p.g)
}

/// Σ x² in eight running sums in f64, so that the compiler can vectorize it without reordering.
#[inline(always)]
fn sum_of_squares(x: &[f32]) -> f64 {
    let mut sums = [0.0f64; 8];
    let mut chunks = x.chunks_exact(8);
    for chunk in &mut chunks {
        for (sum, &x) in sums.iter_mut().zip(chunk) {
            *sum += f64::from(x) * f64::from(x);
        }
    }
    let rest: f64 = chunks.remainder().iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    sums.iter().sum::<f64>() + rest
}

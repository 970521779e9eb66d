//! The allowed difference between f32 and f64 after one step.
//!
//! A gradient entry is a sum of n·N terms in f32. Rounding moves it by at most a small constant
//! times n·ε times the sum of the terms' absolute values ("scale"); in practice far less, since
//! roundings cancel. Where |pre| is within that rounding of 0, relu's derivative may fall either
//! way, and the entry may move by that term as well ("kinks"). The linearised network takes its derivative at H,
//! which nothing has rounded: it has neither kinks nor slopes that move.

use lora_sim::spec::{Activation, Model};
use ndarray::Array2;

use crate::reference::{Pass, Reference, State, scale_rows};

/// Largest error allowed of each gradient entry.
pub struct Allowance {
    /// For ∂loss/∂A, r × n.
    pub a: Array2<f64>,
    /// For ∂loss/∂B, n × r.
    pub b: Array2<f64>,
}

/// n·ε, the unit in which errors are counted; never under 16 ε, for the shortest sums.
pub fn unit(width: usize) -> f64 {
    width.max(16) as f64 * f64::from(f32::EPSILON)
}

/// The allowance of `units`·n·ε at a state.
pub fn allowance(
    model: &Model,
    reference: &Reference,
    state: &State,
    pass: &Pass,
    units: f64,
) -> Allowance {
    let s = model.multiplier;
    let unit = units * unit(reference.w_out.len());
    let reach = {
        let za = state.a.mapv(f64::abs).dot(&reference.z.mapv(f64::abs));
        reference.h.mapv(f64::abs) + state.b.mapv(f64::abs).dot(&za) * s
    };
    // The error of e: the rounding of f, a sum over neurons.
    let f_scale = reference.w_out.mapv(f64::abs).dot(&reach);
    let e_scale = (f_scale + reference.y.mapv(f64::abs)) * (2.0 / reference.y.len() as f64);
    let relu = model.activation == Activation::Relu;
    let mut weight = pass.pre.clone();
    for ((i, mu), w) in weight.indexed_iter_mut() {
        let reach = reach[(i, mu)];
        let kink = relu && !model.linearised && pass.pre[(i, mu)].abs() < unit * reach;
        // tanh and gelu have slopes that move with pre, by less than twice its rounding.
        let bend = if relu || model.linearised { 0.0 } else { 2.0 * reach };
        *w = unit * (e_scale[mu] * (1.0 + bend)) + if kink { pass.e[mu].abs() } else { 0.0 };
    }
    scale_rows(&mut weight, reference.w_out.mapv(f64::abs).view());
    let za = state.a.mapv(f64::abs).dot(&reference.z.mapv(f64::abs));
    let b = weight.dot(&za.t()) * s;
    let a = state.b.mapv(f64::abs).t().dot(&weight).dot(&reference.z.mapv(f64::abs).t()) * s;
    Allowance { a, b }
}

//! LayerNorm and RMSNorm over the last dimension.
//!
//! y = g ⊙ x̂ + b with x̂ = (x - μ) / √(σ² + ε); RMSNorm leaves out μ and b. With u = g ⊙ dy,
//! dx = (u - mean(u) - x̂ mean(u ⊙ x̂)) / √(σ² + ε), where RMSNorm leaves out mean(u).

use crate::buffer::Buffer;
use crate::net::Norm;
use crate::pass::{Gradients, Pass};
use crate::vector::{squares_about, sum, widest};

/// μ and 1/√(σ² + ε) of each row; μ is 0 in RMSNorm.
pub type Stats = Vec<[f32; 2]>;

/// The outputs \[rows, n\] for `x` \[rows, n\].
pub fn forward(pass: &Pass, norm: &Norm, x: &[f32]) -> (Buffer, Stats) {
    let epsilon = pass.net.config.norm_epsilon;
    let gain = pass.values.vector(norm.gain);
    let bias = norm.bias.map(|bias| pass.values.vector(bias));
    let mut y = Buffer::unset(x.len());
    let rows = x.chunks_exact(gain.len()).zip(y.chunks_exact_mut(gain.len()));
    let stats = rows
        .map(|(x, y)| {
            let stats = stats(x, bias.is_some(), epsilon);
            apply(x, stats, gain, bias.unwrap_or(&[]), y);
            stats
        })
        .collect();
    if let Some(mut observer) = pass.observer() {
        observer.other(&|| pass.net.module(norm.gain).to_owned(), &y);
    }
    (y, stats)
}

/// Adds the gradients of gain and bias if they are wanted, given the input and `dy`; adds the gradient of
/// the input to `dx` if it is wanted.
pub fn backward(
    pass: &Pass,
    norm: &Norm,
    (x, stats): (&[f32], &Stats),
    dy: &[f32],
    gradients: &mut Gradients,
    dx: Option<&mut [f32]>,
) {
    let gain = pass.values.vector(norm.gain);
    let width = gain.len();
    if let Some(gradient) = gradients.params.get_mut(&norm.gain) {
        for ((x, dy), stats) in x.chunks_exact(width).zip(dy.chunks_exact(width)).zip(stats) {
            add_gain(x, *stats, dy, gradient);
        }
    }
    if let Some(gradient) = norm.bias.and_then(|bias| gradients.params.get_mut(&bias)) {
        dy.chunks_exact(width).for_each(|dy| crate::vector::add(gradient, dy));
    }
    if let Some(dx) = dx {
        let rows = x.chunks_exact(width).zip(dy.chunks_exact(width));
        for (((x, dy), stats), dx) in rows.zip(stats).zip(dx.chunks_exact_mut(width)) {
            add_input(x, *stats, gain, dy, norm.bias.is_some(), dx);
        }
    }
}

/// Sums in f64: they are short beside the products, and the norm's own rounding then does not count.
fn stats(x: &[f32], centred: bool, epsilon: f64) -> [f32; 2] {
    let count = x.len() as f64;
    let mean = if centred { sum(x) / count } else { 0.0 };
    let square = squares_about(x, mean);
    [mean as f32, (1.0 / (square / count + epsilon).sqrt()) as f32]
}

widest! {
    /// y ← g ⊙ x̂ + b, without b if it is empty.
    pub fn apply(x: &[f32], stats: [f32; 2], gain: &[f32], bias: &[f32], y: &mut [f32]) {
        let [mean, scale] = stats;
        for ((y, &x), &gain) in y.iter_mut().zip(x).zip(gain) {
            *y = (x - mean) * scale * gain;
        }
        crate::vector::add(y, bias);
    }
}

widest! {
    /// Adds dy ⊙ x̂.
    pub fn add_gain(x: &[f32], stats: [f32; 2], dy: &[f32], gradient: &mut [f32]) {
        let [mean, scale] = stats;
        for ((gradient, &x), &dy) in gradient.iter_mut().zip(x).zip(dy) {
            *gradient += dy * ((x - mean) * scale);
        }
    }
}

widest! {
    /// Adds the gradient of one row of the input.
    pub fn add_input(
        x: &[f32],
        stats: [f32; 2],
        gain: &[f32],
        dy: &[f32],
        centred: bool,
        dx: &mut [f32],
    ) {
        let [mean, scale] = stats;
        let (mut of_u, mut of_ux) = (0.0f64, 0.0f64);
        for ((&x, &gain), &dy) in x.iter().zip(gain).zip(dy) {
            let u = f64::from(gain * dy);
            of_u += u;
            of_ux += u * f64::from((x - mean) * scale);
        }
        let count = x.len() as f64;
        let of_u = if centred { (of_u / count) as f32 } else { 0.0 };
        let of_ux = (of_ux / count) as f32;
        for (((dx, &x), &gain), &dy) in dx.iter_mut().zip(x).zip(gain).zip(dy) {
            *dx += (gain * dy - of_u - (x - mean) * scale * of_ux) * scale;
        }
    }
}

//! φ'', which the Hessian needs beside φ and φ' of `lora_sim::activation`.

use lora_sim::activation::{GELU_CUBIC, GELU_SLOPE};
use lora_sim::spec::Activation;

/// φ''(x), where φ has one; 0 for relu at its kink.
pub fn second_slope(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Relu => 0.0,
        Activation::Tanh => {
            let t = x.tanh();
            -2.0 * t * (1.0 - t * t)
        }
        Activation::Gelu => {
            // φ = x (1 + t)/2 with t = tanh(u): φ'' = t' + x t''/2.
            let t = (GELU_SLOPE * (x + GELU_CUBIC * x * x * x)).tanh();
            let first = GELU_SLOPE * (1.0 + 3.0 * GELU_CUBIC * x * x);
            let second = GELU_SLOPE * 6.0 * GELU_CUBIC * x;
            let along = 1.0 - t * t;
            let (t_first, t_second) = (along * first, along * (second - 2.0 * t * first * first));
            t_first + 0.5 * x * t_second
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lora_sim::activation::slope;

    #[test]
    fn second_slopes_are_central_differences_of_slopes() {
        for activation in [Activation::Relu, Activation::Tanh, Activation::Gelu] {
            for i in -40..40 {
                let (x, h) = (0.1 * f64::from(i) + 0.03, 1e-5);
                let difference = (slope(activation, x + h) - slope(activation, x - h)) / (2.0 * h);
                let found = second_slope(activation, x);
                assert!((found - difference).abs() < 1e-8, "{activation:?} at {x}: {found}");
            }
        }
    }
}

//! Activations and their derivatives in f64, for the teacher and for checks.

use crate::spec::Activation;

/// √(2/π), of the tanh form of GELU.
pub const GELU_SLOPE: f64 = 0.797_884_560_802_865_4;
/// The cubic coefficient of the tanh form of GELU.
pub const GELU_CUBIC: f64 = 0.044_715;

/// φ(x).
pub fn value(activation: Activation, x: f64) -> f64 {
    match activation {
        // Not `max`, which would turn NaN into 0.
        Activation::Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
        Activation::Tanh => x.tanh(),
        Activation::Gelu => 0.5 * x * (1.0 + gelu_inner(x).tanh()),
    }
}

/// φ'(x); 0 at 0 for relu.
pub fn slope(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Relu => f64::from(u8::from(x > 0.0)),
        Activation::Tanh => 1.0 - x.tanh().powi(2),
        Activation::Gelu => {
            let t = gelu_inner(x).tanh();
            let inner_slope = GELU_SLOPE * (1.0 + 3.0 * GELU_CUBIC * x * x);
            0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner_slope
        }
    }
}

fn gelu_inner(x: f64) -> f64 {
    GELU_SLOPE * (x + GELU_CUBIC * x * x * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_central_differences() {
        for activation in [Activation::Relu, Activation::Tanh, Activation::Gelu] {
            for i in -40..40 {
                let x = 0.1 * f64::from(i) + 0.03;
                let h = 1e-5;
                let difference = (value(activation, x + h) - value(activation, x - h)) / (2.0 * h);
                assert!((slope(activation, x) - difference).abs() < 1e-9, "{activation:?} at {x}");
            }
        }
    }
}

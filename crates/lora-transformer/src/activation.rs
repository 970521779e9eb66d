//! φ of the MLP, with its slope.

use std::f32::consts::{FRAC_1_SQRT_2, PI};

use lora_checkpoint::Activation;

use crate::vector::{exp, sigmoid, tanh, widest};

/// √(2/π), and the cubic coefficient of GELU's approximation by tanh (Hendrycks and Gimpel, 1606.08415).
const TANH_SCALE: f32 = 0.797_884_6;
const CUBIC: f32 = 0.044715;

widest! {
    /// y_i ← φ(x_i).
    pub fn apply(activation: Activation, x: &[f32], y: &mut [f32]) {
        let pairs = y.iter_mut().zip(x);
        match activation {
            Activation::Gelu => pairs.for_each(|(y, &x)| *y = x * normal(x)),
            Activation::GeluTanh => pairs.for_each(|(y, &x)| *y = 0.5 * x * (1.0 + inner(x))),
            Activation::Relu => pairs.for_each(|(y, &x)| *y = if x < 0.0 { 0.0 } else { x }),
            Activation::Silu => pairs.for_each(|(y, &x)| *y = x * sigmoid(x)),
        }
    }
}

widest! {
    /// d_i ← d_i φ'(x_i).
    pub fn times_slope(activation: Activation, x: &[f32], d: &mut [f32]) {
        let pairs = d.iter_mut().zip(x);
        match activation {
            Activation::Gelu => pairs.for_each(|(d, &x)| *d *= normal(x) + x * density(x)),
            Activation::GeluTanh => pairs.for_each(|(d, &x)| {
                let t = inner(x);
                let slope = TANH_SCALE * (1.0 + 3.0 * CUBIC * x * x);
                *d *= 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * slope;
            }),
            // A NaN keeps its place, as in the forward pass.
            Activation::Relu => pairs.for_each(|(d, &x)| *d = if x <= 0.0 { 0.0 } else { *d }),
            Activation::Silu => pairs.for_each(|(d, &x)| {
                let s = sigmoid(x);
                *d *= s * (1.0 + x * (1.0 - s));
            }),
        }
    }
}

/// The argument of GELU's tanh, through tanh.
#[inline(always)]
fn inner(x: f32) -> f32 {
    tanh(TANH_SCALE * (x + CUBIC * x * x * x))
}

/// The standard normal distribution function.
#[inline(always)]
fn normal(x: f32) -> f32 {
    0.5 * libm::erfcf(-x * FRAC_1_SQRT_2)
}

/// Its density.
#[inline(always)]
fn density(x: f32) -> f32 {
    exp(-0.5 * x * x) / (2.0 * PI).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Activation; 4] =
        [Activation::Gelu, Activation::GeluTanh, Activation::Relu, Activation::Silu];

    fn at(activation: Activation, x: f32) -> [f32; 2] {
        let (mut y, mut d) = ([0.0], [1.0]);
        apply(activation, &[x], &mut y);
        times_slope(activation, &[x], &mut d);
        [y[0], d[0]]
    }

    proptest! {
        /// The slope is the difference quotient, in f32's precision.
        #[test]
        fn slopes_are_those_of_the_functions(x in -6.0f32..6.0) {
            prop_assume!(x.abs() > 0.02);
            for activation in ALL {
                let h = 0.01;
                let quotient = (at(activation, x + h)[0] - at(activation, x - h)[0]) / (2.0 * h);
                prop_assert!((quotient - at(activation, x)[1]).abs() < 2e-4, "{activation:?}");
            }
        }

        #[test]
        fn both_gelus_are_close_and_all_end_like_relu(x in -6.0f32..6.0) {
            let [gelu, approximate] = [ALL[0], ALL[1]].map(|activation| at(activation, x)[0]);
            prop_assert!((gelu - approximate).abs() < 1e-3);
            for activation in ALL {
                prop_assert!((at(activation, x + 40.0)[0] - (x + 40.0)).abs() < 1e-4);
                prop_assert!(at(activation, x - 40.0)[0].abs() < 1e-4);
            }
        }
    }

    #[test]
    fn nan_stays_nan() {
        for activation in ALL {
            assert!(at(activation, f32::NAN)[0].is_nan());
        }
    }
}

//! φ of the MLP, with its slope.

use lora_checkpoint::Activation;

use crate::vector::{exp, sigmoid, tanh, widest};

/// √(2/π), and the cubic coefficient of GELU's approximation by tanh (Hendrycks and Gimpel, 1606.08415).
const TANH_SCALE: f32 = 0.797_884_6;
const CUBIC: f32 = 0.044715;

/// 1/√(2π).
const FRAC_1_SQRT_2PI: f32 = 0.398_942_3;

/// P of [`normal`], the highest power first: a minimax fit made for this program.
const MILLS: [f32; 9] = [
    -0.038_038_623,
    0.101_659_59,
    -0.015_557_976,
    0.038_821_522,
    0.092_071_235,
    0.057_537_12,
    0.088_713_795,
    0.086_976_91,
    0.087_816_395,
];

// Loops and not closures: a closure that is not inlined has none of the vectors of the function around it.
widest! {
    /// y_i ← φ(x_i).
    pub fn apply(activation: Activation, x: &[f32], y: &mut [f32]) {
        macro_rules! smooth {
            ($phi:ident) => {
                for (y, &x) in y.iter_mut().zip(x) {
                    *y = $phi(x)[0];
                }
            };
        }
        match activation {
            Activation::Gelu => smooth!(gelu),
            Activation::GeluTanh => smooth!(gelu_tanh),
            Activation::Silu => smooth!(silu),
            Activation::Relu => {
                for (y, &x) in y.iter_mut().zip(x) {
                    *y = relu(x);
                }
            }
        }
    }
}

widest! {
    /// d_i ← d_i φ'(x_i), and y_i ← φ(x_i) once more.
    pub fn back(activation: Activation, x: &[f32], d: &mut [f32], y: &mut [f32]) {
        let entries = x.iter().zip(d).zip(y);
        macro_rules! smooth {
            ($phi:ident) => {
                for ((&x, d), y) in entries {
                    let [value, slope] = $phi(x);
                    *d *= slope;
                    *y = value;
                }
            };
        }
        match activation {
            Activation::Gelu => smooth!(gelu),
            Activation::GeluTanh => smooth!(gelu_tanh),
            Activation::Silu => smooth!(silu),
            Activation::Relu => {
                for ((&x, d), y) in entries {
                    *d = behind_relu(*d, x);
                    *y = relu(x);
                }
            }
        }
    }
}

widest! {
    /// Back through y = φ(gate) ⊙ up, whose gradient is in `d`: `d` ← `d` ⊙ φ(gate), that of `up`, `dgate`
    /// ← `d` ⊙ `up` ⊙ φ'(gate), that of the gate, and y once more.
    pub fn back_through_gate(
        activation: Activation,
        gate_and_up: (&[f32], &[f32]),
        d: &mut [f32],
        dgate: &mut [f32],
        y: &mut [f32],
    ) {
        let entries = gate_and_up.0.iter().zip(gate_and_up.1).zip(d).zip(dgate).zip(y);
        macro_rules! smooth {
            ($phi:ident) => {
                for ((((&x, &up), d), dgate), y) in entries {
                    let [value, slope] = $phi(x);
                    *dgate = *d * up * slope;
                    *d *= value;
                    *y = value * up;
                }
            };
        }
        match activation {
            Activation::Gelu => smooth!(gelu),
            Activation::GeluTanh => smooth!(gelu_tanh),
            Activation::Silu => smooth!(silu),
            Activation::Relu => {
                for ((((&x, &up), d), dgate), y) in entries {
                    let value = relu(x);
                    *dgate = behind_relu(*d * up, x);
                    *d *= value;
                    *y = value * up;
                }
            }
        }
    }
}

/// GELU and its slope.
#[inline(always)]
fn gelu(x: f32) -> [f32; 2] {
    let bell = bell(x);
    let normal = normal(x, bell);
    [x * normal, normal + x * (bell * FRAC_1_SQRT_2PI)]
}

/// Its approximation by tanh, and its slope.
#[inline(always)]
fn gelu_tanh(x: f32) -> [f32; 2] {
    let t = inner(x);
    let slope = TANH_SCALE * (1.0 + 3.0 * CUBIC * x * x);
    [0.5 * x * (1.0 + t), 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * slope]
}

/// SiLU and its slope.
#[inline(always)]
fn silu(x: f32) -> [f32; 2] {
    let s = sigmoid(x);
    [x * s, s * (1.0 + x * (1.0 - s))]
}

/// ReLU, which lets a NaN pass.
#[inline(always)]
fn relu(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
}

/// A gradient behind ReLU. A NaN of `x` lets it pass, as in the forward pass.
#[inline(always)]
fn behind_relu(d: f32, x: f32) -> f32 {
    if x <= 0.0 { 0.0 } else { d }
}

/// The argument of GELU's tanh, through tanh.
#[inline(always)]
fn inner(x: f32) -> f32 {
    tanh(TANH_SCALE * (x + CUBIC * x * x * x))
}

/// e^(-x²/2).
#[inline(always)]
fn bell(x: f32) -> f32 {
    exp(-0.5 * x * x)
}

/// The standard normal distribution function, given `bell` = e^(-x²/2).
///
/// The upper tail is `bell` times t P(t) with t = 1/(1 + 0.22 |x|). P is fitted to Mills' ratio on 0 to
/// 13.5, with a relative error below 7e-8; beyond that the tail is no f32 number.
#[inline(always)]
fn normal(x: f32, bell: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.22 * x.abs());
    let mut sum = MILLS[0];
    for coefficient in &MILLS[1..] {
        sum = sum * t + coefficient;
    }
    let tail = sum * t * bell;
    if x > 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Activation; 4] =
        [Activation::Gelu, Activation::GeluTanh, Activation::Relu, Activation::Silu];

    fn at(activation: Activation, x: f32) -> [f32; 2] {
        let (mut y, mut again, mut d) = ([0.0], [0.0], [1.0]);
        apply(activation, &[x], &mut y);
        back(activation, &[x], &mut d, &mut again);
        assert!(y == again || y[0].is_nan() && again[0].is_nan());
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

        /// Against the complementary error function in f64: three roundings, and in the tail that of x².
        #[test]
        fn the_normal_distribution_is_right_to_f32(x in -13.0f32..13.0) {
            let exact = 0.5 * libm::erfc(-f64::from(x) * std::f64::consts::FRAC_1_SQRT_2);
            let found = f64::from(normal(x, bell(x)));
            prop_assert!((found - exact).abs() < 2e-7, "{found} {exact}");
            let most = 4e-7 + 1e-7 * f64::from(x * x);
            prop_assert!(exact < 1e-37 || (found / exact - 1.0).abs() < most, "{found} {exact}");
        }

        /// The two factors of a product, one after the other.
        #[test]
        fn a_gate_is_passed_by_the_product_rule(x in -6.0f32..6.0, up in -3.0f32..3.0, d in -2.0f32..2.0) {
            for activation in ALL {
                let (mut dup, mut dgate, mut y) = ([d], [f32::NAN], [f32::NAN]);
                back_through_gate(activation, (&[x], &[up]), &mut dup, &mut dgate, &mut y);
                let [value, slope] = at(activation, x);
                prop_assert_eq!(y[0], value * up);
                prop_assert_eq!(dup[0], d * value);
                prop_assert!((dgate[0] - d * up * slope).abs() <= 1e-6 * (d * up * slope).abs());
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

//! φ and φ', and the error function for the exact GELU.

use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, PI};

use lora_checkpoint::Activation;

/// The cubic coefficient in the tanh form of GELU.
const CUBIC: f64 = 0.044_715;

/// φ(x).
pub(super) fn value(activation: Activation, x: f64) -> f64 {
    match activation {
        Activation::Gelu => x * gaussian(x),
        Activation::GeluTanh => 0.5 * x * (1.0 + inside(x).tanh()),
        // Not `max`, which would turn NaN into 0.
        Activation::Relu => {
            if x < 0.0 {
                0.0
            } else {
                x
            }
        }
        Activation::Silu => x * logistic(x),
    }
}

/// φ'(x); 0 at 0 for ReLU.
pub(super) fn slope(activation: Activation, x: f64) -> f64 {
    match activation {
        // d(x Φ) = Φ + x e^(−x²/2)/√(2π)
        Activation::Gelu => gaussian(x) + x * (-x * x / 2.0).exp() / (2.0 * PI).sqrt(),
        // With u the argument of tanh: ½ (1 + tanh u) + ½ x (1 − tanh² u) u'
        Activation::GeluTanh => {
            let t = inside(x).tanh();
            let inner_slope = (2.0 / PI).sqrt() * (1.0 + 3.0 * CUBIC * x * x);
            0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * inner_slope
        }
        Activation::Relu => f64::from(u8::from(x > 0.0)),
        // d(x σ) = σ + x σ (1 − σ)
        Activation::Silu => {
            let s = logistic(x);
            s + x * s * (1.0 - s)
        }
    }
}

fn inside(x: f64) -> f64 {
    (2.0 / PI).sqrt() * (x + CUBIC * x * x * x)
}

fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Φ(x), the distribution function of a standard normal.
fn gaussian(x: f64) -> f64 {
    0.5 * (1.0 + erf(x * FRAC_1_SQRT_2))
}

/// erf(x) = 2/√π e^(−x²) Σ_k x (2x²)^k / (1·3·5⋯(2k+1)). All terms have one sign, so nothing cancels.
fn erf(x: f64) -> f64 {
    // 1 − erf(6) is below 3e-17.
    if x.abs() >= 6.0 {
        return x.signum();
    }
    let (mut term, mut sum, mut odd) = (x, x, 1.0);
    while term.abs() > f64::EPSILON * sum.abs() / 8.0 {
        odd += 2.0;
        term *= 2.0 * x * x / odd;
        sum += term;
    }
    FRAC_2_SQRT_PI * (-x * x).exp() * sum
}

#[cfg(test)]
mod tests {
    use super::super::difference::derivative;
    use super::*;

    const ALL: [Activation; 4] =
        [Activation::Gelu, Activation::GeluTanh, Activation::Relu, Activation::Silu];

    #[test]
    fn the_error_function_has_its_tabulated_values() {
        let table = [
            (0.0, 0.0),
            (0.5, 0.520_499_877_813_046_5),
            (1.0, 0.842_700_792_949_714_9),
            (2.0, 0.995_322_265_018_952_7),
            (3.0, 0.999_977_909_503_001_4),
            (7.0, 1.0),
        ];
        for (x, want) in table {
            assert!((erf(x) - want).abs() < 4e-16, "erf({x}) = {}", erf(x));
            assert_eq!(erf(-x), -erf(x));
        }
        assert!(erf(f64::NAN).is_nan());
    }

    #[test]
    fn slopes_are_differences() {
        for activation in ALL {
            for step in -60..60 {
                let x = 0.1 * f64::from(step) + 0.03;
                let want = derivative(|t| value(activation, x + t), 2e-3);
                assert!((slope(activation, x) - want).abs() < 1e-9, "{activation:?} at {x}");
            }
        }
    }

    #[test]
    fn the_two_gelus_are_close_but_not_the_same() {
        let gap = |x: f64| (value(Activation::Gelu, x) - value(Activation::GeluTanh, x)).abs();
        let most = (-40..40).map(|i| gap(0.1 * f64::from(i))).fold(0.0, f64::max);
        assert!(most > 1e-4 && most < 1e-3, "{most}");
    }

    #[test]
    fn silu_and_gelu_have_known_values() {
        assert!((value(Activation::Silu, 1.0) - 0.731_058_578_630_004_9).abs() < 1e-15);
        assert!((value(Activation::Gelu, 1.0) - 0.841_344_746_068_542_9).abs() < 1e-15);
    }
}

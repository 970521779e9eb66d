//! How far the network is from the one that is linearised at H, φ(H) + φ'(H) ∘ Z_B in place of φ(H + Z_B).
//!
//! The linearised network has the exponents of the network itself: φ' is Θ(1) at H as at H + Z_B, and no
//! sum over neurons or samples changes its size. What differs is the loss, by a power of Z_B's size. \[D\]

use lora_types::{Activation, Init};

use crate::rational::{add, half, mul, sub};
use crate::setting::Scope;
use crate::{Exponent, Rational, Setting, Snapshot, TheoryError};

/// The exponent of the relative distance of the two losses, at the learning rate of a snapshot. \[D\]
///
/// With Z_B = Θ(n^ζ), a kink errs by |Z_B| where H lies within |Z_B| of it, which holds for a share n^ζ of
/// all neurons: in rms n^(3ζ/2). A smooth φ errs by ½ φ''(H) Z_B² everywhere: n^(2ζ). The output sums these
/// errors with W_out = n^-a ω.
///
/// - Their fluctuations give n^(1/2 − a) times that rms.
/// - Under Init\[A\] B follows the sign of ω, so that the errors are even in ω at leading order and have no
///   mean. B's even part is smaller by n^ζ. It leaves n^(1 − a + 3ζ).
///
/// The larger of both, beside the first error of n^max(0, 1/2 − a), moves the loss in first order. Where
/// Z_B = Θ(1) the distance is Θ(1). There is no exponent (`None`) where Z_B grows, of the layer alone, and
/// for a falling Z_B under other inits than Init\[A\], for which nothing was derived.
///
/// # Errors
/// [`TheoryError::Overflow`] if an exponent does not fit 64 bits.
pub fn linearised_distance(
    setting: &Setting,
    at: &Snapshot,
    activation: Activation,
) -> Result<Option<Exponent>, TheoryError> {
    let nought = Rational::default();
    let Some(zeta) = at.z_b.power().filter(|zeta| *zeta <= nought) else { return Ok(None) };
    if setting.scope == Scope::Layer {
        return Ok(None);
    }
    if zeta == nought {
        return Ok(Some(Exponent::ONE));
    }
    if setting.init != Init::A {
        return Ok(None);
    }
    let power = match activation {
        Activation::Relu => Rational::new_raw(3, 2),
        Activation::Tanh | Activation::Gelu => Rational::new_raw(2, 1),
    };
    let excess = sub(half(), setting.readout)?;
    let fluctuations = add(excess, mul(power, zeta)?)?;
    let mean = add(add(excess, half())?, mul(Rational::new_raw(3, 1), zeta)?)?;
    let first_error = excess.max(nought);
    sub(fluctuations.max(mean), first_error).map(|distance| Some(Exponent::Power(distance)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{analyse, rational};

    fn distance(init: Init, readout: (i64, i64), gamma: (i64, i64), phi: Activation) -> String {
        let q = |(numer, denom)| rational(numer, denom).expect("small");
        let setting = Setting::network(init, q(readout));
        let at = analyse(&setting).and_then(|analysis| analysis.at(q(gamma))).expect("a snapshot");
        let distance = linearised_distance(&setting, &at, phi).expect("small");
        distance.map_or("none".to_owned(), |distance| distance.to_string())
    }

    #[test]
    fn the_optimum_of_init_a_is_linear_with_the_standard_readout_alone() {
        let of = |phi| distance(Init::A, (1, 2), (-3, 4), phi);
        assert_eq!(of(Activation::Relu), "n^-3/4");
        assert_eq!([of(Activation::Tanh), of(Activation::Gelu)], ["n^-1", "n^-1"]);
        assert_eq!(distance(Init::A, (1, 1), (-1, 2), Activation::Relu), "1");
        assert_eq!(distance(Init::B, (1, 2), (-1, 1), Activation::Relu), "1");
    }

    /// At γ = −2/3 with a = 1, Z_B is n^-1/3: 1/2 − 1 − 1/2 for the fluctuations, and −1 for the mean.
    #[test]
    fn below_the_critical_rate_it_falls_with_mups_readout_too() {
        assert_eq!(distance(Init::A, (1, 1), (-2, 3), Activation::Relu), "n^-1");
    }

    #[test]
    fn nothing_is_said_where_nothing_was_derived() {
        let relu = Activation::Relu;
        assert_eq!(distance(Init::A, (1, 2), (-1, 4), relu), "none", "Z_B grows");
        assert_eq!(distance(Init::B, (1, 2), (-5, 4), relu), "none", "Z_B falls under Init[B]");
        let (setting, gamma) = (Setting::layer(Init::A), rational(-3, 4).expect("small"));
        let at = analyse(&setting).and_then(|analysis| analysis.at(gamma)).expect("a snapshot");
        assert_eq!(linearised_distance(&setting, &at, relu), Ok(None), "the layer has no φ");
    }
}

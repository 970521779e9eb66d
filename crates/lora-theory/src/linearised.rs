//! How far the network is from the one that is linearised at H, φ(H) + φ'(H) ∘ Z_B in place of φ(H + Z_B).
//!
//! The linearised network has the exponents of the network itself: φ' is Θ(1) at H as at H + Z_B, and no
//! sum over neurons or samples changes its size. What differs is the loss, by a power of Z_B's size. \[D\]

use lora_types::{Activation, Init, OptimizerKind};

use crate::rational::{add, half, mul, sub};
use crate::setting::Scope;
use crate::{Exponent, Rational, Setting, Snapshot, TheoryError};

/// The exponent of the relative distance of the two losses, at the learning rate of a snapshot. \[D\]
///
/// Let Z_B = Θ(n^ζ) with ζ < 0. Then a kink lies between H and H + Z_B for a share n^ζ of neurons and samples.
/// There φ errs by |Z_B| and φ' by 1. A smooth φ errs by ½ φ''(H) Z_B² everywhere, and φ' by φ''(H) Z_B. Under
/// Init\[A\] B follows the sign of ω in W_out = n^-a ω, and so does Z_B. Three terms are left of these errors:
///
/// - *The output's fluctuations.* The errors of φ are even in ω and sum up like independent numbers:
///   n^(1/2 − a + 3ζ/2) behind a kink, n^(1/2 − a + 2ζ) with a smooth φ.
/// - *The output's mean.* B's part that is even in ω is smaller by n^ζ: n^(1 − a + 3ζ).
/// - *B's motion under a sign-like rule.* The gradient of a row of B changes by a relative n^(ζ/2) in rms behind a
///   kink, and by n^ζ with a smooth φ. The change is even in ω, so that a rule that is linear in the gradient
///   averages it out. Adam is not linear: the square is left, n^ζ or n^2ζ of what the output moves.
///
/// The largest of them, beside the first error of n^max(0, 1/2 − a), moves the loss in first order. Where
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
    let (of_output, of_gradient) = match activation {
        Activation::Relu => (Rational::new_raw(3, 2), Rational::new_raw(1, 1)),
        Activation::Tanh | Activation::Gelu => (Rational::new_raw(2, 1), Rational::new_raw(2, 1)),
    };
    let excess = sub(half(), setting.readout)?;
    let fluctuations = add(excess, mul(of_output, zeta)?)?;
    let mean = add(add(excess, half())?, mul(Rational::new_raw(3, 1), zeta)?)?;
    let of_output = Exponent::Power(sub(fluctuations.max(mean), excess.max(nought))?);
    let of_motion = match (at.relative_output, setting.optimizer) {
        (None, _) | (_, OptimizerKind::Sgd) => Exponent::Zero,
        (Some(output), _) => output.times(Exponent::Power(mul(of_gradient, zeta)?))?,
    };
    Ok(Some(of_output.plus(of_motion)))
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
        assert_eq!(of(Activation::Relu), "n^-1/2");
        assert_eq!([of(Activation::Tanh), of(Activation::Gelu)], ["n^-1", "n^-1"]);
        assert_eq!(distance(Init::A, (1, 1), (-1, 2), Activation::Relu), "1");
        assert_eq!(distance(Init::B, (1, 2), (-1, 1), Activation::Relu), "1");
    }

    /// At γ = −2/3 with a = 1 Z_B and Δf are n^-1/3. B's motion gives n^-2/3, the output's own terms n^-1.
    #[test]
    fn below_the_critical_rate_it_falls_with_mups_readout_too() {
        assert_eq!(distance(Init::A, (1, 1), (-2, 3), Activation::Relu), "n^-2/3");
    }

    /// A rule that is linear in the gradient has the output's own terms alone.
    #[test]
    fn without_a_sign_like_rule_a_kink_costs_less() {
        let at = |optimizer| {
            let half = rational(1, 2).expect("small");
            let setting = Setting { optimizer, steps: 3, ..Setting::network(Init::A, half) };
            let analysis = analyse(&setting).expect("a setting");
            let at = analysis.at_optimal().expect("small").expect("an optimum");
            let found = linearised_distance(&setting, &at, Activation::Relu).expect("small");
            (at.z_b.power().expect("it moves"), found.and_then(Exponent::power).expect("a power"))
        };
        let (z_b, sgd) = at(OptimizerKind::Sgd);
        assert_eq!(sgd, z_b * 3 / 2);
        let (z_b, adam) = at(OptimizerKind::Adam);
        assert_eq!(adam, z_b);
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

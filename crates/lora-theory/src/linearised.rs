//! How far the network is from the one that is linearised at H, φ(H) + φ'(H) ∘ Z_B in place of φ(H + Z_B).
//!
//! The linearised network has the exponents of the network itself: φ' is Θ(1) at H as at H + Z_B, and no
//! sum over neurons or samples changes its size. What differs is the loss, by a power of Z_B's size. \[D\]

use lora_types::{Activation, Init, OptimizerKind};

use crate::rational::{add, half, mul, sub};
use crate::setting::Scope;
use crate::{Exponent, Rational, Setting, Snapshot, TheoryError};

/// Steps of a sign-like rule from which on its exponent is derived for a smooth φ.
const LEAST_STEPS: u32 = 3;

/// The exponent of the relative distance of the two losses, at the learning rate of a snapshot and at a fixed
/// number N of samples. \[D\]
///
/// **Z_B = Θ(1).** The outputs differ by a share of order one of what they move: the distance is Δf/e⁰.
///
/// **Z_B = Θ(n^ζ) with ζ < 0, under Init\[A\].** Let W_out = n^-a ω. In the linearised network B, and with it Z_B, is
/// odd in ω: the gradient of a row of B has the factor ω. The output of the network differs from that of the
/// linearised one by two terms:
///
/// - *The mean* over neurons. What is even in ω drops out of it. Behind a kink φ errs by |h + Z_B| where h and
///   h + Z_B have different signs, which is Θ(n^2ζ) on average. Z_B depends on the side of the kink: if h_i > 0, a
///   row's gradient has the term e_i Z_A,i of this very sample, whose part in Z_B has the sign of −e_i whatever ω
///   is beside its factor. Therefore the average is not even in ω, under any rule, and the mean is n^(1 − a + 2ζ). Its
///   factor falls with N. With a smooth φ the errors ½ φ'' Z_B² are even to leading order, and the next ones
///   give n^(1 − a + 3ζ).
/// - *The fluctuations*, of the parts that are even in ω. They sum up like independent numbers, to
///   n^(1/2 − a + ζ + β), where n^β is the rms of the relative change of a neuron's share in the output. Behind a kink
///   a share n^ζ of neurons changes by order one: β = ζ/2. With a smooth φ the gradient changes by a relative n^ζ, and
///   β = ζ under SGD. A sign-like rule turns the entries whose gradient is smaller than that: β = ζ/2 under
///   SignSGD. Adam does so where one direction dominates all gradients so far. In the second step this is that of
///   Z_A⁰, and Z_B has only reached n^ζ/Z_A: β = (ζ − z)/2, with Z_A = Θ(n^z). In the third it is that of Z_A, and the
///   earlier gradients, smaller by n^-z, smooth the sign: β = min(ζ/2, ζ + z/2).
///
/// The larger one, beside the first error of n^max(0, 1/2 − a), moves the loss in first order.
///
/// There is no exponent (`None`) where Z_B or the output grows, of the layer alone, and where nothing was derived:
/// for a falling Z_B under other inits than Init\[A\] or with one factor trained, and for a smooth φ in fewer than three
/// steps of a sign-like rule.
///
/// # Errors
/// [`TheoryError::Overflow`] if an exponent does not fit 64 bits.
pub fn linearised_distance(
    setting: &Setting,
    at: &Snapshot,
    activation: Activation,
) -> Result<Option<Exponent>, TheoryError> {
    let nought = Rational::default();
    let bounded = at.relative_output.filter(|output| output.is_bounded());
    let falling = at.z_b.power().filter(|zeta| *zeta <= nought);
    let (Some(zeta), Some(output), Scope::Network) = (falling, bounded, setting.scope) else {
        return Ok(None);
    };
    if zeta == nought {
        return Ok(Some(output));
    }
    if setting.init != Init::A || !setting.train.both() {
        return Ok(None);
    }
    let Some(change) = relative_change(setting, at, zeta, activation)? else { return Ok(None) };
    let order = match activation {
        Activation::Relu => Rational::new_raw(2, 1),
        Activation::Tanh | Activation::Gelu => Rational::new_raw(3, 1),
    };
    let excess = sub(half(), setting.readout)?;
    let fluctuations = add(excess, add(zeta, change)?)?;
    let mean = add(add(excess, half())?, mul(order, zeta)?)?;
    Ok(Some(Exponent::Power(sub(fluctuations.max(mean), excess.max(nought))?)))
}

/// β: the exponent of the rms of the relative change of a neuron's share in the output; none where nothing was
/// derived.
fn relative_change(
    setting: &Setting,
    at: &Snapshot,
    zeta: Rational,
    activation: Activation,
) -> Result<Option<Rational>, TheoryError> {
    let turned = mul(half(), zeta)?;
    if activation == Activation::Relu {
        return Ok(Some(turned));
    }
    if setting.optimizer.is_sign_like() && setting.steps < LEAST_STEPS {
        return Ok(None);
    }
    Ok(match setting.optimizer {
        OptimizerKind::Sgd => Some(zeta),
        OptimizerKind::SignSgd => Some(turned),
        OptimizerKind::Adam | OptimizerKind::AdamW => match at.z_a.power() {
            Some(z_a) => {
                let in_the_second = mul(half(), sub(zeta, z_a)?)?;
                let in_the_third = add(zeta, mul(half(), z_a)?)?.min(turned);
                Some(zeta.max(in_the_second).max(in_the_third))
            }
            None => None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Trained, analyse, rational};

    fn q((numer, denom): (i64, i64)) -> Rational {
        rational(numer, denom).expect("small")
    }

    fn of(setting: &Setting, gamma: (i64, i64), phi: Activation) -> String {
        let at = analyse(setting).and_then(|analysis| analysis.at(q(gamma))).expect("a snapshot");
        let distance = linearised_distance(setting, &at, phi).expect("small");
        distance.map_or("none".to_owned(), |distance| distance.to_string())
    }

    fn distance(init: Init, readout: (i64, i64), gamma: (i64, i64), phi: Activation) -> String {
        of(&Setting::network(init, q(readout)), gamma, phi)
    }

    /// Z_B is n^-1/2. Behind a kink the mean is n^-1/2 and the fluctuations are n^-3/4; with a smooth φ the mean is
    /// n^-1 and, with Z_A = n^1/4, Adam's fluctuations are n^(-1/2 - 3/8).
    #[test]
    fn the_optimum_of_init_a_is_linear_with_the_standard_readout_alone() {
        let of = |phi| distance(Init::A, (1, 2), (-3, 4), phi);
        assert_eq!(of(Activation::Relu), "n^-1/2");
        assert_eq!([of(Activation::Tanh), of(Activation::Gelu)], ["n^-7/8", "n^-7/8"]);
        assert_eq!(distance(Init::A, (1, 1), (-1, 2), Activation::Relu), "1");
        assert_eq!(distance(Init::B, (1, 2), (-1, 1), Activation::Relu), "1");
    }

    /// Between the readouts the mean stands alone. At a = 3/4 Z_B is n^-1/4 at the optimum n^-5/8, and the fluctuations
    /// are n^-5/8 at most.
    #[test]
    fn between_the_readouts_the_mean_is_left() {
        assert_eq!(distance(Init::A, (3, 4), (-5, 8), Activation::Relu), "n^-1/4");
        assert_eq!(distance(Init::A, (3, 4), (-5, 8), Activation::Tanh), "n^-1/2");
    }

    /// At γ = −2/3 with a = 1 Z_B is n^-1/3. The mean is its square, and the fluctuations are n^-1.
    #[test]
    fn below_the_critical_rate_it_falls_with_mups_readout_too() {
        assert_eq!(distance(Init::A, (1, 1), (-2, 3), Activation::Relu), "n^-2/3");
    }

    /// A kink's mean is there under every rule; a smooth φ's fluctuations depend on how the rule treats a small
    /// gradient. Z_B is n^-1/2 in all of these.
    #[test]
    fn the_rule_matters_for_a_smooth_activation_alone() {
        let at = |optimizer, steps, gamma, phi| {
            let network = Setting::network(Init::A, q((1, 2)));
            of(&Setting { optimizer, steps, ..network }, gamma, phi)
        };
        let [sgd, sign] = [OptimizerKind::Sgd, OptimizerKind::SignSgd];
        for (steps, gamma) in [(1, (0, 1)), (3, (-2, 5))] {
            assert_eq!(at(sgd, steps, gamma, Activation::Relu), "n^-1/2");
            assert_eq!(at(sgd, steps, gamma, Activation::Tanh), "n^-1");
        }
        assert_eq!(at(sign, 4, (-3, 4), Activation::Relu), "n^-1/2");
        assert_eq!(at(sign, 4, (-3, 4), Activation::Tanh), "n^-3/4");
        assert_eq!(at(OptimizerKind::AdamW, 4, (-3, 4), Activation::Tanh), "n^-7/8");
        assert_eq!(at(sign, 2, (-3, 4), Activation::Tanh), "none");
    }

    /// Init[B] with a = 1 at γ = −1: Z_B is of order one, but the output moves by n^-1/2.
    #[test]
    fn features_of_order_one_move_the_loss_no_more_than_the_output_moves() {
        assert_eq!(distance(Init::B, (1, 1), (-1, 1), Activation::Relu), "n^-1/2");
        assert_eq!(distance(Init::B, (1, 1), (-1, 1), Activation::Tanh), "n^-1/2");
    }

    #[test]
    fn nothing_is_said_where_nothing_was_derived() {
        let relu = Activation::Relu;
        assert_eq!(distance(Init::A, (1, 2), (-1, 4), relu), "none", "Z_B grows");
        assert_eq!(
            distance(Init::A, (1, 2), (-7, 10), relu),
            "none",
            "Z_B falls, the output grows"
        );
        assert_eq!(distance(Init::B, (1, 2), (-5, 4), relu), "none", "Z_B falls under Init[B]");
        assert_eq!(of(&Setting::layer(Init::A), (-3, 4), relu), "none", "the layer has no φ");
        let network = Setting::network(Init::A, q((1, 2)));
        let of_b = Setting { train: Trained::B, ..network };
        assert_eq!(of(&of_b, (-3, 4), relu), "none", "B trains alone");
    }
}

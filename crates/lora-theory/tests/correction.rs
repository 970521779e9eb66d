//! The leading correction of the limit's classes, and of settings between and beside them.

use crate::common::q;
use lora_theory::{
    Activation, Correction, Init, LeftOut, NoLimit, OptimizerKind, Part, Product, Rate, Rational,
    Setting, TheoryError, analyse, correction, ratio_correction,
};

const PHIS: [Activation; 3] = [Activation::Relu, Activation::Tanh, Activation::Gelu];

/// γ of the limit.
fn critical(setting: &Setting) -> Rational {
    analyse(setting).unwrap().critical.optimal.gamma().unwrap()
}

fn at_optimum(setting: &Setting, phi: Activation) -> Correction {
    correction(setting, critical(setting), phi).unwrap().unwrap()
}

/// What is left out with relu, and with both smooth φ.
fn by_phi(init: Init, readout: Rational) -> [(LeftOut, Rational); 2] {
    let setting = Setting::network(init, readout);
    let [relu, tanh, gelu] = PHIS.map(|phi| {
        let Correction { of, exponent, .. } = at_optimum(&setting, phi);
        (of, exponent)
    });
    assert_eq!(tanh, gelu, "{setting:?}");
    [relu, tanh]
}

/// What is left out, where no φ changes it.
fn network(init: Init, readout: Rational) -> (LeftOut, Rational) {
    let [relu, smooth] = by_phi(init, readout);
    assert_eq!(relu, smooth, "{init}, a = {readout}");
    relu
}

/// The power of a whole training's distance.
fn power(init: Init, readout: Rational, phi: Activation) -> Option<Rational> {
    at_optimum(&Setting::network(init, readout), phi).power()
}

const MOVED_B_INITIAL_A: LeftOut = LeftOut::Product(Product { b: Part::Updates, a: Part::Initial });

/// Of limit.md, each derived there by hand.
#[test]
fn the_four_classes_have_the_powers_of_their_derivation() {
    assert_eq!(network(Init::A, q(1, 1)), (LeftOut::Sampling, q(-1, 2)));
    assert_eq!(network(Init::A, q(1, 2)), (MOVED_B_INITIAL_A, q(-1, 4)));
    assert_eq!(network(Init::B, q(1, 2)), (LeftOut::Sampling, q(-1, 2)));
    assert_eq!(network(Init::B, q(1, 1)), (LeftOut::Masks, q(-1, 4)));
}

/// With a kink A's gradient under Init[B] is Hölder-1/2 in U, and no power is that of a training. Where Z_B
/// grows, φ's limit has a kink whatever φ is. Under Init[A] what B has learned is an expectation over
/// neurons, and where Z_B → 0 the masks stay those of h.
#[test]
fn only_a_smooth_decoder_has_a_power_over_a_whole_training() {
    for phi in PHIS {
        let smooth = phi != Activation::Relu;
        assert_eq!(power(Init::B, q(1, 2), phi), smooth.then_some(q(-1, 2)), "{phi:?}");
        assert_eq!(power(Init::B, q(0, 1), phi), smooth.then_some(q(-1, 2)), "{phi:?}");
        assert_eq!(power(Init::B, q(3, 4), phi), None, "{phi:?}");
        assert_eq!(power(Init::B, q(1, 1), phi), None, "{phi:?}");
        assert_eq!(power(Init::A, q(1, 1), phi), Some(q(-1, 2)), "{phi:?}");
        assert_eq!(power(Init::A, q(1, 2), phi), Some(q(-1, 4)), "{phi:?}");
    }
}

/// Of the exact symmetry (σ_A, η_A, η_B) ~ (σ_A/κ, η_A/κ, κ η_B): the ratio is the size of u⁰, which is
/// n^-a/2 beside U, whatever else is left out. At a = 3/4 that is the frozen output of n^-1/4, which both runs
/// have in common.
#[test]
fn a_ratio_changes_only_what_the_initial_a_makes() {
    let ratio = |init, readout, optimizer| {
        let setting = Setting { optimizer, ..Setting::network(init, readout) };
        ratio_correction(&setting, critical(&setting)).unwrap().unwrap()
    };
    for readout in [q(1, 2), q(5, 8), q(3, 4), q(9, 10), q(1, 1)] {
        let found = ratio(Init::A, readout, OptimizerKind::Adam).unwrap();
        assert_eq!((found.of, found.power()), (MOVED_B_INITIAL_A, Some(-readout / 2)));
    }
    for (init, optimizer) in [
        (Init::B, OptimizerKind::Adam),
        (Init::AB, OptimizerKind::Adam),
        (Init::A, OptimizerKind::Sgd),
        (Init::A, OptimizerKind::AdamW),
    ] {
        assert_eq!(ratio(init, q(1, 2), optimizer), None, "{init} {optimizer:?}");
    }
}

/// Between the readouts the frozen output is n^(1/2 − a). Under Init[A] u⁰ is n^-a/2 beside U, and
/// under Init[B] h in the masks is n^-(a − 1/2)/2. Near a = 1 φ's curvature under Init[A] is Z_B² = n^(2a − 2), and
/// Z_B behind a kink.
#[test]
fn between_the_readouts_other_parts_lead() {
    assert_eq!(network(Init::A, q(5, 8)), (LeftOut::FrozenOutput, q(-1, 8)));
    assert_eq!(network(Init::A, q(3, 4)), (LeftOut::FrozenOutput, q(-1, 4)));
    let curvature = |tenths| (LeftOut::Curvature, q(tenths, 10));
    assert_eq!(by_phi(Init::A, q(9, 10)), [curvature(-1), curvature(-2)]);
    assert_eq!(network(Init::B, q(3, 4)), (LeftOut::Masks, q(-1, 8)));
}

/// Below a = 1/2 the targets are n^(a − 1/2) beside the frozen output, and the rest is that of 1/2.
#[test]
fn below_the_standard_readout_the_targets_are_left_out() {
    assert_eq!(network(Init::A, q(3, 8)), (LeftOut::Targets, q(-1, 8)));
    assert_eq!(network(Init::A, q(0, 1)), (MOVED_B_INITIAL_A, q(-1, 4)));
    assert_eq!(network(Init::B, q(0, 1)).1, q(-1, 2));
}

/// LoRA+ with η_B/η_A = n^1/2 under Init[A]: Z_A of the updates is n^1/4 beside u⁰ at a = 1.
#[test]
fn a_lora_plus_ratio_that_grows_slows_the_approach_of_init_a() {
    let rate = |quarters: i64| Rate::Scanned(q(quarters, 4));
    let setting =
        Setting { rate_a: rate(-1), rate_b: rate(1), ..Setting::network(Init::A, q(1, 1)) };
    let found = at_optimum(&setting, Activation::Relu);
    assert_eq!((found.of, found.exponent), (MOVED_B_INITIAL_A, q(-1, 4)));
}

/// No setting approaches its limit faster than its neurons sample it, and none does not approach it.
#[test]
fn every_correction_falls_and_none_faster_than_sampling() {
    for init in [Init::A, Init::B] {
        for sixteenths in 0..=16 {
            for (_, exponent) in by_phi(init, q(sixteenths, 16)) {
                assert!(
                    exponent >= q(-1, 2) && exponent < q(0, 1),
                    "{init} {sixteenths}: {exponent}"
                );
            }
        }
    }
}

#[test]
fn what_has_no_limit_has_no_correction() -> Result<(), TheoryError> {
    let (setting, relu) = (Setting::network(Init::A, q(1, 2)), Activation::Relu);
    assert!(matches!(correction(&setting, q(-1, 2), relu)?, Err(NoLimit::Explodes { .. })));
    assert!(matches!(correction(&setting, q(-1, 1), relu)?, Err(NoLimit::NothingLearned { .. })));
    assert_eq!(correction(&Setting::layer(Init::A), q(-1, 2), relu)?, Err(NoLimit::NoOutput));
    assert!(matches!(ratio_correction(&setting, q(-1, 2))?, Err(NoLimit::Explodes { .. })));
    Ok(())
}

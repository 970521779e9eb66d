//! The leading correction of the limit's classes, and of settings between and beside them.

mod common;

use common::q;
use lora_theory::{
    Correction, Init, LeftOut, NoLimit, Part, Product, Rate, Rational, Setting, TheoryError,
    analyse, correction,
};

/// At the critical exponent.
fn at_optimum(setting: &Setting) -> Correction {
    let gamma = analyse(setting).unwrap().critical.optimal.gamma().unwrap();
    correction(setting, gamma).unwrap().unwrap()
}

fn network(init: Init, readout: Rational) -> (LeftOut, Rational) {
    let Correction { of, exponent } = at_optimum(&Setting::network(init, readout));
    (of, exponent)
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

/// Between the readouts the frozen output is n^(1/2 − a). Under Init[A] u⁰ is n^-a/2 beside U, and
/// under Init[B] h in the masks is n^-(a − 1/2)/2. Near a = 1 φ's curvature under Init[A] is n^(2a − 2).
#[test]
fn between_the_readouts_other_parts_lead() {
    assert_eq!(network(Init::A, q(5, 8)), (LeftOut::FrozenOutput, q(-1, 8)));
    assert_eq!(network(Init::A, q(3, 4)), (LeftOut::FrozenOutput, q(-1, 4)));
    assert_eq!(network(Init::A, q(9, 10)), (LeftOut::Curvature, q(-1, 5)));
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
    let found = at_optimum(&setting);
    assert_eq!((found.of, found.exponent), (MOVED_B_INITIAL_A, q(-1, 4)));
}

/// No setting approaches its limit faster than its neurons sample it, and none does not approach it.
#[test]
fn every_correction_falls_and_none_faster_than_sampling() {
    for init in [Init::A, Init::B] {
        for sixteenths in 0..=16 {
            let (_, exponent) = network(init, q(sixteenths, 16));
            assert!(exponent >= q(-1, 2) && exponent < q(0, 1), "{init} {sixteenths}: {exponent}");
        }
    }
}

#[test]
fn what_has_no_limit_has_no_correction() -> Result<(), TheoryError> {
    let setting = Setting::network(Init::A, q(1, 2));
    assert!(matches!(correction(&setting, q(-1, 2))?, Err(NoLimit::Explodes { .. })));
    assert!(matches!(correction(&setting, q(-1, 1))?, Err(NoLimit::NothingLearned { .. })));
    assert_eq!(correction(&Setting::layer(Init::A), q(-1, 2))?, Err(NoLimit::NoOutput));
    Ok(())
}

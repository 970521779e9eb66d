//! The leading terms of the training step: the four classes, settings between and beside them, and
//! what has no limit.

use crate::common;
use crate::common::q;
use lora_theory::{
    Exponent, FrozenOutput, Init, InitStd, Leading, Limit, NoLimit, Part, Preactivation, Product,
    Rate, Rational, Setting, Source, Trained, analyse, leading,
};
use proptest::prelude::*;

fn power(n: i64, d: i64) -> Exponent {
    Exponent::Power(q(n, d))
}

/// The terms at the critical exponent, which is derived too.
fn at_optimum(setting: &Setting) -> Leading {
    let gamma = analyse(setting).unwrap().critical.optimal.gamma().unwrap();
    leading(setting, gamma).unwrap().terms().unwrap()
}

fn network(init: Init, readout: Rational) -> Leading {
    at_optimum(&Setting::network(init, readout))
}

#[test]
fn init_a_with_mups_readout_is_a_mean_field() {
    let terms = network(Init::A, q(1, 1));
    assert_eq!((terms.inner, terms.readers), (Source::Updates, Source::Updates));
    assert_eq!((terms.features, terms.decoder), (Source::Updates, Some(Source::Updates)));
    assert_eq!(terms.preactivation, Preactivation::Full);
    assert_eq!((terms.frozen, terms.moves), (FrozenOutput::Vanishes, Trained::AB));
    assert_eq!((terms.scales.initial_z_a, terms.scales.moved_z_a), (power(0, 1), power(1, 2)));
    assert_eq!((terms.scales.z_b, terms.scales.error), (power(0, 1), power(0, 1)));
}

#[test]
fn init_a_with_the_standard_readout_is_linear_in_the_adapter() {
    let terms = network(Init::A, q(1, 2));
    assert_eq!((terms.inner, terms.readers), (Source::Updates, Source::Updates));
    assert_eq!(terms.preactivation, Preactivation::Linearised);
    assert_eq!((terms.frozen, terms.moves), (FrozenOutput::Present, Trained::AB));
    assert_eq!((terms.scales.moved_z_a, terms.scales.z_b), (power(1, 4), power(-1, 2)));
}

#[test]
fn init_b_with_the_standard_readout_trains_a_through_a_random_decoder() {
    let terms = network(Init::B, q(1, 2));
    assert_eq!((terms.inner, terms.readers), (Source::Updates, Source::Initial));
    assert_eq!((terms.features, terms.decoder), (Source::Initial, Some(Source::Initial)));
    assert_eq!((terms.preactivation, terms.frozen), (Preactivation::Full, FrozenOutput::Present));
    assert_eq!(terms.moves, Trained::A);
    // B's own motion is of relative order n^-1/2.
    assert_eq!(terms.products[1], [Exponent::Zero, power(-1, 2)]);
    assert_eq!((terms.scales.initial_z_a, terms.scales.moved_z_a), (Exponent::Zero, power(0, 1)));
}

#[test]
fn init_b_with_mups_readout_loses_its_frozen_preactivation() {
    let terms = network(Init::B, q(1, 1));
    assert_eq!((terms.readers, terms.features), (Source::Both, Source::Initial));
    assert_eq!(terms.decoder, Some(Source::Both));
    assert_eq!(terms.preactivation, Preactivation::Homogeneous);
    assert_eq!((terms.frozen, terms.moves), (FrozenOutput::Vanishes, Trained::AB));
    assert_eq!(terms.scales.z_b, power(1, 2));
}

#[test]
fn between_the_readouts_init_b_does_not_move_b() {
    let terms = network(Init::B, q(3, 4));
    assert_eq!((terms.readers, terms.decoder), (Source::Initial, Some(Source::Initial)));
    assert_eq!((terms.preactivation, terms.moves), (Preactivation::Homogeneous, Trained::A));
}

#[test]
fn a_large_frozen_output_is_cancelled() {
    for init in [Init::A, Init::B] {
        let [small, standard] = [q(1, 4), q(1, 2)].map(|a| network(init, a));
        assert_eq!(small.frozen, FrozenOutput::Cancelled);
        assert_eq!(small.scales.error, power(1, 4));
        // Everything else is as at a = 1/2.
        let scales = lora_theory::Scales { error: standard.scales.error, ..small.scales };
        let products = standard.products;
        assert_eq!(Leading { frozen: standard.frozen, products, scales, ..small }, standard);
    }
}

#[test]
fn a_fast_b_learns_from_the_initial_features() {
    // A frozen A, and a B that takes the steps that u⁰ = A0 Z alone needs.
    let setting = Setting { train: Trained::B, ..Setting::network(Init::A, q(1, 2)) };
    let terms = at_optimum(&setting);
    assert_eq!((terms.inner, terms.moves), (Source::Initial, Trained::B));
    assert_eq!(terms.scales.moved_z_a, Exponent::Zero);
    // LoRA+ with η_A = n^-1 and η_B = 1 keeps both parts of Z_A, at a = 1.
    let setting = Setting { rate_a: Rate::Fixed(q(-1, 1)), ..Setting::network(Init::A, q(1, 1)) };
    let terms = at_optimum(&setting);
    assert_eq!((terms.inner, terms.preactivation), (Source::Both, Preactivation::Full));
}

#[test]
fn both_factors_random_keep_every_part_at_mups_readout() {
    let terms = at_optimum(&Setting::network(InitStd::Of(Init::AB), q(1, 1)));
    assert_eq!((terms.readers, terms.preactivation), (Source::Both, Preactivation::Homogeneous));
}

#[test]
fn the_missing_limits_name_what_happens() {
    let setting = Setting::network(Init::A, q(1, 2));
    let why = |gamma| leading(&setting, gamma).unwrap().terms().unwrap_err();
    let by = Product { b: Part::Updates, a: Part::Updates };
    let explodes = NoLimit::Explodes { by, output: power(1, 2), error: power(0, 1) };
    assert_eq!(why(q(-1, 2)), explodes);
    assert_eq!(
        explodes.to_string(),
        "the output explodes: s ΔB ΔA Z changes it by n^1/2 beside an error of 1"
    );
    let nothing =
        NoLimit::NothingLearned { output: power(-1, 2), error: power(0, 1), z_b: power(-1, 1) };
    assert_eq!(why(q(-1, 1)), nothing);
    assert_eq!(
        nothing.to_string(),
        "nothing is learned: the output's change is n^-1/2 beside an error of 1, and Z_B is n^-1"
    );
    let layer = leading(&Setting::layer(Init::A), q(-1, 2)).unwrap();
    assert_eq!(layer, Limit::Missing(NoLimit::NoOutput));
}

proptest! {
    /// A limit exists exactly where the output's change has the size of the error.
    #[test]
    fn limits_agree_with_the_analysis(
        a in common::between(0, 2), gamma in common::between(-2, 0), init in 0..3_usize
    ) {
        let setting = Setting::network([Init::A, Init::B, Init::AB][init], a);
        let at = analyse(&setting).unwrap().at(gamma).unwrap();
        let relative = at.relative_output.unwrap();
        match leading(&setting, gamma).unwrap() {
            Limit::Exists(terms) => {
                prop_assert_eq!(relative, Exponent::ONE);
                prop_assert_eq!(terms.scales.z_b, at.z_b);
                prop_assert_eq!(terms.scales.initial_z_a.plus(terms.scales.moved_z_a), at.z_a);
            }
            Limit::Missing(NoLimit::Explodes { output, .. }) => {
                prop_assert!(relative > Exponent::ONE);
                prop_assert_eq!(Some(output), at.output);
            }
            Limit::Missing(_) => prop_assert!(relative < Exponent::ONE),
        }
    }
}

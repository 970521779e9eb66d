//! The LoRA layer alone: the table of exponents, theorems 1 and 2, LoRA+, and the controls.

use crate::common::{between, q};
use lora_theory::{
    Alignment, Analysis, Exponent, FeatureRegime, GammaRange, Init, InitStd, Largest,
    OptimizerKind, Rate, Rational, Regime, Setting, TheoryError, analyse, rational,
};
use proptest::prelude::*;

/// Rows of the table: Z_A, Z_B, δ1, δ2, δ3 at η = n^γ, as closed forms.
fn table(init: Init, gamma: Rational) -> [Rational; 5] {
    let (one, two) = (q(1, 1), q(2, 1));
    let joint = two * gamma + one;
    match init {
        Init::A => {
            let z_a = (gamma + one).max(q(0, 1));
            [z_a, gamma + z_a, joint, gamma + z_a, joint]
        }
        _ => {
            let z_b = gamma + one + gamma.max(q(0, 1));
            [gamma + one, z_b, z_b, joint, joint]
        }
    }
}

fn rows(analysis: &Analysis, gamma: Rational) -> [Exponent; 5] {
    let at = analysis.at(gamma).unwrap();
    [at.z_a, at.z_b, at.delta1, at.delta2, at.delta3]
}

fn expected(init: Init, gamma: Rational) -> [Exponent; 5] {
    table(init, gamma).map(Exponent::from)
}

fn init() -> impl Strategy<Value = Init> {
    prop_oneof![Just(Init::A), Just(Init::B)]
}

fn sign_like() -> impl Strategy<Value = OptimizerKind> {
    prop_oneof![Just(OptimizerKind::Adam), Just(OptimizerKind::AdamW), Just(OptimizerKind::SignSgd)]
}

proptest! {
    #[test]
    fn every_row_of_the_table(init in init(), optimizer in sign_like(), gamma in between(-3, 2)) {
        let analysis = analyse(&Setting { optimizer, ..Setting::layer(init) }).unwrap();
        prop_assert_eq!(rows(&analysis, gamma), expected(init, gamma));
    }

    #[test]
    fn stable_iff_below_the_threshold(init in init(), gamma in between(-3, 2)) {
        let threshold = if init == Init::A { q(-1, 2) } else { q(-1, 1) };
        let at = analyse(&Setting::layer(init)).unwrap().at(gamma).unwrap();
        prop_assert_eq!(at.z_b.is_bounded(), gamma <= threshold);
    }

    #[test]
    fn the_movement_is_the_largest_delta(init in init(), gamma in between(-3, 2)) {
        let at = analyse(&Setting::layer(init)).unwrap().at(gamma).unwrap();
        prop_assert_eq!(at.delta_z_b, at.delta1.max(at.delta2).max(at.delta3));
        prop_assert_eq!(at.output, None);
    }
}

#[test]
fn theorem_1_init_a() {
    let analysis = analyse(&Setting::layer(Init::A)).unwrap();
    let critical = &analysis.critical;
    assert_eq!(critical.stable, Largest::At(q(-1, 2)));
    assert_eq!(critical.optimal, critical.stable);
    assert_eq!(critical.bounded_output, None);
    assert_eq!(critical.internally_stable, Largest::At(q(-1, 1)));
    assert_eq!(critical.feature_learning, vec![GammaRange::point(q(-1, 2))]);
    assert_eq!(critical.efficient, vec![GammaRange::point(q(-1, 2))]);
    let there = analysis.at_stable().unwrap().unwrap();
    assert_eq!(there.z_a, Exponent::from(q(1, 2)));
}

#[test]
fn theorem_2_init_b() {
    let analysis = analyse(&Setting::layer(Init::B)).unwrap();
    let critical = &analysis.critical;
    assert_eq!(critical.stable, Largest::At(q(-1, 1)));
    assert_eq!(critical.internally_stable, Largest::At(q(-1, 1)));
    assert_eq!(critical.feature_learning, vec![GammaRange::point(q(-1, 1))]);
    assert_eq!(critical.efficient, vec![]);
    let there = analysis.at_stable().unwrap().unwrap();
    assert_eq!(there.z_a, Exponent::ONE);
    assert_eq!(there.delta1, Exponent::ONE);
    assert_eq!(there.delta2, Exponent::from(q(-1, 1)));
}

#[test]
fn lora_plus_is_efficient() {
    for init in [Init::A, Init::B] {
        let rates = [
            (Rate::Scanned(q(0, 1)), Rate::Scanned(q(1, 1))),
            (Rate::Fixed(q(-1, 1)), Rate::Fixed(q(0, 1))),
        ];
        for (rate_a, rate_b) in rates {
            let analysis = analyse(&Setting { rate_a, rate_b, ..Setting::layer(init) }).unwrap();
            let there = analysis.at(q(-1, 1)).unwrap();
            assert_eq!((there.delta1, there.delta2), (Exponent::ONE, Exponent::ONE), "{init}");
            assert!(there.z_a.is_bounded() && there.z_b.is_bounded());
            assert!(analysis.critical.efficient.iter().any(|i| i.contains(q(-1, 1))));
        }
    }
}

#[test]
fn equal_rates_are_efficient_only_with_internal_instability() {
    for init in [Init::A, Init::B, Init::AB] {
        let analysis = analyse(&Setting::layer(init)).unwrap();
        for at in &analysis.critical.efficient {
            let gamma = at.hi.unwrap();
            assert!(!analysis.at(gamma).unwrap().z_a.is_bounded(), "{init} at {gamma}");
        }
    }
}

#[test]
fn a_layer_of_zeros_stays_at_zero() {
    let init = InitStd::Custom { a: Exponent::Zero, b: Exponent::Zero };
    let analysis = analyse(&Setting::layer(init)).unwrap();
    assert!(analysis.quantities().iter().all(|(_, growth)| growth.is_zero()));
}

#[test]
fn custom_scales_reproduce_the_named_inits() {
    let custom_a = InitStd::Custom { a: Exponent::from(q(-1, 2)), b: Exponent::Zero };
    let custom_b = InitStd::Custom { a: Exponent::Zero, b: Exponent::ONE };
    for (named, custom) in [(Init::A, custom_a), (Init::B, custom_b)] {
        let (named, custom) = (Setting::layer(named), Setting::layer(custom));
        assert_eq!(analyse(&named).unwrap().critical, analyse(&custom).unwrap().critical);
    }
}

/// Negative control: the table depends on the alignment rule, so that a wrong rule must miss it.
#[test]
fn a_wrong_alignment_rule_misses_the_table() {
    for init in [Init::A, Init::B] {
        for alignment in [Alignment::AllIndependent, Alignment::AllAligned] {
            let wrong = analyse(&Setting { alignment, ..Setting::layer(init) }).unwrap();
            let right = analyse(&Setting::layer(init)).unwrap();
            let gammas = || (-12..=4).map(|k| q(k, 8));
            assert!(gammas().all(|gamma| rows(&right, gamma) == expected(init, gamma)));
            let mut same = gammas().map(|gamma| rows(&wrong, gamma) == expected(init, gamma));
            // Signs forget the size of B0ᵀ·dZ_B, the only sum that this rule gets wrong here.
            let blind = (init, alignment) == (Init::B, Alignment::AllAligned);
            assert_eq!(same.all(|x| x), blind, "{init} {alignment:?}");
        }
        let naive = Setting { alignment: Alignment::AllIndependent, ..Setting::layer(init) };
        let naive = analyse(&naive).unwrap().critical.stable;
        assert_ne!(naive, analyse(&Setting::layer(init)).unwrap().critical.stable);
    }
}

/// What the paper calls efficient feature learning with internal instability is called both.
#[test]
fn theorem_1_learns_and_is_internally_unstable() -> Result<(), TheoryError> {
    let there = analyse(&Setting::layer(Init::A))?.at(q(-1, 2))?;
    assert_eq!(there.regime, Regime::LearningInternallyUnstable);
    assert_eq!(FeatureRegime::from(&there), FeatureRegime::Efficient);
    Ok(())
}

/// Plain LoRA is efficient at Theorem 1's learning rate and not at Theorem 2's; LoRA+ is under both.
#[test]
fn feature_regimes_are_those_of_the_theorems_and_of_lora_plus() -> Result<(), TheoryError> {
    let at = |init, a: Rational, b: Rational| -> Result<FeatureRegime, TheoryError> {
        let (rate_a, rate_b) = (Rate::Fixed(a), Rate::Fixed(b));
        let setting = Setting { rate_a, rate_b, ..Setting::layer(init) };
        Ok(FeatureRegime::from(&analyse(&setting)?.at(rational(0, 1)?)?))
    };
    let (one, half, none) = (rational(-1, 1)?, rational(-1, 2)?, rational(0, 1)?);
    assert_eq!(at(Init::A, half, half)?, FeatureRegime::Efficient);
    assert_eq!(at(Init::A, one, one)?, FeatureRegime::Lazy);
    assert_eq!(at(Init::A, none, none)?, FeatureRegime::Unstable);
    assert_eq!(at(Init::B, one, one)?, FeatureRegime::Learning);
    assert_eq!(at(Init::B, half, half)?, FeatureRegime::Unstable);
    for init in [Init::A, Init::B] {
        assert_eq!(at(init, one, none)?, FeatureRegime::Efficient);
    }
    Ok(())
}

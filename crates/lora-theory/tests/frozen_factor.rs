//! One factor trained, the other one kept as drawn: LoRA-FA, and the mirror image of it.

use crate::common::{between, q};
use lora_theory::{
    Analysis, Exponent, Growth, Init, Largest, OptimizerKind, Rate, Rational, Regime, Scope,
    Setting, Snapshot, TheoryError, Trained, analyse,
};
use proptest::prelude::*;

const INITS: [Init; 3] = [Init::A, Init::B, Init::AB];

fn one_factor() -> impl Strategy<Value = Trained> {
    prop_oneof![Just(Trained::A), Just(Trained::B)]
}

fn setting() -> impl Strategy<Value = Setting> {
    let init = prop_oneof![Just(Init::A), Just(Init::B), Just(Init::AB)];
    let optimizer = prop_oneof![Just(OptimizerKind::Adam), Just(OptimizerKind::Sgd)];
    let scope = prop_oneof![Just(Scope::Layer), Just(Scope::Network)];
    let numbers = (between(0, 1), between(-1, 1), between(0, 1));
    (init, optimizer, scope, one_factor(), numbers).prop_map(
        |(init, optimizer, scope, train, (rank, multiplier_width, readout))| Setting {
            init: init.into(),
            optimizer,
            scope,
            train,
            rank,
            multiplier_width,
            readout,
            ..Setting::default()
        },
    )
}

fn at(analysis: &Analysis, gamma: Rational) -> Snapshot {
    analysis.at(gamma).unwrap()
}

proptest! {
    /// δ1 needs ΔA, δ2 needs ΔB and δ3 both: what contains a frozen factor's step is exactly zero.
    #[test]
    fn what_a_frozen_factor_would_learn_is_exactly_zero(setting in setting()) {
        let analysis = analyse(&setting).unwrap();
        prop_assert!(analysis.delta3.is_zero());
        match setting.train {
            Trained::A => prop_assert!(analysis.delta2.is_zero()),
            _ => prop_assert!(analysis.delta1.is_zero()),
        }
    }

    /// With A frozen Z_A = A0 Z: Θ(1) where A is random, exactly zero under Init[B].
    #[test]
    fn a_frozen_factor_keeps_its_size(setting in setting(), gamma in between(-3, 2)) {
        let analysis = analyse(&Setting { train: Trained::B, ..setting.clone() }).unwrap();
        let expected = if setting.init == Init::B { Exponent::Zero } else { Exponent::ONE };
        prop_assert_eq!(at(&analysis, gamma).z_a, expected);
        prop_assert_eq!(analysis.critical.internally_stable, Largest::Always);
    }

    /// Zero times anything is zero: the gradient of the factor that trains is zero at every step.
    #[test]
    fn a_frozen_factor_of_zeros_lets_nothing_learn(setting in setting(), gamma in between(-3, 2)) {
        for (init, train) in [(Init::A, Trained::A), (Init::B, Trained::B)] {
            let analysis = analyse(&Setting { init: init.into(), train, ..setting.clone() }).unwrap();
            prop_assert!(analysis.delta_z_b.is_zero() && analysis.z_b.is_zero());
            prop_assert!(analysis.output.as_ref().is_none_or(Growth::is_zero));
            prop_assert_eq!(analysis.critical.stable, Largest::Always);
            prop_assert_eq!(analysis.critical.optimal, Largest::Always);
            prop_assert_eq!(at(&analysis, gamma).regime, Regime::NoLearning);
        }
    }

    /// Freezing a factor takes terms away and adds none.
    #[test]
    fn nothing_grows_faster_with_a_factor_frozen(setting in setting(), gamma in between(-3, 2)) {
        let all = analyse(&Setting { train: Trained::AB, ..setting.clone() }).unwrap();
        let one = analyse(&setting).unwrap();
        for ((name, less), (_, more)) in one.quantities().into_iter().zip(all.quantities()) {
            prop_assert!(less.at(gamma).unwrap() <= more.at(gamma).unwrap(), "{}", name);
        }
    }

    #[test]
    fn the_rate_of_a_frozen_factor_has_no_effect(setting in setting(), rate in between(-3, 3)) {
        let mut other = setting.clone();
        match setting.train {
            Trained::A => other.rate_b = Rate::Scanned(rate),
            _ => other.rate_a = Rate::Fixed(rate),
        }
        let (one, two) = (analyse(&setting).unwrap(), analyse(&other).unwrap());
        prop_assert_eq!(one.critical, two.critical);
    }

    /// LoRA-FA is linear in B: Z_B = ΔB·A0 Z and Δf = n^(1 − a)·η.
    #[test]
    fn lora_fa_follows_its_closed_form(a in between(0, 2), gamma in between(-3, 2)) {
        let setting = Setting { train: Trained::B, ..Setting::network(Init::A, a) };
        let there = at(&analyse(&setting).unwrap(), gamma);
        prop_assert_eq!(there.z_b, Exponent::from(gamma));
        prop_assert_eq!(there.delta2, Exponent::from(gamma));
        prop_assert_eq!(there.output, Some(Exponent::from(q(1, 1) - a + gamma)));
    }

    /// Init[B] with B frozen keeps the term W_outᵀ B0·ΔZ_A = n^(1/2 − a)·ηn and loses the other.
    #[test]
    fn a_frozen_b_is_a_random_decoder(a in between(0, 2), gamma in between(-3, 2)) {
        let setting = Setting { train: Trained::A, ..Setting::network(Init::B, a) };
        let there = at(&analyse(&setting).unwrap(), gamma);
        prop_assert_eq!(there.z_b, Exponent::from(gamma + q(1, 1)));
        prop_assert_eq!(there.output, Some(Exponent::from(q(3, 2) - a + gamma)));
    }
}

#[test]
fn lora_fa_takes_larger_learning_rates_than_lora() {
    let of = |train| {
        let setting = Setting { train, ..Setting::default() };
        let critical = analyse(&setting).unwrap().critical;
        [critical.optimal, critical.stable]
    };
    assert_eq!(of(Trained::AB), [Largest::At(q(-3, 4)), Largest::At(q(-1, 2))]);
    assert_eq!(of(Trained::B), [Largest::At(q(-1, 2)), Largest::At(q(0, 1))]);
    assert_eq!(of(Trained::A), [Largest::Always, Largest::Always]);
}

/// B's own motion is of relative order n^-1/2 at η_stable: the exponent does not see it.
#[test]
fn freezing_b_leaves_the_critical_rates_of_init_b_at_the_standard_readout() {
    let both = analyse(&Setting::network(Init::B, q(1, 2))).unwrap();
    let frozen = Setting { train: Trained::A, ..both.setting.clone() };
    let frozen = analyse(&frozen).unwrap();
    assert_eq!(frozen.critical.stable, Largest::At(q(-1, 1)));
    assert_eq!(frozen.critical.stable, both.critical.stable);
    assert_eq!(frozen.critical.optimal, both.critical.optimal);
    // Up to there B moves by o(1), and Z_B by B0·ΔZ_A alone.
    let there = both.at_stable().unwrap().unwrap();
    assert_eq!((there.delta1, there.delta2), (Exponent::ONE, Exponent::from(q(-1, 1))));
}

#[test]
fn words_name_the_factor_that_trains() -> Result<(), TheoryError> {
    for init in INITS {
        let both = analyse(&Setting::layer(init))?.describe(q(-1, 1))?;
        assert!(!both.contains("trained"), "{both}");
    }
    let lora_fa = analyse(&Setting { train: Trained::B, ..Setting::default() })?;
    assert_eq!(
        lora_fa.describe(q(-1, 2))?,
        "At γ = -1/2 under Init[A], B alone trained, the output learns at order one, Z_A stays at \
         order one and Z_B shrinks like n^-1/2."
    );
    Ok(())
}

//! How the exponents depend on the number of symbolic steps.

use crate::common::{between, q};
use lora_theory::{
    Analysis, DEFAULT_STEPS, Growth, Init, Largest, MAX_STEPS, OptimizerKind, Rate, Scope, Setting,
    Trained, analyse,
};
use proptest::prelude::*;

fn growths(analysis: &Analysis) -> Vec<Growth> {
    analysis.quantities().into_iter().map(|(_, growth)| growth.clone()).collect()
}

fn setting() -> impl Strategy<Value = Setting> {
    let init = prop_oneof![Just(Init::A), Just(Init::B), Just(Init::AB)];
    let scope = prop_oneof![Just(Scope::Layer), Just(Scope::Network)];
    let train = prop_oneof![Just(Trained::AB), Just(Trained::A), Just(Trained::B)];
    let numbers = (between(0, 1), between(0, 1), between(-1, 1), between(0, 2), between(-2, 2));
    let words = (init, scope, train);
    (words, numbers).prop_map(|((init, scope, train), (rank, tau, sigma, readout, offset))| {
        Setting {
            init: init.into(),
            scope,
            train,
            rank,
            multiplier_rank: tau,
            multiplier_width: sigma,
            readout,
            rate_b: Rate::Scanned(offset),
            ..Setting::default()
        }
    })
}

proptest! {
    #[test]
    fn sign_like_updates_are_stationary_after_the_default_steps(setting in setting()) {
        let at_default = growths(&analyse(&setting).unwrap());
        for steps in [DEFAULT_STEPS - 1, DEFAULT_STEPS + 1, MAX_STEPS] {
            let later = analyse(&Setting { steps, ..setting.clone() }).unwrap();
            prop_assert_eq!(&growths(&later), &at_default, "{} steps", steps);
        }
    }

    #[test]
    fn growth_never_falls_with_more_steps(
        setting in setting(), gamma in between(-3, 2), steps in 1_u32..6, sgd in any::<bool>(),
    ) {
        let optimizer = if sgd { OptimizerKind::Sgd } else { OptimizerKind::Adam };
        let run = |steps| analyse(&Setting { steps, optimizer, ..setting.clone() }).unwrap();
        for (short, long) in growths(&run(steps)).iter().zip(growths(&run(steps + 1))) {
            prop_assert!(short.at(gamma).unwrap() <= long.at(gamma).unwrap());
        }
    }
}

#[test]
fn two_steps_are_not_enough() {
    let two = analyse(&Setting { steps: 2, ..Setting::layer(Init::A) }).unwrap();
    let all = analyse(&Setting::layer(Init::A)).unwrap();
    assert_ne!(growths(&two), growths(&all));
}

/// Plain gradient descent amplifies by ηn a step, so that its threshold closes in on n^-1 from
/// above as 1/(2T − 1): no finite number of steps T shows the limit.
#[test]
fn plain_gradients_under_init_a_depend_on_the_steps() {
    for steps in 1..=MAX_STEPS {
        let setting = Setting { optimizer: OptimizerKind::Sgd, steps, ..Setting::layer(Init::A) };
        let t = i64::from(steps);
        let expected = Largest::At(q(-1, 1) + q(1, 2 * t - 1));
        assert_eq!(analyse(&setting).unwrap().critical.stable, expected);
    }
}

/// The first step sees B0ᵀ dZ_B of size n^1/2 and is the dangerous one.
#[test]
fn plain_gradients_under_init_b_are_decided_at_once() {
    for steps in 1..=MAX_STEPS {
        let setting = Setting { optimizer: OptimizerKind::Sgd, steps, ..Setting::layer(Init::B) };
        assert_eq!(analyse(&setting).unwrap().critical.stable, Largest::At(q(-3, 2)));
    }
}

/// In the whole network an output beyond Θ(1) enters the next gradient as an error.
#[test]
fn plain_gradients_blow_up_faster_with_the_error_they_make() {
    let setting = Setting { optimizer: OptimizerKind::Sgd, ..Setting::default() };
    let analysis = analyse(&setting).unwrap();
    let beyond = analysis.critical.optimal.gamma().unwrap() + q(1, 4);
    let longer = analyse(&Setting { steps: DEFAULT_STEPS + 1, ..setting }).unwrap();
    let output = |analysis: &Analysis| analysis.at(beyond).unwrap().output.unwrap().to_f64();
    assert!(output(&longer) > 2.0 * output(&analysis));
}

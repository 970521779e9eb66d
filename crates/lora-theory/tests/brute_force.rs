//! The calculus against brute force: the training step in plain numbers at two huge widths.
//!
//! The evaluator knows no exponents. It takes n as a number, adds terms up instead of taking the
//! largest, multiplies a sum over n aligned terms by n and one over n independent centred terms by
//! √n, and reads an exponent off as the slope ln(v2/v1)/ln(n2/n1).
//!
//! All terms are positive, each a power of n with coefficient 1, so with C terms
//! n^x ≤ v(n) ≤ C n^x, where x is the largest of the powers, and the slope is within
//! ln C/ln(n2/n1) of x. C is what the evaluator gives at n = 1, and n2/n1 is so large that this
//! never reaches a hundredth.

use crate::brute::{Flaw, LOG, Num, Width, evaluate, initial_error, log2};
use crate::common;
use crate::common::q;
use lora_theory::{
    Analysis, Exponent, Init, InitStd, Largest, OptimizerKind, Rate, Rational, Scope, Setting,
    Trained, analyse,
};
use proptest::prelude::*;

/// The most that a slope may be off.
const LOOSEST: f64 = 1e-2;

/// The first disagreement of the brute force with the calculus, if any.
fn disagreement(analysis: &Analysis, gamma: Rational, flaw: Flaw) -> Option<String> {
    let at = |log2| evaluate(&analysis.setting, gamma, Width { log2 }, flaw);
    let (terms, near, far) = (at(0), at(LOG), at(2 * LOG));
    for (i, (name, growth)) in analysis.quantities().into_iter().enumerate() {
        let exact = growth.at(gamma).expect("it fits");
        let Some(power) = exact.power() else {
            if far[i] == Num::ZERO {
                continue;
            }
            return Some(format!("{name} is not exactly zero"));
        };
        if far[i] == Num::ZERO {
            return Some(format!("{name} is exactly zero, not n^{power}"));
        }
        let slope = (log2(&far[i]) - log2(&near[i])) / LOG as f64;
        let bound = log2(&terms[i]) / LOG as f64 + 1e-9; // and the rounding of logarithms
        assert!(bound <= LOOSEST, "{name}: the widths are not large enough");
        let off = (slope - lora_theory::approximate(power)).abs();
        if off > bound {
            return Some(format!("{name}: slope {slope}, exactly {power}, bound {bound:e}"));
        }
    }
    None
}

/// The γ at which some quantity bends, where n^γ is exact.
fn bends(analysis: &Analysis) -> Vec<Rational> {
    let growths = analysis.quantities();
    let all = growths.iter().flat_map(|(_, growth)| common::breakpoints(growth));
    all.filter(|gamma| LOG / 2 % gamma.denom() == 0).collect()
}

/// Every init, optimizer and scope, readouts from 0 to 1, with both factors trained or one.
fn table() -> Vec<Setting> {
    let mut settings = Vec::new();
    for init in [Init::A, Init::B, Init::AB] {
        for optimizer in [OptimizerKind::Adam, OptimizerKind::Sgd] {
            for train in [Trained::AB, Trained::A, Trained::B] {
                let layer = Setting { optimizer, train, ..Setting::layer(init) };
                settings.push(layer);
                for readout in [q(0, 1), q(1, 4), q(1, 2), q(3, 4), q(1, 1)] {
                    settings.push(Setting { optimizer, train, ..Setting::network(init, readout) });
                }
            }
        }
    }
    settings
}

#[test]
fn the_table_agrees_on_and_off_its_breakpoints() {
    let mut bent = 0;
    for setting in table() {
        let analysis = analyse(&setting).unwrap();
        let points = bends(&analysis);
        bent += points.len();
        for gamma in points.into_iter().chain((-16..=4).map(|k| q(k, 8))) {
            assert_eq!(disagreement(&analysis, gamma, Flaw::None), None, "{setting:?} at {gamma}");
        }
    }
    assert!(bent >= table().len(), "{bent} breakpoints");
}

fn named() -> impl Strategy<Value = Init> {
    prop_oneof![Just(Init::A), Just(Init::B), Just(Init::AB)]
}

/// Any standard deviations of A0 and B0, zeros among them.
fn custom() -> impl Strategy<Value = InitStd> {
    let power = || (-24_i64..=24).prop_map(|k| Exponent::from(q(k, 24)));
    let std = || prop_oneof![1 => Just(Exponent::Zero), 2 => power()];
    (std(), std()).prop_map(|(a, b)| InitStd::Custom { a, b })
}

fn setting() -> impl Strategy<Value = Setting> {
    let words = (
        prop_oneof![3 => named().prop_map(InitStd::from), 1 => custom()],
        prop_oneof![Just(OptimizerKind::Adam), Just(OptimizerKind::Sgd)],
        prop_oneof![Just(Scope::Layer), Just(Scope::Network)],
        prop_oneof![2 => Just(Trained::AB), 1 => Just(Trained::A), 1 => Just(Trained::B)],
    );
    let numbers = (0_i64..=24, 0_i64..=2, -24_i64..=24, 0_i64..=96, -24_i64..=24, 1_u32..=4);
    (words, numbers).prop_map(|(words, (rho, tau, sigma, readout, offset, steps))| {
        let (init, optimizer, scope, train) = words;
        // With both factors random the calculus is exact at fixed rank alone.
        let both_random = match init {
            InitStd::Of(init) => init == Init::AB,
            InitStd::Custom { a, b } => a != Exponent::Zero && b != Exponent::Zero,
        };
        let rank = if both_random { q(0, 1) } else { q(rho, 24) };
        Setting {
            init,
            optimizer,
            scope,
            train,
            rank,
            multiplier_rank: q(tau, 2),
            multiplier_width: q(sigma, 24),
            readout: q(readout, 48),
            rate_b: Rate::Scanned(q(offset, 24)),
            steps,
            ..Setting::default()
        }
    })
}

proptest! {
    #[test]
    fn any_setting_agrees(setting in setting(), k in -144_i64..=96, bend in any::<prop::sample::Index>()) {
        let analysis = analyse(&setting).unwrap();
        let bends = bends(&analysis);
        let bent = (!bends.is_empty()).then(|| *bend.get(&bends));
        for gamma in bent.into_iter().chain([q(k, 48)]) {
            prop_assert_eq!(disagreement(&analysis, gamma, Flaw::None), None, "at {}", gamma);
        }
    }
}

/// How fast Δf grows beside the error that it starts from, with the most that this may be off;
/// `None` where Δf is exactly zero.
fn outgrowth(setting: &Setting, gamma: Rational) -> Option<(f64, f64)> {
    let parts = |log2| {
        let n = Width { log2 };
        let [.., change] = evaluate(setting, gamma, n, Flaw::None);
        (change, initial_error(setting, n))
    };
    let (terms, near, far) = (parts(0), parts(LOG), parts(2 * LOG));
    let slope = |near: &Num, far: &Num| (log2(far) - log2(near)) / LOG as f64;
    (far.0 != Num::ZERO).then(|| {
        let bound = (log2(&terms.0) + log2(&terms.1)) / LOG as f64 + 1e-9;
        (slope(&near.0, &far.0) - slope(&near.1, &far.1), bound)
    })
}

proptest! {
    /// η_opt without the calculus: at it Δf keeps up with the error before the first step, and a
    /// little above it Δf outgrows that error.
    #[test]
    fn the_optimal_rate_corrects_the_initial_error(setting in setting()) {
        let setting = Setting { scope: Scope::Network, ..setting };
        let at = |gamma| outgrowth(&setting, gamma);
        match analyse(&setting).unwrap().critical.optimal {
            Largest::At(gamma) if LOG / 2 % gamma.denom() == 0 => {
                let (there, bound) = at(gamma).unwrap();
                prop_assert!(there.abs() <= bound, "{} at {}, bound {}", there, gamma, bound);
                let (above, bound) = at(gamma + q(1, 8)).unwrap();
                prop_assert!(above > 0.1, "{} above {}, bound {}", above, gamma, bound);
            }
            Largest::At(_) => {}
            Largest::Always => prop_assert_eq!(at(q(2, 1)), None),
            Largest::Never => prop_assert!(false, "small enough rates always keep it bounded"),
        }
    }
}

/// Each aligned sum, taken for independent, is noticed where its term leads.
#[test]
fn an_aligned_sum_taken_for_independent_disagrees() {
    let ranked = Setting { rank: q(1, 2), ..Setting::layer(Init::A) };
    for (setting, gamma, flaw) in [
        (Setting::layer(Init::A), q(-1, 2), Flaw::AWithFeatures),
        (Setting::layer(Init::B), q(-1, 1), Flaw::AWithFeatures),
        (Setting::network(Init::A, q(1, 2)), q(-3, 4), Flaw::BWithSignal),
        (Setting::network(Init::B, q(1, 1)), q(-1, 4), Flaw::BWithSignal),
        (ranked, q(-1, 1), Flaw::BWithImage),
    ] {
        let analysis = analyse(&setting).unwrap();
        assert_eq!(disagreement(&analysis, gamma, Flaw::None), None, "{setting:?}");
        assert!(disagreement(&analysis, gamma, flaw).is_some(), "{flaw:?} in {setting:?}");
    }
}

//! Readout exponents a < 1/2: the frozen output n^(1/2 − a) outgrows the targets and must be
//! cancelled, so that η_opt has Δf = Θ(e⁰) and not Θ(1).

use crate::common::{between, q};
use lora_theory::{
    Analysis, Exponent, Init, Largest, Mark, OptimizerKind, Rate, Rational, Regime, Scope, Setting,
    Trained, analyse, multiplier_exponents, rank_exponents,
};
use proptest::prelude::*;

fn half() -> Rational {
    q(1, 2)
}

/// Readout exponents up to 1/2.
fn small() -> impl Strategy<Value = Rational> {
    between(-1, 1).prop_map(|x| x - half())
}

fn network() -> impl Strategy<Value = Setting> {
    let init = prop_oneof![Just(Init::A), Just(Init::B), Just(Init::AB)];
    let optimizer = prop_oneof![Just(OptimizerKind::Adam), Just(OptimizerKind::Sgd)];
    let train = prop_oneof![Just(Trained::AB), Just(Trained::A), Just(Trained::B)];
    let numbers = (between(0, 1), between(0, 1), between(-1, 1), between(-1, 1), 1_u32..5);
    (init, optimizer, train, numbers).prop_map(
        |(init, optimizer, train, (rank, tau, sigma, offset, steps))| Setting {
            init: init.into(),
            optimizer,
            train,
            rank,
            multiplier_rank: tau,
            multiplier_width: sigma,
            rate_b: Rate::Scanned(offset),
            steps,
            scope: Scope::Network,
            ..Setting::default()
        },
    )
}

proptest! {
    #[test]
    fn the_initial_error_is_the_larger_of_target_and_frozen_output(
        a in between(-2, 2), init in prop_oneof![Just(Init::A), Just(Init::B), Just(Init::AB)],
    ) {
        let analysis = analyse(&Setting::network(init, a)).unwrap();
        let expected = Exponent::from((half() - a).max(q(0, 1)));
        prop_assert_eq!(analysis.initial_error, Some(expected));
    }

    #[test]
    fn the_optimal_exponent_does_not_depend_on_a_small_readout(a in small()) {
        for (init, gamma) in [(Init::A, q(-3, 4)), (Init::B, q(-1, 1))] {
            let best = analyse(&Setting::network(init, a)).unwrap().at_optimal().unwrap().unwrap();
            prop_assert_eq!(best.gamma, gamma);
            prop_assert_eq!(best.output, Some(Exponent::from(half() - a)));
            prop_assert!(best.learns() && best.regime != Regime::Unstable);
        }
    }

    /// f is linear in W_out: with W_out and targets times λ = n^(1/2 − a) the output, its error
    /// and its change are times λ and all else stays, at an η divided by λ² for plain gradients.
    /// Targets that are smaller than the frozen output change no exponent.
    #[test]
    fn a_small_readout_is_the_standard_one_in_other_units(
        setting in network(), a in small(), gamma in between(-3, 2),
    ) {
        let standard = analyse(&Setting { readout: half(), ..setting.clone() }).unwrap();
        let scaled = analyse(&Setting { readout: a, ..setting }).unwrap();
        let log_lambda = half() - a;
        let sgd = standard.setting.optimizer == OptimizerKind::Sgd;
        let shift = if sgd { q(2, 1) * log_lambda } else { q(0, 1) };
        let here = standard.at(gamma).unwrap();
        let there = scaled.at(gamma - shift).unwrap();
        prop_assert_eq!(there.z_a, here.z_a);
        prop_assert_eq!(there.z_b, here.z_b);
        prop_assert_eq!(there.delta_z_b, here.delta_z_b);
        prop_assert_eq!(there.relative_output, here.relative_output);
        prop_assert_eq!(there.regime, here.regime);
        let times_lambda = |x: Exponent| x.times(Exponent::from(log_lambda)).unwrap();
        prop_assert_eq!(there.output, here.output.map(times_lambda));
        prop_assert_eq!(scaled.initial_error, standard.initial_error.map(times_lambda));
        let shifted = standard.critical.optimal.gamma().map(|gamma| gamma - shift);
        prop_assert_eq!(scaled.critical.optimal.gamma(), shifted);
    }

    /// One step of plain gradients from Init[A]: ΔB = η e n^-a, Δf = η n^(1 − 2a) e. From Init[B]:
    /// ΔZ_A = η n·n^(1/2 − a) e and Δf = η n^(2 − 2a) e. The error cancels, at any readout.
    #[test]
    fn the_first_plain_step_is_linear_in_the_error(a in between(-1, 1)) {
        for (init, power) in [(Init::A, q(-1, 1)), (Init::B, q(-2, 1))] {
            let one_step = Setting { optimizer: OptimizerKind::Sgd, steps: 1, ..Setting::default() };
            let setting = Setting { init: init.into(), readout: a, ..one_step };
            let optimal = analyse(&setting).unwrap().critical.optimal;
            prop_assert_eq!(optimal, Largest::At(q(2, 1) * a + power));
        }
    }

    /// The layer alone has no readout, and so neither an output nor an error.
    #[test]
    fn the_layer_alone_does_not_know_the_readout(setting in network(), a in between(-1, 2)) {
        let layer = analyse(&Setting { scope: Scope::Layer, ..setting }).unwrap();
        let other = analyse(&Setting { readout: a, ..layer.setting.clone() }).unwrap();
        prop_assert_eq!(&other.critical, &layer.critical);
        prop_assert_eq!(other.initial_error, None);
        prop_assert_eq!(other.relative_output, None);
        prop_assert_eq!(other.critical.optimal, other.critical.stable);
    }

    #[test]
    fn powers_of_rank_and_multiplier_are_those_of_the_standard_readout(
        setting in network(), a in small(),
    ) {
        // Ranks close above must exist.
        let standard = Setting { rank: setting.rank / q(2, 1), ..setting };
        let small = Setting { readout: a, ..standard.clone() };
        prop_assert_eq!(rank_exponents(&small).unwrap(), rank_exponents(&standard).unwrap());
        prop_assert_eq!(
            multiplier_exponents(&small).unwrap(),
            multiplier_exponents(&standard).unwrap()
        );
    }

    /// Both factors random, with a multiplier that makes the adapter's own output the largest.
    #[test]
    fn the_adapters_initial_output_counts(sigma in between(0, 1), a in small()) {
        let setting = Setting { multiplier_width: sigma, ..Setting::network(Init::AB, a) };
        let error = analyse(&setting).unwrap().initial_error;
        prop_assert_eq!(error, Some(Exponent::from(half() - a + sigma)));
    }
}

fn at_zero(init: Init) -> Analysis {
    analyse(&Setting::network(init, q(0, 1))).unwrap()
}

#[test]
fn moving_by_order_one_is_no_learning_beside_a_larger_error() {
    let analysis = at_zero(Init::A);
    let there = analysis.at(q(-1, 1)).unwrap();
    assert_eq!(there.output, Some(Exponent::ONE));
    assert_eq!(there.relative_output, Some(Exponent::from(q(-1, 2))));
    assert_eq!((there.regime, there.learns()), (Regime::NoLearning, false));
    let best = analysis.at(q(-3, 4)).unwrap();
    assert!(best.learns() && best.regime != Regime::Unstable);
    assert_eq!(analysis.at(q(-1, 2)).unwrap().regime, Regime::Unstable);
}

#[test]
fn the_phase_line_has_the_optimum_and_no_other_mark_for_the_output() {
    let line = at_zero(Init::A).phases(q(-2, 1), q(0, 1)).unwrap();
    let marks: Vec<_> = line.points.iter().map(|p| (p.snapshot.gamma, p.marks.clone())).collect();
    let expected = vec![
        (q(-1, 1), vec![Mark::LargestInternallyStable]),
        (q(-3, 4), vec![Mark::LargestBoundedOutput]),
        (q(-1, 2), vec![Mark::LargestStable, Mark::FeatureLearning, Mark::Efficient]),
    ];
    assert_eq!(marks, expected);
    let standard = analyse(&Setting::default()).unwrap().phases(q(-2, 1), q(0, 1)).unwrap();
    assert_eq!(line.phases, standard.phases);
}

#[test]
fn words_put_the_movement_beside_the_error() {
    let analysis = at_zero(Init::B);
    let said = |n, d| analysis.describe(q(n, d)).unwrap();
    let start = |n: &str| format!("At γ = {n} under Init[B] the output ");
    let learns = start("-1") + "learns, moving like its initial error, n^1/2, Z_A stays";
    assert!(said(-1, 1).starts_with(&learns), "{}", said(-1, 1));
    let hardly =
        start("-3/2") + "hardly learns, moving like 1 beside an initial error of n^1/2, Z_A";
    assert!(said(-3, 2).starts_with(&hardly), "{}", said(-3, 2));
    let explodes = start("-1/2") + "explodes like n beside an initial error of n^1/2, Z_A";
    assert!(said(-1, 2).starts_with(&explodes), "{}", said(-1, 2));
}

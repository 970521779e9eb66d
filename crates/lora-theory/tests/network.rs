//! The whole network: the output's growth, the optimal learning rate, and the phase line.

use crate::common::{between, q};
use lora_theory::{
    Exponent, Init, Largest, Mark, Rational, Regime, Setting, Size, analyse, phases,
};
use proptest::prelude::*;

fn init() -> impl Strategy<Value = Init> {
    prop_oneof![Just(Init::A), Just(Init::B)]
}

fn half() -> Rational {
    q(1, 2)
}

/// Growth of the output's change at readout exponent a, as a closed form.
fn output(init: Init, a: Rational, gamma: Rational) -> Rational {
    let (one, two) = (q(1, 1), q(2, 1));
    match init {
        Init::A => one - a + gamma + (gamma + one).max(q(0, 1)),
        _ => (half() - a + gamma + one).max(one - a + two * gamma + one),
    }
}

proptest! {
    #[test]
    fn the_output_follows_its_closed_form(
        init in init(), a in between(0, 2), gamma in between(-3, 2),
    ) {
        let at = analyse(&Setting::network(init, a)).unwrap().at(gamma).unwrap();
        prop_assert_eq!(at.output, Some(Exponent::from(output(init, a, gamma))));
    }

    #[test]
    fn the_optimal_exponent_is_linear_in_the_readout(k in 0_i64..=24, init in init()) {
        let a = half() + q(k, 48);
        let expected = if init == Init::A { (a - q(2, 1)) / q(2, 1) } else { a - q(3, 2) };
        let critical = analyse(&Setting::network(init, a)).unwrap().critical;
        prop_assert_eq!(critical.optimal, Largest::At(expected));
        prop_assert_eq!(critical.bounded_output, Some(critical.optimal));
    }

    #[test]
    fn the_readout_leaves_the_layer_alone(init in init(), a in between(0, 2)) {
        let network = analyse(&Setting::network(init, a)).unwrap();
        let layer = analyse(&Setting::layer(init)).unwrap();
        prop_assert_eq!(network.critical.stable, layer.critical.stable);
        prop_assert_eq!(network.z_a, layer.z_a);
        prop_assert_eq!(network.delta_z_b, layer.delta_z_b);
    }

    #[test]
    fn phases_tile_the_line_and_hold_their_regime(
        init in init(), a in between(0, 2), from in between(-3, -2), place in 1_i64..16,
    ) {
        let to = from + q(7, 2);
        let analysis = analyse(&Setting::network(init, a)).unwrap();
        let line = analysis.phases(from, to).unwrap();
        prop_assert_eq!(line.phases.first().unwrap().from, from);
        prop_assert_eq!(line.phases.last().unwrap().to, to);
        prop_assert!(line.phases.windows(2).all(|pair| pair[0].to == pair[1].from));
        for phase in &line.phases {
            let inside = analysis.at(phase.from + (phase.to - phase.from) * q(place, 16)).unwrap();
            prop_assert_eq!(inside.regime, phase.regime);
            prop_assert_eq!(lora_theory::RegimeSizes::from(&inside), phase.sizes);
        }
    }

    #[test]
    fn regimes_never_improve_as_the_rate_grows(
        init in init(), a in between(0, 2), low in between(-3, 2), high in between(-3, 2),
    ) {
        let analysis = analyse(&Setting::network(init, a)).unwrap();
        let unstable = |gamma| analysis.at(gamma).unwrap().regime == Regime::Unstable;
        prop_assert!(unstable(low.max(high)) || !unstable(low.min(high)));
    }
}

#[test]
fn the_table_of_optimal_rates() {
    let rows = [
        (Init::A, half(), [q(-3, 4), q(1, 4), q(-1, 2)]),
        (Init::B, half(), [q(-1, 1), q(0, 1), q(0, 1)]),
        (Init::A, q(1, 1), [q(-1, 2), q(1, 2), q(0, 1)]),
        (Init::B, q(1, 1), [q(-1, 2), q(1, 2), q(1, 2)]),
    ];
    for (init, a, [gamma, z_a, z_b]) in rows {
        let best = analyse(&Setting::network(init, a)).unwrap().at_optimal().unwrap().unwrap();
        assert_eq!(best.gamma, gamma, "{init} {a}");
        assert_eq!((best.z_a, best.z_b), (Exponent::from(z_a), Exponent::from(z_b)));
        assert!(best.learns());
    }
}

#[test]
fn the_phase_line_of_init_a_in_the_standard_parametrization() {
    let line = phases(&Setting::default(), q(-2, 1), q(0, 1)).unwrap();
    let ends: Vec<_> = line.phases.iter().map(|p| (p.from, p.to, p.regime)).collect();
    let expected = vec![
        (q(-2, 1), q(-1, 1), Regime::NoLearning),
        (q(-1, 1), q(-3, 4), Regime::InternallyUnstable),
        (q(-3, 4), q(-1, 2), Regime::Unstable),
        (q(-1, 2), q(0, 1), Regime::Unstable),
    ];
    assert_eq!(ends, expected);
    let words: Vec<_> = line.phases.iter().map(lora_theory::Phase::describe).collect();
    let said = [
        "no learning",
        "internally unstable",
        "unstable: output explodes",
        "unstable: output and Z_B explode",
    ];
    assert_eq!(words, said);

    let marks: Vec<_> = line.points.iter().map(|p| (p.snapshot.gamma, p.marks.clone())).collect();
    let features = vec![Mark::LargestStable, Mark::FeatureLearning, Mark::Efficient];
    let expected = vec![
        (q(-1, 1), vec![Mark::LargestInternallyStable]),
        (q(-3, 4), vec![Mark::LargestBoundedOutput]),
        (q(-1, 2), features),
    ];
    assert_eq!(marks, expected);
    assert!(line.points[1].snapshot.learns());
    assert_eq!(line.points[1].snapshot.regime, Regime::LearningInternallyUnstable);
    assert_eq!(line.phases[2].sizes.delta_z_b, Size::Vanishing);
    assert_eq!(line.points[1].describe(), "γ = -3/4: output learns, explodes above");
}

#[test]
fn under_init_b_the_layer_alone_learns_at_its_one_critical_point() {
    let line = phases(&Setting::layer(Init::B), q(-2, 1), q(0, 1)).unwrap();
    let regimes: Vec<_> = line.phases.iter().map(|p| p.regime).collect();
    assert_eq!(regimes, [Regime::NoLearning, Regime::Unstable]);
    assert_eq!(line.points[0].snapshot.regime, Regime::Learning);
    assert_eq!(line.points.len(), 1);
}

#[test]
fn a_smaller_readout_makes_the_features_of_init_b_explode_before_the_output() {
    let line = phases(&Setting::network(Init::B, q(1, 1)), q(-2, 1), q(0, 1)).unwrap();
    let said: Vec<_> = line.phases.iter().map(lora_theory::Phase::describe).collect();
    assert_eq!(said[1], "unstable: Z_B explodes");
    assert_eq!((line.phases[1].from, line.phases[1].to), (q(-1, 1), half() - q(1, 1)));
}

#[test]
fn an_unlearnable_range_has_no_points() {
    let line = phases(&Setting::default(), q(-9, 1), q(-8, 1)).unwrap();
    assert!(line.points.is_empty());
    assert_eq!(line.phases.len(), 1);
}

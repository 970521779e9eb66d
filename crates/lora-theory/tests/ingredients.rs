//! What ingredients of a transformer leave of the bare layer's exponents.

use crate::common::q;
use lora_theory::{Analysis, Init, OptimizerKind, Setting, analyse, no_optimum, no_stable};
use lora_types::{Ingredients, Loss, Norm, Trained};

fn network(init: Init, readout: (i64, i64)) -> Analysis {
    analyse(&Setting::network(init, q(readout.0, readout.1))).expect("exponents")
}

/// Whether η_opt keeps its exponent.
fn keeps(ingredients: Ingredients, analysis: &Analysis) -> bool {
    no_optimum(&ingredients, analysis).expect("exponents").is_none()
}

const BARE: Ingredients = Ingredients::NONE;

#[test]
fn outputs_and_a_residual_stream_change_no_exponent() {
    for ingredients in [BARE, Ingredients { outputs: 64, residual: true, ..BARE }] {
        for (init, readout) in
            [(Init::A, (1, 2)), (Init::B, (1, 2)), (Init::A, (1, 1)), (Init::B, (1, 1))]
        {
            let analysis = network(init, readout);
            assert!(keeps(ingredients, &analysis), "{init} {readout:?}");
            assert_eq!(no_stable(&ingredients, &analysis), None);
        }
    }
}

/// With the standard readout Z_B is n^-1/2 and 1 at η_opt, and with muP's 1 and n^1/2.
#[test]
fn rms_norm_keeps_the_optimum_where_zb_stays_bounded_at_it() {
    let normed = Ingredients { norm: Norm::Rms, ..BARE };
    assert!(keeps(normed, &network(Init::A, (1, 2))));
    assert!(keeps(normed, &network(Init::B, (1, 2))));
    assert!(keeps(normed, &network(Init::A, (1, 1))));
    let grows = network(Init::B, (1, 1));
    let why = no_optimum(&normed, &grows).expect("exponents").expect("a reason");
    assert!(why.starts_with("Z_B grows with n"), "{why}");
    assert_eq!(no_stable(&normed, &grows), None);
}

/// The layers behind one whose Z_B grows read inputs that grow.
#[test]
fn several_layers_keep_the_optimum_where_zb_stays_bounded_at_it() {
    let deep = Ingredients { layers: 3, ..BARE };
    assert!(keeps(deep, &network(Init::A, (1, 2))));
    assert!(keeps(deep, &network(Init::B, (1, 2))));
    assert!(keeps(deep, &network(Init::A, (1, 1))));
    let grows = network(Init::B, (1, 1));
    let why = no_optimum(&deep, &grows).expect("exponents").expect("a reason");
    assert!(why.contains("later layers read"), "{why}");
    assert_eq!(no_stable(&deep, &grows), None);
}

/// B alone may grow to order one beside a random A, and enlarges the signal below it.
#[test]
fn several_layers_have_no_exponent_where_b_trains_alone() {
    let deep = Ingredients { layers: 2, ..BARE };
    for (train, kept) in [(Trained::AB, true), (Trained::B, false)] {
        let setting = Setting { train, ..Setting::network(Init::A, q(1, 2)) };
        let analysis = analyse(&setting).expect("exponents");
        assert_eq!(keeps(deep, &analysis), kept);
        assert_eq!(no_stable(&deep, &analysis).is_none(), kept);
        assert!(keeps(BARE, &analysis) && no_stable(&BARE, &analysis).is_none());
    }
}

/// Updates of 1/n leave readouts from n^-1/2 to n^-1 and errors of order one as they are.
#[test]
fn a_trained_base_keeps_exponents_from_the_standard_readout_to_that_of_mup() {
    let trained = Ingredients { pretrain_steps: 100, ..BARE };
    for init in [Init::A, Init::B] {
        for (readout, kept) in
            [((1, 4), false), ((1, 2), true), ((3, 4), true), ((1, 1), true), ((5, 4), false)]
        {
            let analysis = network(init, readout);
            assert_eq!(keeps(trained, &analysis), kept, "{init} {readout:?}");
            // Sign-like updates know neither the error nor the readout.
            assert_eq!(no_stable(&trained, &analysis), None, "{init} {readout:?}");
            let setting = Setting { optimizer: OptimizerKind::Sgd, ..analysis.setting.clone() };
            let of_sgd = no_stable(&trained, &analyse(&setting).expect("exponents"));
            assert_eq!(of_sgd.is_none(), kept, "{init} {readout:?}");
            assert!(keeps(BARE, &analysis));
        }
    }
}

#[test]
fn cross_entropy_has_no_optimum_and_the_same_stable_rate() {
    let classes = Ingredients { loss: Loss::CrossEntropy, outputs: 8, ..BARE };
    for init in [Init::A, Init::B] {
        let analysis = network(init, (1, 2));
        assert!(!keeps(classes, &analysis));
        assert_eq!(no_stable(&classes, &analysis), None);
        assert!(keeps(classes, &analyse(&Setting::layer(init)).expect("exponents")));
    }
}

/// SGD's updates are as large as the error, which squared error has grow with the frozen output.
#[test]
fn sgd_feels_the_size_of_the_error() {
    let classes = Ingredients { loss: Loss::CrossEntropy, outputs: 8, ..BARE };
    let of = |ingredients, readout| {
        let optimizer = OptimizerKind::Sgd;
        let setting = Setting { optimizer, ..Setting::network(Init::A, readout) };
        no_stable(&ingredients, &analyse(&setting).expect("exponents")).is_some()
    };
    assert!(of(classes, q(1, 4)));
    assert!(!of(classes, q(1, 2)) && !of(BARE, q(1, 4)));
}

//! The dynamics follow from the calculus, and what has no limit says why.

use crate::common::*;
use lora_limit::{
    Class, Dynamics, LimitError, Points, Quadrature, Solver, Start, Variant, setting,
};
use lora_sim::spec::{Activation, Init, Model, Optimizer, Trained, Training};
use lora_theory::{Alignment, Exponent, InitStd, Rate, Rational, Setting, rational};

fn critical(init: Init, readout: (i64, i64), phi: Activation) -> Result<Class, LimitError> {
    Class::critical(&Setting::network(init, rational(readout.0, readout.1)?), phi)
}

#[test]
fn the_dynamics_of_a_readout_are_derived() {
    let relu = |init, readout| critical(init, readout, Activation::Relu).unwrap().dynamics();
    for readout in [(0, 1), (1, 4), (1, 2), (3, 4), (9, 10)] {
        assert_eq!(relu(Init::A, readout), Dynamics::MeanField { full: false });
    }
    assert_eq!(relu(Init::A, (1, 1)), Dynamics::MeanField { full: true });
    let decoder = |homogeneous, moving| Dynamics::Decoder { homogeneous, moving };
    for readout in [(0, 1), (1, 4), (1, 2)] {
        assert_eq!(relu(Init::B, readout), decoder(false, false));
    }
    assert_eq!(relu(Init::B, (3, 4)), decoder(true, false));
    assert_eq!(relu(Init::B, (1, 1)), decoder(true, true));
    // LoRA+ with η_B/η_A = n^1/2 makes B's motion part of the output at the standard readout.
    let faster = Setting {
        rate_b: Rate::Scanned(rational(1, 2).unwrap()),
        ..Setting::network(Init::B, rational(1, 2).unwrap())
    };
    let class = Class::critical(&faster, Activation::Tanh).unwrap();
    assert_eq!(class.dynamics(), decoder(false, true));
    assert_eq!(class.rate_exponents(), [-1.0, -0.5]);
}

#[test]
fn a_frozen_factor_is_no_part_of_the_dynamics() {
    let of = |train, init| {
        let setting = Setting { train, ..Setting::network(init, rational(1, 1).unwrap()) };
        Class::critical(&setting, Activation::Relu).unwrap()
    };
    let features = of(Trained::B, Init::A);
    assert_eq!(features.dynamics(), Dynamics::MeanField { full: true });
    assert!(!features.terms().inner.has_updates());
    let decoder = Dynamics::Decoder { homogeneous: true, moving: false };
    assert_eq!(of(Trained::A, Init::B).dynamics(), decoder);
}

#[test]
fn what_has_no_limit_says_why() {
    let at = |init, readout, gamma: Rational| {
        let setting = Setting::network(init, rational(readout, 2).unwrap());
        Class::at(&setting, gamma, Activation::Relu).unwrap_err().to_string()
    };
    assert_eq!(
        at(Init::A, 1, rational(-1, 2).unwrap()),
        "there is no limit: the output explodes: s ΔB ΔA Z changes it by n^1/2 beside an error of 1"
    );
    assert_eq!(
        at(Init::B, 2, rational(-1, 1).unwrap()),
        "there is no limit: nothing is learned: the output's change is n^-1/2 beside an error of 1, \
         and Z_B is 1"
    );
    let refused = critical(Init::B, (1, 1), Activation::Tanh).unwrap_err().to_string();
    let why = "the solver does not know limits with a Z_B that outgrows h, unless φ is relu";
    assert_eq!(refused, why);
    let why = "the solver does not know limits with a mean field that outgrows h";
    assert_eq!(critical(Init::A, (5, 4), Activation::Relu).unwrap_err().to_string(), why);
    // Under Init[A] nothing is learned where B is frozen: it stays zero.
    let stuck = Setting { train: Trained::A, ..Setting::network(Init::A, rational(1, 2).unwrap()) };
    let error = Class::critical(&stuck, Activation::Relu).unwrap_err();
    assert_eq!(error, LimitError::NoCriticalRate);
}

/// Both factors random are refused at every readout: V_0 would need φ' at h + s B_0·u⁰.
#[test]
fn a_decoder_needs_a_zero_a() {
    for readout in [(0, 1), (1, 4), (1, 2), (5, 8), (3, 4), (9, 10), (1, 1)] {
        for train in [Trained::AB, Trained::A, Trained::B] {
            let setting = Setting {
                train,
                ..Setting::network(Init::AB, rational(readout.0, readout.1).unwrap())
            };
            let error = Class::critical(&setting, Activation::Relu).unwrap_err();
            let known = matches!(
                error,
                LimitError::Unsupported { what: "both factors random" }
                    | LimitError::NoCriticalRate
            );
            assert!(known, "{readout:?} {train}: {error}");
        }
    }
}

/// Under Init[B] a large ratio n^ρ, ρ > 2 − a, makes B's updates outgrow B_0. It is no mean field.
#[test]
fn a_mean_field_needs_a_zero_b() {
    for (readout, ratio) in [((1, 2), (7, 4)), ((1, 1), (5, 4)), ((1, 1), (2, 1))] {
        let setting = Setting {
            rate_b: Rate::Scanned(rational(ratio.0, ratio.1).unwrap()),
            ..Setting::network(Init::B, rational(readout.0, readout.1).unwrap())
        };
        let error = Class::critical(&setting, Activation::Relu).unwrap_err();
        let what = "updates of B that outgrow a random B_0";
        assert_eq!(error, LimitError::Unsupported { what }, "{readout:?} {ratio:?}");
    }
}

/// Controls and truncations of the calculus, and starts that no run has.
#[test]
fn settings_of_no_run_are_refused() {
    let plain = Setting::network(Init::A, rational(1, 2).unwrap());
    let half = Exponent::Power(rational(-1, 2).unwrap());
    let wrong = "an alignment that is wrong on purpose";
    for (setting, what) in [
        (Setting { alignment: Alignment::AllAligned, ..plain.clone() }, wrong),
        (Setting { alignment: Alignment::AllIndependent, ..plain.clone() }, wrong),
        (Setting { steps: 2, ..plain.clone() }, "fewer than three symbolic steps"),
        (
            Setting { init: InitStd::Custom { a: half, b: Exponent::Zero }, ..plain.clone() },
            "custom standard deviations",
        ),
        (Setting { rank: rational(1, 2).unwrap(), ..plain.clone() }, "a rank that grows"),
    ] {
        let error = Class::at(&setting, rational(-3, 4).unwrap(), Activation::Relu).unwrap_err();
        assert_eq!(error, LimitError::Unsupported { what });
    }
    let three = Setting { steps: 3, ..plain };
    assert!(Class::critical(&three, Activation::Relu).is_ok());
}

/// Where φ is linear, its curvature at Z_B = n^(a − 1) must not outgrow u⁰ beside n^(a/2) U. Behind a kink it
/// is Z_B, which is larger for a > 2/3, and with a smooth φ it is Z_B², for a > 4/5. Readouts just above 2/3
/// are short decimals.
#[test]
fn a_next_order_keeps_what_leads() {
    let next = |activation, readout: f64, width: usize| {
        let (model, training) = (Model { activation, ..model(readout) }, training(2));
        let setting = setting(&model, &training, Init::A).unwrap();
        let case = Case::of(Init::A, &setting, model, training, 0.25, 0);
        let start = Start::draw(&case.class, &case.model, &case.points, 8, 0).unwrap();
        let quadrature = Quadrature { neurons: 64, replicates: 2, seed: 0 };
        let solver =
            Solver::new(&case.class, &case.model, &case.training, &case.points, &start, quadrature);
        solver.unwrap().solve(case.c, Variant { next_order: Some(width), omit: None }).map(drop)
    };
    let (kink, curved) = (
        "a next order in which the kink of φ outgrows u⁰",
        "a next order in which the curvature of φ outgrows u⁰",
    );
    for (phi, kept, refused, what) in [
        (Activation::Relu, [0.0, 0.5, 0.6, 0.66, 1.0], [0.67, 0.75, 0.8, 0.99], kink),
        (Activation::Gelu, [0.0, 0.5, 0.75, 0.8, 1.0], [0.81, 0.85, 0.9, 0.99], curved),
    ] {
        for readout in kept {
            assert_eq!(next(phi, readout, 512), Ok(()), "{phi:?}, {readout}");
        }
        for readout in refused {
            let error = Err(LimitError::Unsupported { what });
            assert_eq!(next(phi, readout, 512), error, "{phi:?}, {readout}");
        }
    }
    let why = "next_order is 0, but must be at least 1";
    assert_eq!(next(Activation::Relu, 0.5, 0).unwrap_err().to_string(), why);
}

#[test]
fn bad_requests_are_errors() {
    let (model, training) = (model(1.0), training(2));
    let points = Points::draw(&model, 0).unwrap();
    let of = |init| {
        let setting = setting(&model, &training, init).unwrap();
        Class::critical(&setting, model.activation).unwrap()
    };
    let (class, other) = (of(Init::A), of(Init::B));
    let start = Start::draw(&class, &model, &points, 8, 0).unwrap();
    let quadrature = Quadrature { neurons: 64, replicates: 2, seed: 0 };
    let new = |class: &Class, training: &Training, quadrature| {
        let solver = Solver::new(class, &model, training, &points, &start, quadrature)?;
        solver.solve(f64::NAN, Variant::default()).map(drop)
    };
    let shown = |result: Result<(), LimitError>| result.unwrap_err().to_string();
    assert_eq!(
        shown(new(&class, &training, quadrature)),
        "c is NaN, but must be a positive number"
    );
    let odd = Quadrature { neurons: 7, ..quadrature };
    let even = "neurons is 7, but must be an even number from 2 up to 2^31";
    assert_eq!(shown(new(&class, &training, odd)), even);
    let once = Quadrature { replicates: 1, ..quadrature };
    assert_eq!(
        shown(new(&class, &training, once)),
        "replicates is 1, but must be from 2 up to 2^20"
    );
    let sign = Training { optimizer: Optimizer::SignSgd, ..training.clone() };
    let another = "the class was derived for another optimizer";
    assert_eq!(shown(new(&class, &sign, quadrature)), another);
    let sgd = Training { optimizer: Optimizer::Sgd, ..training.clone() };
    assert_eq!(shown(new(&class, &sgd, quadrature)), "the solver does not know limits with SGD");
    assert_eq!(
        shown(new(&other, &training, quadrature)),
        "the start has u⁰ of 4×40 and f⁰ of 40, but this limit needs neurons with h of n×40 and B_0 \
         of n×4"
    );
    let start = Start::draw(&other, &model, &points, 8, 0).unwrap();
    let solver = Solver::new(&other, &model, &training, &points, &start, quadrature).unwrap();
    let next = Variant { next_order: Some(512), omit: None };
    let why = "the solver does not know limits with this next order";
    assert_eq!(solver.solve(0.5, next).unwrap_err().to_string(), why);
    let stubborn = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-3 };
    let stubborn = Training { optimizer: stubborn, ..training.clone() };
    let why = "epsilon is 0.001, but must be at most 1e-6: it is 0 in the limit";
    let error = Solver::new(&other, &model, &stubborn, &points, &start, quadrature).unwrap_err();
    assert_eq!(error.to_string(), why);
    let usual = Training { steps: 2, ..Training::default() };
    assert!(Solver::new(&other, &model, &usual, &points, &start, quadrature).is_ok());
    let tanh = Model { activation: Activation::Tanh, ..model.clone() };
    let error = Solver::new(&other, &tanh, &training, &points, &start, quadrature).unwrap_err();
    assert_eq!(error, LimitError::OtherClass { what: "activation" });
    let fewer = Points { targets: points.targets.slice(ndarray::s![..33]).to_owned(), ..points };
    let error = Solver::new(&other, &model, &training, &fewer, &start, quadrature).unwrap_err();
    let valid = "a row for each input and a column for each target";
    assert_eq!(error.to_string(), format!("x is 5×40, but must be {valid}"));
    let empty = Model { points: 0, ..model.clone() };
    assert!(matches!(Points::draw(&empty, 0), Err(LimitError::Sim(_))));
}

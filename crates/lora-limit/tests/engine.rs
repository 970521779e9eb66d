//! The limit as an engine: its trajectory is the solver's, in the units of the width.

use crate::common::*;
use lora_limit::{Coupled, LimitEngine, Omitted, Quadrature, Start, Variant};
use lora_sim::spec::{Init, Run};
use lora_sim::{Batch, CpuEngine, Engine, SimError, Trajectory};

const QUADRATURE: Quadrature = Quadrature { neurons: 128, replicates: 2, seed: 9 };
const WIDTH: usize = 256;

/// What the engine hands out for the run of a case.
fn handed(case: &Case, coupled: Coupled) -> Result<Trajectory, SimError> {
    let cpu = CpuEngine::new();
    let engine = LimitEngine::new(&cpu, coupled, QUADRATURE);
    let mut problem = engine.prepare(&case.model, WIDTH, case.seed)?;
    let gamma = case.class.rate_exponents()[0];
    let lr = case.c * (WIDTH as f64).powf(gamma);
    let run = Run { init: case.init, lr, adapter_seed: case.seed };
    Ok(problem.train(&Batch::new(&case.training, &[run]))?.remove(0).trajectory)
}

/// |x/y − 1| over all entries, where 0 is 0.
fn assert_same(x: &[f64], y: &[f64], unit: f64, what: &str) {
    assert_eq!(x.len(), y.len(), "{what}");
    for (x, y) in x.iter().zip(y) {
        // c and η are each rounded once.
        assert!((x - unit * y).abs() <= 1e-4 * (unit * y).abs(), "{what}: {x} {y}");
    }
}

/// Units of n = 256, as the derivation has them: Z_A is √n U, n^1/4 U, U and √n U.
#[test]
fn a_limit_is_handed_out_in_the_units_of_its_width() {
    let cases = [
        (Init::A, 1.0, 16.0, 1.0),
        (Init::A, 0.5, 4.0, 1.0 / 16.0),
        (Init::B, 0.5, 1.0, 1.0),
        (Init::B, 1.0, 16.0, 16.0),
    ];
    for (init, readout, unit_a, unit_b) in cases {
        let mut case = Case::new(init, readout, 0.25, 3);
        case.training.record_every = 8;
        let (frozen, state, _) = case.engine(WIDTH);
        let start = Start::of_run(&case.class, &case.model, &frozen, &state);
        let of_run = QUADRATURE.of_run(WIDTH, case.seed);
        let solved = case.solve_with(&start, Variant::default(), of_run).mean;
        let handed = handed(&case, Coupled::Whole).expect("it has a limit");
        let which = format!("{init}, a = {readout}");
        assert_same(&handed.losses, &solved.train.losses, 1.0, &which);
        let steps: Vec<usize> = handed.records.iter().map(|record| record.step).collect();
        assert_eq!(steps, [0, 8, 16, 20], "{which}");
        let at = |all: &[f64]| steps.iter().map(|&step| all[step]).collect::<Vec<_>>();
        let told =
            |of: fn(&lora_sim::Record) -> f64| handed.records.iter().map(of).collect::<Vec<_>>();
        assert_same(&told(|r| r.za_rms), &at(&solved.train.z_a), unit_a, &which);
        assert_same(&told(|r| r.zb_rms), &at(&solved.train.z_b), unit_b, &which);
        assert_same(&told(|r| r.test_loss), &at(&solved.test.losses), 1.0, &which);
        let peak = solved.train.z_b.iter().fold(0.0, |x: f64, y| x.max(*y));
        assert_same(&[handed.peak_zb], &[peak], unit_b, &which);
        assert_eq!(handed.diverged_at, None);
    }
}

/// Every control is another limit, is kept under another name, and is refused where it changes nothing.
#[test]
fn controls_are_other_limits_under_other_names() {
    let cpu = CpuEngine::new();
    let name = |coupled| LimitEngine::new(&cpu, coupled, QUADRATURE).numerics();
    let field = Case::new(Init::A, 0.5, 0.5, 1);
    let decoder = Case::new(Init::B, 1.0, 0.5, 1);
    let standard = Case::new(Init::B, 0.5, 0.5, 1);
    let kept = Coupled::Without(Omitted::LowerOrderOfFirstGradients);
    let kink = Coupled::Without(Omitted::Kink);
    for (case, coupled) in [(&field, kept), (&decoder, kink), (&decoder, Coupled::OtherH)] {
        let [whole, wrong] =
            [Coupled::Whole, coupled].map(|coupled| handed(case, coupled).expect("solved").losses);
        assert!(distance(&wrong, &whole) > 0.003, "{coupled:?}");
        assert!(coupled.check(&case.class, case.init).is_ok(), "{coupled:?}");
        assert!(name(coupled) != name(Coupled::Whole));
    }
    for (case, coupled) in [(&decoder, kept), (&standard, kink), (&field, Coupled::OtherH)] {
        assert!(coupled.check(&case.class, case.init).is_err(), "{coupled:?}");
    }
    assert!(handed(&field, Coupled::OtherH).is_err());
    let more = Quadrature { neurons: 256, ..QUADRATURE };
    assert!(LimitEngine::new(&cpu, Coupled::Whole, more).numerics() != name(Coupled::Whole));
}

/// The error of the quadrature is one of each run, so that means over seeds make it smaller.
#[test]
fn every_run_has_a_quadrature_of_its_own() {
    let case = Case::new(Init::A, 1.0, 0.5, 3);
    let first = handed(&case, Coupled::Whole).expect("solved").losses;
    let (frozen, state, _) = case.engine(WIDTH);
    let start = Start::of_run(&case.class, &case.model, &frozen, &state);
    let of_all = case.solve_with(&start, Variant::default(), QUADRATURE).mean.train.losses;
    assert!(distance(&first, &of_all) > 1e-4);
}

#[test]
fn a_run_without_a_limit_is_an_error_and_one_that_diverges_is_not() {
    let mut case = Case::new(Init::A, 1.0, 0.5, 2);
    case.training.optimizer = lora_sim::spec::Optimizer::Sgd;
    let error = handed(&case, Coupled::Whole).expect_err("SGD").to_string();
    assert!(error.starts_with("limit is ") && error.contains("SGD"), "{error}");
    let mut case = Case::new(Init::B, 0.5, 1e4, 2);
    case.training.divergence_factor = 10.0;
    let diverged = handed(&case, Coupled::Whole).expect("a result");
    let step = diverged.diverged_at.expect("it diverged");
    assert_eq!(diverged.losses.len(), step + 1);
    assert_eq!(diverged.records.last().map(|record| record.step), Some(step));
}

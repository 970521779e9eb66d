//! The terms that are easily lost, each with a test that fails without it.

use crate::common::*;
use lora_limit::{Omitted, Start, Variant};
use lora_sim::spec::Init;
use ndarray::Array1;

fn without(term: Omitted) -> Variant {
    Variant { next_order: None, omit: Some(term) }
}

/// Under Init[A] the first two gradients of B come from u⁰ and are of lower order than those to come:
/// they leave Adam's moments.
#[test]
fn b_forgets_its_first_two_gradients() {
    for readout in [1.0, 0.5] {
        let cases: Vec<Case> = (0..4).map(|seed| Case::new(Init::A, readout, 0.5, seed)).collect();
        let variants = [Variant::default(), without(Omitted::LowerOrderOfFirstGradients)];
        let [right, wrong] = rms_distance(&cases, 32768, variants);
        println!("a = {readout}: {right:.4}, kept in the moments {wrong:.4}");
        assert!(wrong > 1.3 * right, "a = {readout}: {right} {wrong}");
    }
}

/// A rests in the first step and U is zero at steps 0 and 1, so that the loss moves in the second step
/// for the first time. B keeps the kick of its first two steps: A could never move without.
#[test]
fn u_is_zero_twice_and_the_kick_stays() {
    let case = Case::new(Init::A, 1.0, 0.5, 0);
    let (frozen, state, _) = case.engine(512);
    let start = Start::of_run(&case.class, &case.model, &frozen, &state);
    let limit = case.solve(&start, Variant::default()).mean.train;
    assert_eq!(limit.z_a[..2], [0.0; 2]);
    assert_eq!(limit.losses[0], limit.losses[1]);
    assert!(limit.z_a[2] > 0.0 && limit.losses[2] != limit.losses[1]);
    // The kick has the sign of u⁰: with −u⁰ in its place b and α change their signs, and f does not.
    let Start::Features { inner, frozen } = start.clone() else { panic!("a mean field") };
    let mirrored =
        case.solve(&Start::Features { inner: -inner, frozen }, Variant::default()).mean.train;
    assert_eq!(mirrored.losses, limit.losses);
    // With other signs per rank and point it is another run.
    let Start::Features { mut inner, frozen } = start else { panic!("a mean field") };
    inner.iter_mut().step_by(2).for_each(|u| *u = -*u);
    let other = case.solve(&Start::Features { inner, frozen }, Variant::default()).mean.train;
    assert!(distance(&other.losses, &limit.losses) > 0.05);
}

/// Without the kink term the distance stops at 2% to 3%.
#[test]
fn the_kink_term_is_part_of_v() {
    let mut cases: Vec<Case> = (0..4).map(|seed| Case::new(Init::B, 1.0, 0.5, seed)).collect();
    cases.iter_mut().for_each(|case| case.quadrature.neurons = 8192);
    let variants = [Variant::default(), without(Omitted::Kink)];
    let [right, wrong] = rms_distance(&cases, 32768, variants);
    println!("with D {right:.4}, without {wrong:.4}");
    assert!(wrong > 1.3 * right && right < 0.022, "{right} {wrong}");
}

/// At U = 0 the preactivation is h, which decides V: nothing would ever move without it, and another
/// run's h gives another run.
#[test]
fn h_decides_the_first_step_of_a() {
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    for seed in 0..4 {
        let case = Case::new(Init::B, 1.0, 0.25, seed);
        let (frozen, state, finite) = case.engine(32768);
        let start = Start::of_run(&case.class, &case.model, &frozen, &state);
        let limit = case.solve(&start, Variant::default()).mean.train.losses;
        let stuck = case.solve(&start, without(Omitted::FirstSlopes)).mean.train;
        assert!(stuck.losses.iter().all(|loss| *loss == stuck.losses[0]));
        assert!(stuck.z_a.iter().all(|z_a| *z_a == 0.0));
        let Start::Neurons(mut neurons) = start else { panic!("a decoder") };
        let mut other = Case::new(Init::B, 1.0, 0.25, seed);
        other.seed = seed + 100;
        let strange = other.engine(32768).0;
        for ((i, point), h) in neurons.h.indexed_iter_mut() {
            *h = f64::from(strange.h.row(i)[strange.columns.column(point)]);
        }
        let strange = case.solve(&Start::Neurons(neurons), Variant::default()).mean.train.losses;
        right.push(distance(&limit, &finite.train.losses));
        wrong.push(distance(&strange, &finite.train.losses));
    }
    println!("own h {right:.4?}, strange h {wrong:.4?}");
    let [right, wrong] = [right, wrong].map(|all| rms(all.into_iter()));
    assert!(wrong > 2.0 * right, "{right} {wrong}");
}

/// f⁰ and F are n^-1/2 Σ of independent terms. Pairs ± would make them zero.
#[test]
fn the_random_outputs_are_not_made_of_pairs() {
    let case = Case::new(Init::A, 0.5, 0.5, 0);
    let decoder = Case::new(Init::B, 0.5, 0.5, 0);
    let outputs = |seed: u64| -> [Array1<f64>; 2] {
        let start = Start::draw(&case.class, &case.model, &case.points, 0, seed).unwrap();
        let Start::Features { frozen, .. } = start else { panic!("a mean field") };
        let drawn = Start::draw(&decoder.class, &decoder.model, &decoder.points, 64, seed).unwrap();
        let Start::Neurons(neurons) = drawn else { panic!("a decoder") };
        let output = neurons.omega.dot(&neurons.h.mapv(|h| h.max(0.0))) / 64.0f64.sqrt();
        [frozen, output]
    };
    let draws: Vec<_> = (0..2048).map(outputs).collect();
    let variance = |which: usize, point: usize| {
        draws.iter().map(|outputs| outputs[which][point].powi(2)).sum::<f64>() / 2048.0
    };
    for point in 0..4 {
        // E[relu(h)²] = C/2 with C = |x|²/d (1 + 1/2). Five standard errors of a variance: √(2/2048).
        let x = case.points.x.column(point);
        let exact = x.dot(&x) / 5.0 * 1.5 / 2.0;
        for which in [0, 1] {
            let relative = variance(which, point) / exact;
            assert!((relative - 1.0).abs() < 5.0 * (2.0f64 / 2048.0).sqrt(), "{which}: {relative}");
        }
    }
}

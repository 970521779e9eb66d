//! The quadrature: its errors, and the same bytes at any number of threads.

use crate::common::*;
use lora_limit::{Quadrature, Solution, Start, Variant, setting};
use lora_sim::spec::Init;
use lora_theory::{Rate, Setting, rational};

/// LoRA+ with η_B/η_A = n^1/2 under Init[B] at a = 1/2: B's motion, with h and B_0, is part of the limit.
fn with_faster_b(seed: u64) -> Case {
    let (model, training) = (model(0.5), training(20));
    let setting = setting(&model, &training, Init::B).unwrap();
    let setting = Setting { rate_b: Rate::Scanned(rational(1, 2).unwrap()), ..setting };
    Case::of(Init::B, &setting, model, training, 0.25, seed)
}

fn solve(case: &Case, neurons: usize, replicates: usize, seed: u64) -> Solution {
    solve_variant(case, Variant::default(), neurons, replicates, seed)
}

fn solve_variant(
    case: &Case,
    variant: Variant,
    neurons: usize,
    replicates: usize,
    seed: u64,
) -> Solution {
    let quadrature = Quadrature { neurons, replicates, seed };
    let start = Start::draw(&case.class, &case.model, &case.points, 1024, case.seed).unwrap();
    case.solve_with(&start, variant, quadrature)
}

/// The stated errors of a small quadrature agree with its distance to one of 16 times as many neurons.
/// With eight replicates the ratio is |t| of seven degrees of freedom, of rms 1.2, in each of eight runs
/// with shifts of their own.
#[test]
fn the_error_estimate_is_honest() {
    for (init, readout) in [(Init::A, 1.0), (Init::A, 0.5), (Init::B, 0.5), (Init::B, 1.0)] {
        let mut ratios = Vec::new();
        for seed in 0..8 {
            let case = Case::new(init, readout, 0.25, seed);
            let exact = solve(&case, 4096, 2, 77 + seed);
            let small = solve(&case, 256, 8, 5 + seed);
            let errors = size(&small.error.train.losses);
            let distance = distance(&small.mean.train.losses, &exact.mean.train.losses);
            ratios.push(distance * size(&exact.mean.train.losses) / errors);
        }
        println!("{init}, a = {readout}: distance over stated error {ratios:.2?}");
        let middle = rms(ratios.iter().copied());
        assert!((0.5..2.0).contains(&middle), "{init} {readout}: {ratios:?}");
    }
}

/// Sixteen times as many neurons make the error smaller by more than plain sampling's factor of four.
#[test]
fn quasi_random_neurons_beat_independent_ones() {
    let mut gains = Vec::new();
    for (init, readout) in [(Init::A, 1.0), (Init::A, 0.5), (Init::B, 0.5), (Init::B, 1.0)] {
        let case = Case::new(init, readout, 0.25, 0);
        let [few, many] = [256, 4096].map(|m| size(&solve(&case, m, 8, 5).error.train.losses));
        gains.push(few / many);
    }
    println!("16 times the neurons: errors smaller by {gains:.1?}");
    let product: f64 = gains.iter().product();
    assert!(product.powf(1.0 / gains.len() as f64) > 6.0, "{gains:?}");
}

/// The error falls where an expectation is over h and B_0 together, as it falls elsewhere: LoRA+ with
/// n^1/2, and the next order at a = 1/2.
#[test]
fn errors_of_joint_expectations_fall() {
    let plain = Case::new(Init::B, 0.5, 0.25, 0);
    // A small width makes B's motion a large part of the next order.
    let next = Variant { next_order: Some(16), omit: None };
    for (what, case, variant) in
        [("LoRA+", with_faster_b(0), Variant::default()), ("next order", plain, next)]
    {
        let error = |m| size(&solve_variant(&case, variant, m, 8, 5).error.train.losses);
        let [few, many] = [256, 4096].map(error);
        println!("{what}: 16 times the neurons, errors smaller by {:.1}", few / many);
        assert!(few / many > 5.0, "{what}: {few} {many}");
    }
}

#[test]
fn threads_change_no_byte() {
    for (init, readout) in [(Init::A, 1.0), (Init::B, 1.0)] {
        let case = Case::new(init, readout, 0.5, 1);
        let [one, three] = [1, 3].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| solve(&case, 200, 2, 0))
        });
        assert_eq!(one, three);
    }
}

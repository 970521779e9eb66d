//! The quadrature: its errors, and the same bytes at any number of threads.

mod common;

use common::*;
use lora_limit::{Quadrature, Solution, Start, Variant};
use lora_sim::spec::Init;

fn solve(case: &Case, neurons: usize, replicates: usize, seed: u64) -> Solution {
    let case = Case {
        quadrature: Quadrature { neurons, replicates, seed },
        ..Case::new(case.init, case.model.readout_exponent, case.c, case.seed)
    };
    let start = Start::draw(&case.class, &case.model, &case.points, 1024, case.seed).unwrap();
    case.solve(&start, Variant::default())
}

/// The stated errors of a small quadrature agree with its distance to one of 32 times as many neurons.
#[test]
fn the_error_estimate_is_honest() {
    for (init, readout) in [(Init::A, 1.0), (Init::A, 0.5), (Init::B, 0.5), (Init::B, 1.0)] {
        let mut ratios = Vec::new();
        for seed in 0..3 {
            let case = Case::new(init, readout, 0.25, seed);
            let exact = solve(&case, 16384, 2, 77);
            let small = solve(&case, 512, 8, 5);
            let errors = size(&small.error.train.losses);
            let distance = distance(&small.mean.train.losses, &exact.mean.train.losses);
            ratios.push(distance * size(&exact.mean.train.losses) / errors);
        }
        println!("{init}, a = {readout}: distance over stated error {ratios:.2?}");
        let middle = rms(ratios.iter().copied());
        assert!((0.2..4.0).contains(&middle), "{init} {readout}: {ratios:?}");
    }
}

/// Sixteen times as many neurons make the error smaller by more than plain sampling's factor of four.
#[test]
fn quasi_random_neurons_beat_independent_ones() {
    let mut gains = Vec::new();
    for (init, readout) in [(Init::A, 1.0), (Init::A, 0.5), (Init::B, 0.5)] {
        let case = Case::new(init, readout, 0.25, 0);
        let [few, many] = [256, 4096].map(|m| size(&solve(&case, m, 8, 5).error.train.losses));
        gains.push(few / many);
    }
    println!("16 times the neurons: errors smaller by {gains:.1?}");
    let product: f64 = gains.iter().product();
    assert!(product.powf(1.0 / gains.len() as f64) > 6.0, "{gains:?}");
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

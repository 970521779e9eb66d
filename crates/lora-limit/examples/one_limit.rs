//! Solves the limits of both inits at the paper's sizes, and prints losses and times.
//!
//! `cargo run -p lora-limit --example one_limit -- [a] [c] [neurons] [replicates]`

use std::time::Instant;

use lora_limit::{Class, LimitError, Points, Quadrature, Solver, Start, Variant, setting};
use lora_sim::spec::{Init, Model, Training};

fn main() -> Result<(), LimitError> {
    let argument = |i: usize, default: f64| {
        std::env::args().nth(i).and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let model = Model { readout_exponent: argument(1, 0.5), ..Model::default() };
    let (c, neurons, replicates) = (argument(2, 0.5), argument(3, 1024.0), argument(4, 2.0));
    let quadrature =
        Quadrature { neurons: neurons as usize, replicates: replicates as usize, seed: 0 };
    let training = Training { steps: 100, ..Training::default() };
    let points = Points::draw(&model, 0)?;
    for init in [Init::A, Init::B] {
        let class = Class::critical(&setting(&model, &training, init)?, model.activation)?;
        println!("{init}, η = {c} n^{}: {:?}", class.terms().gamma, class.dynamics());
        let begun = Instant::now();
        let start = Start::draw(&class, &model, &points, quadrature.neurons, 0)?;
        let solver = Solver::new(&class, &model, &training, &points, &start, quadrature)?;
        println!("  prepared in {:.1} s", begun.elapsed().as_secs_f64());
        let begun = Instant::now();
        let limit = solver.solve(c, Variant::default())?;
        println!("  solved in {:.1} s", begun.elapsed().as_secs_f64());
        for t in [0, 1, 2, 5, 10, 20, 50, 100] {
            let (mean, error) = (&limit.mean.train, &limit.error.train);
            println!(
                "  step {t:3}: loss {:.4} ± {:.4}, test {:.4}, Z_A {:.3}, Z_B {:.3}",
                mean.losses[t],
                error.losses[t],
                limit.mean.test.losses[t],
                mean.z_a[t],
                mean.z_b[t]
            );
        }
    }
    Ok(())
}

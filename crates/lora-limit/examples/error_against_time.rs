//! Prints how far a quadrature of M neurons and a finite network of n neurons are from the limit, and what
//! time each takes, under Init[A] at a = 1.
//!
//! `cargo run -p lora-limit --example error_against_time -- [points] [steps] [c]`
//!
//! In each row network and quadrature belong to the same u⁰, and both are compared with its limit over many
//! neurons. The distance of a network holds its sampling of neurons and its corrections of finite width.

use std::time::Instant;

use lora_limit::{Class, LimitError, Points, Quadrature, Solver, Start, Variant, setting};
use lora_sim::spec::{Init, Model, Optimizer, Run, Training};
use lora_sim::{AdapterState, Batch, CpuEngine, Engine};

/// Neurons, of a quadrature and of a network.
const SIZES: [usize; 6] = [128, 256, 512, 1024, 2048, 4096];
/// Neurons of the quadrature that all are compared with.
const MANY: usize = 1 << 14;

struct Problem {
    model: Model,
    training: Training,
    class: Class,
    points: Points,
    c: f64,
}

fn main() -> Result<(), LimitError> {
    let argument = |i: usize, usual: f64| {
        std::env::args().nth(i).and_then(|text| text.parse().ok()).unwrap_or(usual)
    };
    let points = argument(1, 64.0) as usize;
    let model = Model { readout_exponent: 1.0, points, test_points: 0, ..Model::default() };
    let optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 0.0 };
    let steps = argument(2, 30.0) as usize;
    let training = Training { optimizer, steps, record_every: steps, ..Training::default() };
    let class = Class::critical(&setting(&model, &training, Init::A)?, model.activation)?;
    let points = Points::draw(&model, 0)?;
    let problem = Problem { model, training, class, points, c: argument(3, 0.5) };
    println!("     M or n   quadrature       s   network       s");
    for size in SIZES {
        let (network, start, losses) = problem.network(size)?;
        let (_, exact) = problem.limit(&start, MANY, 1)?;
        let (quadrature, solved) = problem.limit(&start, size, 7)?;
        println!(
            "{size:11} {:12.5} {quadrature:7.3} {:9.5} {network:7.3}",
            distance(&solved, &exact),
            distance(&losses, &exact)
        );
    }
    Ok(())
}

impl Problem {
    /// Seconds and losses of a finite network, and what stays random in its limit.
    fn network(&self, width: usize) -> Result<(f64, Start, Vec<f64>), LimitError> {
        let gamma = self.class.rate_exponents()[0];
        let lr = self.c * (width as f64).powf(gamma);
        let run = Run { init: Init::A, lr, adapter_seed: 0 };
        let begun = Instant::now();
        let engine = CpuEngine::new();
        let mut trained = engine.prepare(&self.model, width, 0)?;
        let outcome = trained.train(&Batch::new(&self.training, &[run]))?.remove(0);
        let seconds = begun.elapsed().as_secs_f64();
        let state = AdapterState::initial(&self.model, width, &run);
        let start = Start::of_run(&self.class, &self.model, &trained.frozen()?, &state);
        Ok((seconds, start, outcome.trajectory.losses))
    }

    /// Seconds and losses of the limit.
    fn limit(
        &self,
        start: &Start,
        neurons: usize,
        seed: u64,
    ) -> Result<(f64, Vec<f64>), LimitError> {
        let quadrature = Quadrature { neurons, replicates: 2, seed };
        let begun = Instant::now();
        let (model, training) = (&self.model, &self.training);
        let solver = Solver::new(&self.class, model, training, &self.points, start, quadrature)?;
        let solution = solver.solve(self.c, Variant::default())?;
        Ok((begun.elapsed().as_secs_f64(), solution.mean.train.losses))
    }
}

/// |x − y|/|y|.
fn distance(x: &[f64], y: &[f64]) -> f64 {
    let gap: f64 = x.iter().zip(y).map(|(x, y)| (x - y).powi(2)).sum();
    (gap / y.iter().map(|y| y * y).sum::<f64>()).sqrt()
}

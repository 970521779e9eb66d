//! How far the losses of a network are from those of the same network linearised at H, against the width.
//!
//! `cargo run -p lora-sim --example lazy_or_rich` takes half a minute. It prints the geometric mean over seeds of
//! D = (Σ_t (L_t − L'_t)² / Σ_t L_t²)^1/2, where L' is the loss of the linearised network.

use lora_sim::spec::{Activation, Init, Model, Optimizer, Run, Training};
use lora_sim::{Batch, CpuEngine, Engine, SimError};

/// log2 of the widths.
const POWERS: [u32; 5] = [7, 9, 11, 13, 15];

const SEEDS: u64 = 32;

/// A setting at the order of its best learning rate, η = n^γ.
struct Setting {
    name: &'static str,
    init: Init,
    readout: f64,
    gamma: f64,
    activation: Activation,
}

const SETTINGS: [Setting; 4] = [
    Setting {
        name: "Init[A], a = 1/2",
        init: Init::A,
        readout: 0.5,
        gamma: -0.75,
        activation: Activation::Relu,
    },
    Setting {
        name: "the same with tanh",
        init: Init::A,
        readout: 0.5,
        gamma: -0.75,
        activation: Activation::Tanh,
    },
    Setting {
        name: "Init[A], a = 1",
        init: Init::A,
        readout: 1.0,
        gamma: -0.5,
        activation: Activation::Relu,
    },
    Setting {
        name: "Init[B], a = 1/2",
        init: Init::B,
        readout: 0.5,
        gamma: -1.0,
        activation: Activation::Relu,
    },
];

fn main() -> Result<(), SimError> {
    let widths: Vec<String> = POWERS.iter().map(|power| format!("{:>8}", 1 << power)).collect();
    println!("{:<20}{}", "n", widths.concat());
    for setting in &SETTINGS {
        let means: Result<Vec<f64>, SimError> =
            POWERS.iter().map(|&power| mean(setting, 1 << power)).collect();
        let means: Vec<String> = means?.into_iter().map(|mean| format!("{mean:>8.4}")).collect();
        println!("{:<20}{}", setting.name, means.concat());
    }
    Ok(())
}

/// The geometric mean of D over the seeds.
fn mean(setting: &Setting, width: usize) -> Result<f64, SimError> {
    let mut sum = 0.0;
    for seed in 0..SEEDS {
        let losses = |linearised| losses(setting, width, seed, linearised);
        sum += distance(&losses(false)?, &losses(true)?).ln();
    }
    Ok((sum / SEEDS as f64).exp())
}

fn losses(
    setting: &Setting,
    width: usize,
    seed: u64,
    linearised: bool,
) -> Result<Vec<f64>, SimError> {
    let model = Model {
        points: 32,
        test_points: 0,
        explicit_hidden_up_to: 512,
        readout_exponent: setting.readout,
        activation: setting.activation,
        linearised,
        ..Model::default()
    };
    let optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-20 };
    let training = Training { optimizer, steps: 30, record_every: 30, ..Training::default() };
    let lr = (width as f64).powf(setting.gamma);
    let runs = [Run { init: setting.init, lr, adapter_seed: seed }];
    let engine = CpuEngine::new();
    let mut problem = engine.prepare(&model, width, seed)?;
    Ok(problem.train(&Batch::new(&training, &runs))?.remove(0).trajectory.losses)
}

fn distance(own: &[f64], other: &[f64]) -> f64 {
    let squares: f64 = own.iter().zip(other).map(|(own, other)| (own - other).powi(2)).sum();
    let size: f64 = own.iter().map(|loss| loss.powi(2)).sum();
    (squares / size).sqrt()
}

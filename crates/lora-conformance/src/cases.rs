//! The models, sizes and optimizers that the suite trains.

use lora_sim::spec::{Activation, Init, Model, Optimizer, Run, Teacher, Training};
use lora_sim::{Engine, Problem};

use crate::reference::Reference;

/// Adam with PyTorch's constants.
pub const ADAM: Optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/// One optimizer of each kind, with a learning rate that trains at the suite's sizes.
pub const OPTIMIZERS: [(Optimizer, f64); 4] = [
    (ADAM, 1e-2),
    (Optimizer::AdamW { beta1: 0.8, beta2: 0.99, epsilon: 1e-6, weight_decay: 0.1 }, 2e-2),
    (Optimizer::SignSgd, 3e-3),
    (Optimizer::Sgd, 5e-2),
];

/// All initializations.
pub const INITS: [Init; 3] = [Init::A, Init::B, Init::AB];

/// All activations.
pub const ACTIVATIONS: [Activation; 3] = [Activation::Relu, Activation::Tanh, Activation::Gelu];

/// (n, N, test samples, r). Most dimensions are not a whole number of blocks, on purpose; the last two
/// have many data columns and many neurons.
pub const SIZES: [(usize, usize, usize, usize); 8] = [
    (1, 1, 0, 1),
    (37, 23, 5, 3),
    (64, 16, 0, 2),
    (130, 50, 17, 5),
    (96, 100, 3, 16),
    (300, 70, 30, 64),
    (70, 1040, 5, 2),
    (1100, 40, 3, 3),
];

/// A model with these sizes.
pub fn model(points: usize, test_points: usize, rank: usize, activation: Activation) -> Model {
    Model {
        points,
        test_points,
        rank,
        activation,
        multiplier: 0.75,
        teacher: Teacher { width: 50, rank: 3 },
        ..Model::default()
    }
}

/// A short training.
pub fn training(optimizer: Optimizer, steps: usize) -> Training {
    Training { optimizer, steps, lr_ratio: 1.5, ..Training::default() }
}

/// A run with a seed of its own.
pub fn run(init: Init, lr: f64) -> Run {
    Run { init, lr, adapter_seed: 5 }
}

/// One run on one (width, seed) problem.
#[derive(Clone, Debug)]
pub struct Case {
    /// The model.
    pub model: Model,
    /// Width n.
    pub width: usize,
    /// Seed of the problem.
    pub seed: u64,
    /// How the run is trained.
    pub training: Training,
    /// The run.
    pub run: Run,
}

impl Case {
    /// η_A and η_B, 0 for a factor that is not trained.
    pub fn rates(&self) -> [f64; 2] {
        let train = self.training.train;
        let [a, b] = [train.a(), train.b()].map(|trained| if trained { self.run.lr } else { 0.0 });
        [a, b * self.training.lr_ratio]
    }

    /// The same case at another width and number of training samples.
    pub fn resized(&self, width: usize, points: usize) -> Self {
        Self { width, model: Model { points, ..self.model.clone() }, ..self.clone() }
    }

    /// The problem that the engine prepares.
    pub fn prepare<'e>(&self, engine: &'e dyn Engine) -> Box<dyn Problem + 'e> {
        engine.prepare(&self.model, self.width, self.seed).expect("a small problem")
    }

    /// The reference on the same frozen student.
    pub fn reference(&self, problem: &dyn Problem) -> Reference {
        Reference::new(&self.model, &problem.frozen().expect("in memory"))
    }
}

/// A few cases: every optimizer and init, the activations in turn, and an odd size.
pub fn some() -> Vec<Case> {
    let pairs = OPTIMIZERS.into_iter().flat_map(|pair| INITS.map(|init| (pair, init)));
    let case = |(i, ((optimizer, lr), init)): (usize, _)| Case {
        model: model(23, 5, 3, ACTIVATIONS[i % 3]),
        width: 70 + i,
        seed: i as u64,
        training: training(optimizer, 5),
        run: run(init, lr),
    };
    pairs.enumerate().map(case).collect()
}

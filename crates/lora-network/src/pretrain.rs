//! A base that is trained before it is frozen.
//!
//! W_out and the weights of every layer train on a task of their own: as many samples as the adapter has, other
//! ones, with the outputs of another teacher. The loss is that of the run, over all samples, by Adam with PyTorch's
//! constants. W_in stays as it was drawn.
//!
//! W_out has the learning rate c/n and every W_l has c n^(a−2), at which each moves the output by Θ(1) in a step: all
//! entries of a row may move together, by n · c/n and by n^(1−a) · n · c n^(a−2).

use lora_sim::spec::{Model, Optimizer};
use lora_sim::{Isa, Rule};
use ndarray::Array2;
use ndarray::linalg::general_mat_mul;

use crate::factors::update;
use crate::network::Network;
use crate::samples::Samples;

const ADAM: Optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/// Trains the weights of a network that has been drawn, on samples of their own.
pub fn pretrain(network: &mut Network, mut own: Samples) {
    let first = own.h.clone();
    let (isa, n) = (network.isa, network.width());
    // What is learned of W_1. What was drawn of it is in H.
    let mut moved = Array2::zeros((n, n));
    let mut of_readout = Moments::of(&network.w_out);
    let mut of_layers = vec![Moments::of(&moved); network.layers()];
    let ingredients = network.model.ingredients;
    let rates = learning_rates(&network.model, n);
    for step in 1..=ingredients.pretrain_steps {
        let [rule, of_layer] = rates.map(|rate| Rule::new(&ADAM, rate, step));
        let gradients = Gradients::of(network, &own);
        of_readout.update(isa, rule, &mut network.w_out, &gradients.w_out);
        let layers = std::iter::once(&mut moved).chain(&mut network.hidden);
        for ((weights, moments), gradient) in layers.zip(&mut of_layers).zip(&gradients.layers) {
            moments.update(isa, of_layer, weights, gradient);
        }
        own.h.assign(&first);
        general_mat_mul(1.0, &moved, &own.z, 1.0, &mut own.h);
    }
    for samples in [&mut network.train, &mut network.test] {
        general_mat_mul(1.0, &moved, &samples.z, 1.0, &mut samples.h);
    }
}

/// Of W_out and of every W_l.
pub fn learning_rates(model: &Model, width: usize) -> [f64; 2] {
    let (c, n) = (model.ingredients.pretrain_lr, width as f64);
    [c / n, c * n.powf(model.readout_exponent - 2.0)]
}

/// ∂L/∂W of the readout, K × n, and of every layer, n × n.
struct Gradients {
    w_out: Array2<f32>,
    layers: Vec<Array2<f32>>,
}

impl Gradients {
    fn of(network: &Network, own: &Samples) -> Self {
        let weights = vec![1.0 / own.count() as f64; own.count()];
        let pass = network.forward(own, None);
        let errors = own.target.errors(&pass.outputs, &weights);
        let signals = network.signals(None, &pass, &errors);
        let of = |(layer, g): (usize, &Array2<f32>)| g.dot(&pass.input(own, layer).t());
        Self {
            w_out: errors.dot(&pass.read.t()),
            layers: signals.iter().enumerate().map(of).collect(),
        }
    }
}

/// Adam's moments of a matrix of weights.
#[derive(Clone)]
struct Moments {
    m: Array2<f32>,
    v: Array2<f32>,
}

impl Moments {
    fn of(weights: &Array2<f32>) -> Self {
        let zeros = Array2::zeros(weights.raw_dim());
        Self { m: zeros.clone(), v: zeros }
    }

    fn update(&mut self, isa: Isa, rule: Rule, weights: &mut Array2<f32>, gradient: &Array2<f32>) {
        update(isa, rule, [weights, &mut self.m, &mut self.v], gradient);
    }
}

#[cfg(test)]
mod tests {
    use lora_sim::Isa;
    use lora_sim::spec::{Ingredients, Loss, Norm, Teacher};

    use super::*;

    /// With every ingredient and layer, on the labels of its own teacher.
    #[test]
    fn training_lowers_the_loss_of_the_own_task() {
        let ingredients = Ingredients {
            loss: Loss::CrossEntropy,
            outputs: 4,
            norm: Norm::Rms,
            residual: true,
            layers: 3,
            pretrain_steps: 40,
            pretrain_lr: 1.0,
        };
        let teacher = Teacher { width: 40, rank: 3 };
        let model = Model { points: 30, test_points: 30, teacher, ingredients, ..Model::default() };
        let random = Ingredients { pretrain_steps: 0, ..ingredients };
        let random = Model { ingredients: random, ..model.clone() };
        let (mut network, _) = Network::draw(&random, 32, 0, Isa::best()).expect("a small network");
        network.model = model;
        let loss =
            |network: &Network, own: &Samples| own.target.loss(&network.forward(own, None).outputs);
        // Held-out samples stand in for those of the own task, so that H is moved here, too.
        let own = network.test.clone();
        let before = loss(&network, &own);
        pretrain(&mut network, own);
        let after = loss(&network, &network.test);
        assert!(after < 0.5 * before, "{before} {after}");
    }
}

//! The training of one run of a batch, and what is measured of it.

use lora_sim::spec::{Run, Training};
use lora_sim::{AdapterState, Batch, Outcome, Record, Rule, Trajectory};
use ndarray::Array2;

use crate::factors::{Factors, of_all_layers};
use crate::minibatch::minibatch;
use crate::network::Network;
use crate::norms::Features;
use crate::pass::Pass;

/// Trains run `index` of a batch that has been checked.
pub fn train(network: &Network, batch: &Batch, index: usize) -> Outcome {
    let mut live = LiveRun::new(network, batch, index);
    let training = batch.training;
    for t in 0..=training.steps {
        let pass = network.forward(&network.train, Some(&live.factors));
        live.measure(&pass, t, training);
        if t == training.steps || live.trajectory.diverged_at.is_some() {
            break;
        }
        live.update(&pass, training);
    }
    let LiveRun { factors, trajectory, step, .. } = live;
    Outcome { trajectory, state: batch.keep_states.then(|| factors.state(step)) }
}

/// A run that has not ended.
struct LiveRun<'n> {
    network: &'n Network,
    run: Run,
    factors: Factors,
    /// Updates made, those before the batch too.
    step: usize,
    before: Before,
    trajectory: Trajectory,
}

/// What stood before the last update.
struct Before {
    /// Bᵀ of all layers.
    b: Array2<f32>,
    features: Features,
}

impl<'n> LiveRun<'n> {
    fn new(network: &'n Network, batch: &Batch, index: usize) -> Self {
        let run = batch.runs[index];
        let model = &network.model;
        let state = match batch.starts {
            Some(starts) => starts[index].clone(),
            None => AdapterState::initial(&of_all_layers(model), network.width(), &run),
        };
        let factors = Factors::new(&state, model.rank);
        let before = Before { b: factors.b.value.clone(), features: Features::default() };
        let trajectory = Trajectory::empty();
        Self { network, run, factors, step: state.step, before, trajectory }
    }

    /// Loss and norms after the forward pass of step `t`.
    fn measure(&mut self, pass: &Pass, t: usize, training: &Training) {
        let train_loss = self.network.train.target.loss(&pass.outputs);
        self.trajectory.losses.push(train_loss);
        let first = self.trajectory.losses[0];
        let diverged = !train_loss.is_finite() || train_loss > training.divergence_factor * first;
        self.trajectory.diverged_at = diverged.then_some(t);
        let now = Features::of(self.network, pass, &self.factors);
        let features = self.network.features(&now);
        self.trajectory.note_features(features.zb_rms);
        if training.records(t) || diverged {
            let record = self.record(&now, Record { step: t, train_loss, ..features });
            self.trajectory.records.push(record);
        }
        self.before.features = now;
    }

    /// `features` with everything that only a record needs.
    fn record(&self, now: &Features, features: Record) -> Record {
        let Self { network, factors, before, .. } = self;
        let [delta1, delta2, delta3] = match features.step {
            0 => [0.0; 3],
            _ => network.deltas([&before.features, now], factors, &before.b),
        };
        let (a_move, b_move) = (factors.a.moved(), factors.b.moved());
        Record { test_loss: self.test_loss(), delta1, delta2, delta3, a_move, b_move, ..features }
    }

    fn test_loss(&self) -> f64 {
        let test = &self.network.test;
        if test.count() == 0 {
            return 0.0;
        }
        test.target.loss(&self.network.forward(test, Some(&self.factors)).outputs)
    }

    /// Updates both factors by the gradient on the samples of the step.
    fn update(&mut self, pass: &Pass, training: &Training) {
        let Network { isa, model, seed, train, .. } = self.network;
        let weights = minibatch(*seed, self.step, training.batch, model.points);
        let errors = train.target.errors(&pass.outputs, &weights);
        let wanted = [training.train.a(), training.train.b()];
        let gradients = self.network.backward(train, &self.factors, pass, &errors, wanted);
        self.step += 1;
        self.before.b.assign(&self.factors.b.value);
        let rule = |lr| Rule::new(&training.optimizer, lr, self.step);
        let Factors { a, b, .. } = &mut self.factors;
        let rates = [self.run.lr, self.run.lr * training.lr_ratio];
        let parts = [(a, gradients.a, rates[0]), (b, gradients.b, rates[1])];
        let squares = parts.map(|(factor, gradient, lr)| {
            gradient.map_or(0.0, |gradient| factor.update(*isa, rule(lr), &gradient))
        });
        self.trajectory.note_gradients(squares, self.before.b.len());
    }
}

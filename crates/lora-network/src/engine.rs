//! The engine: what it refuses, what it needs, and how it prepares and trains.

use lora_sim::spec::{Hidden, Loss, Model, Training};
use lora_sim::{Batch, Engine, Frozen, Isa, Memory, Outcome, Problem, SimError};
use rayon::prelude::*;

use crate::factors::of_all_layers;
use crate::network::Network;
use crate::pretrain::{learning_rates, pretrain};
use crate::run;

/// Version of this engine's results, part of [`Engine::numerics`]. Raise it by hand whenever a change
/// changes any bit of a result.
pub const NUMERICS: u32 = 1;

/// Trains the synthetic network with any ingredients, and with none, on the current rayon thread pool: the
/// runs of a batch in parallel, each on one thread.
///
/// Squared error is the mean over samples and outputs. The labels of cross-entropy are drawn once for a seed
/// from the softmax of the teacher's outputs, of training and held-out samples alike. `loss` and the
/// divergence are those of all training samples, whatever the minibatch.
///
/// [`Problem::frozen`] returns W_out as K rows of n entries, one after the other, and y as K rows of P
/// entries; with cross-entropy y is one row, of the labels. It has no place for the weights of the layers behind the
/// first. A and B of a state have those of the first layer in front, and L r rows in all.
#[derive(Clone, Copy, Debug)]
pub struct NetworkEngine {
    isa: Isa,
}

impl NetworkEngine {
    /// An engine with the fastest instruction set of this machine.
    pub fn new() -> Self {
        Self { isa: Isa::best() }
    }
}

impl Default for NetworkEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine for NetworkEngine {
    fn describe(&self) -> String {
        let threads = rayon::current_num_threads();
        format!("network with ingredients, CPU, {}, {threads} threads", self.isa.name())
    }

    fn numerics(&self) -> String {
        format!("network-{NUMERICS} {}", self.isa.name())
    }

    fn prepare(
        &self,
        model: &Model,
        width: usize,
        seed: u64,
    ) -> Result<Box<dyn Problem + '_>, SimError> {
        check_model(model, width)?;
        let (mut network, own) = Network::draw(model, width, seed, self.isa)?;
        if let Some(own) = own {
            pretrain(&mut network, own);
        }
        Ok(Box::new(Prepared { network }))
    }

    fn linearises(&self) -> bool {
        false
    }

    /// Z and H twice, as they are drawn and as they are used, and the runs in training. Start states and
    /// final states of a batch are not included.
    fn memory(&self, model: &Model, width: usize, runs: usize) -> Memory {
        let product = |factors: &[u64]| factors.iter().fold(1, |p: u64, f| p.saturating_mul(*f));
        let (n, of) = (width as u64, model.ingredients);
        let (k, layers) = (of.outputs as u64, of.layers as u64);
        let r = layers.saturating_mul(model.rank as u64);
        let samples = (model.points as u64).saturating_add(model.test_points as u64);
        // Weights of the layers behind the first. While the base is trained there are two moments and a gradient of
        // each layer, what is learned of W_1, and a gradient that is laid out anew.
        let trained = of.pretrain_steps > 0;
        let in_training = if trained { layers.saturating_mul(3).saturating_add(2) } else { 0 };
        // Its samples are drawn behind the others.
        let own = if trained { model.points } else { 0 };
        let drawn = Model { test_points: model.test_points.saturating_add(own), ..model.clone() };
        let hidden = product(&[4, n, n, layers.saturating_sub(1).saturating_add(in_training)]);
        let at_once = self.runs_at_once(model, width, runs) as u64;
        // Also the padding of drawn matrices to lines of sixteen columns.
        let all = samples.saturating_add(own as u64);
        let frozen = product(&[4 * 4, n, all.saturating_add(32)]);
        let readout = product(&[4 * 2, n, k]);
        // A pass: preactivations, what the layers and the readout read, and signals; a residual stream has its own.
        let around = u64::from(of.residual && layers > 1);
        let pass = product(&[4, n, samples, layers.saturating_mul(3).saturating_add(around)]);
        let outputs = product(&[4 * 4, samples, k.saturating_add(r)]);
        // A and B: value, start, two moments, gradient; B before the update; the start state.
        let factors = product(&[4 * 17, n, r]);
        let gram = product(&[8 * 8, r, r]);
        let run = [pass, outputs, factors, gram].into_iter().fold(0, u64::saturating_add);
        let drawing = bare_memory(self.isa, &drawn, width);
        let shared = [frozen, readout, hidden].into_iter().fold(0, u64::saturating_add);
        let trained = shared.saturating_add(product(&[at_once, run]));
        Memory::on_host(trained.max(drawing))
    }

    fn runs_at_once(&self, _model: &Model, _width: usize, runs: usize) -> usize {
        runs.min(rayon::current_num_threads())
    }
}

/// Bytes while the bare layer is drawn, at most.
fn bare_memory(isa: Isa, model: &Model, width: usize) -> u64 {
    lora_sim::CpuEngine::with_isa(isa).memory(&model.bare(), width, 1).host
}

/// A prepared (width, seed).
struct Prepared {
    network: Network,
}

impl Problem for Prepared {
    fn train(&mut self, batch: &Batch) -> Result<Vec<Outcome>, SimError> {
        let network = &self.network;
        check_batch(batch, network)?;
        let runs = 0..batch.runs.len();
        Ok(runs.into_par_iter().map(|index| run::train(network, batch, index)).collect())
    }

    fn frozen(&self) -> Result<Frozen, SimError> {
        Ok(self.network.frozen())
    }
}

/// What the checks of the bare layer do not know.
fn check_model(model: &Model, width: usize) -> Result<(), SimError> {
    let outputs = model.ingredients.outputs;
    let normal = |rate: f64| rate > 0.0 && (rate as f32).is_normal();
    if !learning_rates(model, width).into_iter().all(normal) {
        let valid = "above 0, and such that c/n and c n^(a−2) are normal numbers in f32";
        return invalid("pretrain_lr", model.ingredients.pretrain_lr, valid);
    }
    if model.ingredients.layers == 0 {
        return invalid("layers", 0, "at least 1");
    }
    let sampled = model.hidden == Hidden::Gaussian && !lora_sim::is_explicit(model, width);
    if model.ingredients.layers > 1 && sampled {
        let valid = "at least the width with several layers, whose W_h are drawn entry by entry";
        return invalid("explicit_hidden_up_to", model.explicit_hidden_up_to, valid);
    }
    if model.linearised {
        let valid = "false with ingredients, whose network is not linearised";
        return invalid("linearised", "true", valid);
    }
    match model.ingredients.loss {
        Loss::Squared if outputs == 0 => invalid("outputs", outputs, "at least 1"),
        Loss::CrossEntropy if outputs < 2 => {
            invalid("outputs", outputs, "at least 2 classes with cross-entropy")
        }
        _ => Ok(()),
    }
}

fn check_batch(batch: &Batch, network: &Network) -> Result<(), SimError> {
    let (size, model) = (batch.training.batch, &network.model);
    if size > model.points {
        return invalid("batch", size, "at most the number of training points");
    }
    let training = Training { batch: 0, ..batch.training.clone() };
    let on_all = Batch { training: &training, ..batch.clone() };
    on_all.check(&of_all_layers(model), network.width())
}

fn invalid<T>(key: &'static str, value: impl ToString, valid: &'static str) -> Result<T, SimError> {
    Err(SimError::Invalid { key, value: value.to_string(), valid })
}

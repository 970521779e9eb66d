//! The errors, update rules and measurements of a run that has not ended.

use super::measure::{self, Norms};
use super::neuron_block::NeuronBlock;
use super::shared::{BackwardInputs, Shared};
use crate::engine::{Record, Trajectory};
use crate::kernels::{self, Isa, Rule};
use crate::spec::{Run, Training};

/// A run of a batch that has not ended, without its parameters, which the blocks of neurons hold.
pub struct LiveRun {
    /// Position in the batch as requested.
    pub index: usize,
    run: Run,
    first_update: usize,
    /// ∂loss/∂f, e_μ = 2(f_μ − y_μ)/N, over the training columns.
    pub e: Vec<f32>,
    za_previous: Vec<f32>,
    /// Inputs of the backward pass.
    pub backward: BackwardInputs,
    /// Measurements so far.
    pub trajectory: Trajectory,
}

impl LiveRun {
    pub fn new(index: usize, run: Run, updates_before: usize, shared: &Shared) -> Self {
        let columns = shared.frozen.columns.train_padded();
        let features = shared.model.rank * columns;
        Self {
            index,
            run,
            first_update: updates_before + 1,
            e: vec![0.0; columns],
            za_previous: vec![0.0; features],
            backward: BackwardInputs {
                errors: vec![0.0; features],
                tables: vec![0.0; if shared.relu() { 4 * features } else { 0 }],
                rule_a: Rule::Plain { rate: 0.0 },
                rule_b: Rule::Plain { rate: 0.0 },
            },
            trajectory: Trajectory::empty(),
        }
    }

    /// Losses, norms and errors after the forward pass of step `t`.
    pub fn measure(&mut self, norms: &Norms, t: usize, record: bool, training: &Training) {
        let shared = norms.shared;
        let f =
            measure::outputs(shared.isa, norms.blocks, norms.position, shared.frozen.h.stride());
        let train_loss = self.take_errors(shared, &f);
        self.trajectory.losses.push(train_loss);
        let first = self.trajectory.losses[0];
        let diverged = !train_loss.is_finite() || train_loss > training.divergence_factor * first;
        self.trajectory.diverged_at = diverged.then_some(t);
        if record || diverged {
            let features = norms.features();
            self.trajectory.note_features(features.zb_rms);
            let mut entry = self.record(norms, &f, Record { step: t, train_loss, ..features });
            if !record {
                // The forward pass left the held-out samples out.
                entry.test_loss = f64::NAN;
            }
            self.trajectory.records.push(entry);
        } else {
            self.trajectory.note_features(norms.zb_rms());
        }
        self.prepare_backward(shared, norms.za);
        let update = self.first_update + t;
        self.backward.rule_a = Rule::new(&training.optimizer, self.run.lr, update);
        self.backward.rule_b =
            Rule::new(&training.optimizer, self.run.lr * training.lr_ratio, update);
    }

    /// Completes `features` to a record.
    fn record(&self, norms: &Norms, f: &[f64], features: Record) -> Record {
        let columns = norms.shared.frozen.columns;
        let test = columns.train_padded()..columns.train_padded() + columns.test;
        let (a_move, b_move) = norms.movement();
        let moved = features.step > 0;
        let [delta1, delta2, delta3] =
            if moved { norms.deltas(&self.za_previous) } else { [0.0; 3] };
        Record {
            test_loss: measure::mean_square(&f[test.clone()], &norms.shared.frozen.y[test]),
            delta1,
            delta2,
            delta3,
            a_move,
            b_move,
            ..features
        }
    }

    /// Sets e and returns the train loss.
    fn take_errors(&mut self, shared: &Shared, f: &[f64]) -> f64 {
        let n = shared.frozen.columns.train;
        let scale = 2.0 / n as f64;
        kernels::errors(shared.isa, &f[..n], &shared.frozen.y[..n], scale, &mut self.e) / n as f64
    }

    fn prepare_backward(&mut self, shared: &Shared, za: &[f32]) {
        let (columns, stride) = (self.e.len(), shared.frozen.h.stride());
        for (k, row) in self.backward.errors.chunks_mut(columns).enumerate() {
            let za = &za[k * stride..k * stride + columns];
            self.za_previous[k * columns..(k + 1) * columns].copy_from_slice(za);
            kernels::product(shared.isa, za, &self.e, row);
        }
        if shared.relu() {
            kernels::subset_sums(shared.isa, &self.backward.errors, &mut self.backward.tables);
        }
    }

    /// Writes dZ_A = e ∘ (the sum over blocks), r × training columns, to `out`.
    pub fn feature_gradient(
        &self,
        isa: Isa,
        blocks: &[NeuronBlock],
        position: usize,
        out: &mut [f32],
    ) {
        let size = out.len();
        out.fill(0.0);
        for block in blocks {
            let part = &block.dza[position * size..(position + 1) * size];
            kernels::add(isa, out, part);
        }
        for row in out.chunks_mut(self.e.len()) {
            kernels::scale(isa, row, &self.e);
        }
    }

    /// Updates the least gradients of the trajectory.
    pub fn note_gradients(&mut self, blocks: &[NeuronBlock], position: usize, entries: usize) {
        let squares =
            [0, 1].map(|factor| blocks.iter().map(|block| block.squares[position][factor]).sum());
        self.trajectory.note_gradients(squares, entries);
    }
}

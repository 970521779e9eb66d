//! The training of one run of a batch, and what is measured of it.

use ndarray::Array2;

use super::Layer;
use super::pass::{Factors, Pass};
use crate::adapter::AdapterState;
use crate::engine::{Batch, Outcome, Record, Trajectory};
use crate::factor::Factor;
use crate::kernels::{self, Rule};
use crate::norms::{FeatureNorms, Rows};
use crate::spec::{Run, Training};

/// Trains run `index` of a batch.
pub fn train(layer: &Layer, batch: &Batch, index: usize) -> Outcome {
    let mut live = LiveRun::new(layer, batch, index);
    let steps = batch.training.steps;
    for t in 0..=steps {
        let pass = layer.pass(&live.factors);
        live.measure(&pass, t, batch.training);
        if t == steps || live.trajectory.diverged_at.is_some() {
            break;
        }
        live.update(pass, batch.training);
    }
    live.finish(batch.keep_states)
}

/// A run that has not ended.
struct LiveRun<'a> {
    layer: &'a Layer,
    run: Run,
    factors: Factors,
    /// Updates made, those before the batch too.
    step: usize,
    /// B before the last update.
    b_previous: Vec<f32>,
    /// BᵀB before the last update.
    gram_previous: Vec<f64>,
    /// Z_A before the last update.
    za_previous: Rows,
    trajectory: Trajectory,
}

impl<'a> LiveRun<'a> {
    fn new(layer: &'a Layer, batch: &Batch, index: usize) -> Self {
        let run = batch.runs[index];
        let state = match batch.starts {
            Some(starts) => starts[index].clone(),
            None => AdapterState::initial(&layer.model, layer.width, &run),
        };
        let b =
            factor(state.b.reversed_axes(), state.m_b.reversed_axes(), state.v_b.reversed_axes());
        Self {
            layer,
            run,
            step: state.step,
            b_previous: b.value.clone(),
            gram_previous: Vec::new(),
            za_previous: Rows::new(),
            factors: Factors { a: factor(state.a, state.m_a, state.v_a), b },
            trajectory: Trajectory::empty(),
        }
    }

    /// L and norms after the forward pass of step `t`.
    fn measure(&mut self, pass: &Pass, t: usize, training: &Training) {
        let train_loss = pass.loss();
        let gram = self.gram(None);
        let features = self.norms().features(&pass.za, &gram);
        self.trajectory.note_features(features.zb_rms);
        self.trajectory.losses.push(train_loss);
        let diverged = !(train_loss.is_finite() && features.zb_rms.is_finite());
        self.trajectory.diverged_at = diverged.then_some(t);
        if training.records(t) || diverged {
            let record = self.record(pass, Record { step: t, train_loss, ..features });
            self.trajectory.records.push(record);
        }
        self.gram_previous = gram;
    }

    /// `features` with everything that only a record needs.
    fn record(&self, pass: &Pass, features: Record) -> Record {
        let [delta1, delta2, delta3] =
            if features.step > 0 { self.deltas(&pass.za) } else { [0.0; 3] };
        let Factors { a, b } = &self.factors;
        let moved = |factor: &Factor| {
            let square = kernels::squared_distance(self.layer.isa, &factor.value, &factor.start);
            (square / factor.value.len() as f64).sqrt()
        };
        Record { delta1, delta2, delta3, a_move: moved(a), b_move: moved(b), ..features }
    }

    fn deltas(&self, za: &Rows) -> [f64; 3] {
        let change = self.gram(Some(&self.b_previous));
        self.norms().deltas([&self.za_previous, za], [&self.gram_previous, &change])
    }

    /// The Gram matrix of B, or of B less what is given.
    fn gram(&self, minus: Option<&[f32]>) -> Vec<f64> {
        self.norms().gram(self.layer.model.rank, &[(&self.factors.b.value, minus)])
    }

    fn norms(&self) -> FeatureNorms {
        let layer = self.layer;
        FeatureNorms { isa: layer.isa, multiplier: layer.model.multiplier, width: layer.width }
    }

    fn update(&mut self, pass: Pass, training: &Training) {
        self.step += 1;
        let rule = |lr| Rule::new(&training.optimizer, lr, self.step);
        let rules = [
            training.train.a().then(|| rule(self.run.lr)),
            training.train.b().then(|| rule(self.run.lr * training.lr_ratio)),
        ];
        self.b_previous.copy_from_slice(&self.factors.b.value);
        let squares = self.layer.update(&mut self.factors, &pass, rules);
        self.trajectory.note_gradients(squares, self.b_previous.len());
        self.za_previous = pass.za;
    }

    fn finish(self, keep_state: bool) -> Outcome {
        let Factors { a, b } = self.factors;
        let (n, r) = (self.layer.width, self.layer.model.rank);
        let across = |values| {
            Array2::from_shape_vec((r, n), values).expect("a factor has n times r entries")
        };
        let down = |values| across(values).reversed_axes().as_standard_layout().into_owned();
        let state = keep_state.then(|| AdapterState {
            a: across(a.value),
            m_a: across(a.m),
            v_a: across(a.v),
            b: down(b.value),
            m_b: down(b.m),
            v_b: down(b.v),
            step: self.step,
        });
        Outcome { trajectory: self.trajectory, state }
    }
}

/// A factor from its matrices, row after row however they lie.
fn factor(value: Array2<f32>, m: Array2<f32>, v: Array2<f32>) -> Factor {
    let rows = |matrix: Array2<f32>| matrix.iter().copied().collect::<Vec<f32>>();
    Factor::new(rows(value), rows(m), rows(v))
}

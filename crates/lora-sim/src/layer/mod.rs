//! The LoRA layer alone under an outside backward signal, the setting of Theorems 1 and 2.
//!
//! Z is that of the frozen student. G [n × N], with entries N(0, 1), is drawn once for a (width, seed).
//! The loss L = ⟨G, Z_B⟩/N is linear in Z_B = s B A Z, so dZ_B = G/N at every step and for all A and B:
//! its entries are of order one in n and never change. There is no readout and no minimum, and the
//! features scale as the calculus says for the layer alone.

mod pass;
mod train;

use lora_random::normal::fill_row;
use lora_random::philox::{Purpose, Stream};
use rayon::prelude::*;

use crate::aligned::AlignedMatrix;
use crate::data::{Columns, Data};
use crate::engine::{Batch, Engine, Memory, NUMERICS, Outcome, Problem};
use crate::error::SimError;
use crate::frozen::{self, Frozen};
use crate::kernels::Isa;
use crate::memory::{columns, product};
use crate::spec::Model;

/// Trains the LoRA layer alone, the runs in parallel on the current rayon thread pool.
///
/// With Z_A = A Z and Z_B = s B Z_A the loss is L = ⟨G, Z_B⟩/N and its gradients are
/// dB = s (G/N) Z_Aᵀ and dA = s Bᵀ (G/N) Zᵀ. Entry (i, μ) of G has the address (row i, column μ)
/// of [`Purpose::BackwardSignal`]. Updates are the same as for every engine.
///
/// The model's `test_points`, `hidden`, `explicit_hidden_up_to`, `readout_exponent` and `teacher` must
/// be valid but have no effect. The trajectory holds L as the loss. L starts at 0 under Init\[A\] and
/// Init\[B\] and falls without bound, so it is not a score. No samples are held out, and `test_loss` is
/// 0. A run has diverged once L or a norm of Z_B is not finite; the divergence factor has no effect.
#[derive(Clone, Copy, Debug)]
pub struct LayerEngine {
    isa: Isa,
}

impl LayerEngine {
    /// An engine with the fastest instruction set of this machine.
    pub fn new() -> Self {
        Self { isa: Isa::best() }
    }

    /// An engine with a given instruction set, to compare them.
    pub fn with_isa(isa: Isa) -> Self {
        Self { isa }
    }
}

impl Default for LayerEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine for LayerEngine {
    fn describe(&self) -> String {
        let threads = rayon::current_num_threads();
        format!("LoRA layer alone, CPU, {}, {threads} threads", self.isa.name())
    }

    fn numerics(&self) -> String {
        format!("layer-{NUMERICS} {}", self.isa.name())
    }

    fn prepare(
        &self,
        model: &Model,
        width: usize,
        seed: u64,
    ) -> Result<Box<dyn Problem + '_>, SimError> {
        model.check(width)?;
        Ok(Box::new(Layer::draw(self.isa, model, width, seed)))
    }

    /// Z, G and the runs in training, at most one per thread. Start states and final states of a
    /// batch are not included.
    fn memory(&self, model: &Model, width: usize, runs: usize) -> Memory {
        let (n, r) = (width as u64, model.rank as u64);
        let columns = columns(&[model.points]);
        let frozen = product(&[2 * 4, n, columns]);
        // A and B: value, start, two moments; B before the update; and while a run is set up, the
        // six matrices of a start state.
        let parameters = product(&[4 * 15, n, r]);
        // Z_A and dZ_A, of this step and the last, in f64, with sums and operands of the kernels.
        let features = product(&[8 * 8, columns, r]);
        // Running sums of a Gram matrix.
        let gram = product(&[8 * 8, r, r]);
        let at_once = self.runs_at_once(model, width, runs) as u64;
        let run = parameters.saturating_add(features).saturating_add(gram);
        Memory::on_host(frozen.saturating_add(product(&[at_once, run])))
    }

    /// One run per thread.
    fn runs_at_once(&self, _model: &Model, _width: usize, runs: usize) -> usize {
        runs.min(rayon::current_num_threads())
    }
}

/// A prepared (width, seed).
struct Layer {
    isa: Isa,
    model: Model,
    width: usize,
    /// Training samples only.
    columns: Columns,
    /// Z, n × P.
    z: AlignedMatrix,
    /// G, n × P, zero in the columns of padding.
    g: AlignedMatrix,
}

impl Layer {
    fn draw(isa: Isa, model: &Model, width: usize, seed: u64) -> Self {
        let model = Model { test_points: 0, ..model.clone() };
        let columns = Columns { train: model.points, test: 0 };
        let inputs = Data::inputs(&model, seed);
        let mut z = frozen::input_features(&inputs, columns, width, seed);
        frozen::activate(isa, model.activation, &mut z);
        let g = backward_signal(columns, width, seed);
        Self { isa, model, width, columns, z, g }
    }
}

impl Problem for Layer {
    fn train(&mut self, batch: &Batch) -> Result<Vec<Outcome>, SimError> {
        batch.check(&self.model, self.width)?;
        let layer = &*self;
        let runs = 0..batch.runs.len();
        Ok(runs.into_par_iter().map(|index| train::train(layer, batch, index)).collect())
    }

    /// Z on the training samples; H, W_out and y, which the layer does not have, are zero.
    fn frozen(&self) -> Result<Frozen, SimError> {
        Ok(Frozen {
            width: self.width,
            columns: self.columns,
            z: self.z.clone(),
            h: AlignedMatrix::zeros(self.width, self.columns.all()),
            w_out: vec![0.0; self.width],
            y: vec![0.0; self.columns.all()],
        })
    }
}

fn backward_signal(columns: Columns, width: usize, seed: u64) -> AlignedMatrix {
    let stream = Stream::new(seed, width, Purpose::BackwardSignal);
    let mut g = AlignedMatrix::zeros(width, columns.all());
    let stride = g.stride();
    g.as_mut_slice()
        .par_chunks_mut(stride)
        .enumerate()
        .for_each(|(i, row)| fill_row(&stream, i, 1.0, &mut row[..columns.train]));
    g
}

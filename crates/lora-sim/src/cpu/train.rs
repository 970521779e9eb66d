//! The training loop of a batch.

use std::borrow::Cow;

use ndarray::Array2;
use rayon::prelude::*;

use super::live_run::LiveRun;
use super::measure::Norms;
use super::neuron_block::NeuronBlock;
use super::shared::{BackwardInputs, Shared, ranges};
use super::stage::Stage;
use crate::adapter::AdapterState;
use crate::aligned::{AlignedMatrix, LANES};
use crate::engine::{Batch, Outcome};
use crate::frozen::Frozen;
use crate::kernels::{Destination, Isa};
use crate::spec::{Model, Run, Trained, Training};

/// Trains all runs of a batch that has been checked, for the same number of steps.
pub fn train(isa: Isa, model: &Model, frozen: &Frozen, batch: &Batch) -> Vec<Outcome> {
    let mut live = LiveBatch::new(Shared::new(isa, model, frozen), batch);
    let mut finished: Vec<Option<Outcome>> = vec![None; batch.runs.len()];
    for t in 0..=batch.training.steps {
        Stage::FORWARD.into_iter().for_each(|stage| live.run(stage, batch.training, t));
        live.retire(&mut finished, batch, t == batch.training.steps);
        if live.runs.is_empty() {
            break;
        }
        Stage::BACKWARD.into_iter().for_each(|stage| live.run(stage, batch.training, t));
    }
    finished.into_iter().flatten().collect()
}

/// The state that run `index` of a batch starts from.
fn start<'a>(
    model: &Model,
    width: usize,
    batch: &Batch<'a>,
    index: usize,
) -> Cow<'a, AdapterState> {
    match batch.starts {
        Some(starts) => Cow::Borrowed(&starts[index]),
        None => Cow::Owned(AdapterState::initial(model, width, &batch.runs[index])),
    }
}

/// Columns of Z_A that one task computes: four lines, as many as the kernels hold in registers.
const COLUMN_BLOCK: usize = 4 * LANES;

/// Number of tasks that compute Z_A, if it has enough columns or rows: more tasks would read Z more
/// often.
const FEATURE_TASKS: usize = 16;

/// The rows of a task are a multiple of this.
const ROW_BLOCK: usize = 16;

/// A pointer into Z_A. Every task writes its own block.
struct Shareable(*mut f32);
// SAFETY: tasks get disjoint blocks, see `LiveBatch::features`.
unsafe impl Sync for Shareable {}

/// The inputs of the backward pass, run by run.
fn backward_inputs(runs: &[LiveRun]) -> Vec<&BackwardInputs> {
    runs.iter().map(|run| &run.backward).collect()
}

/// The runs of a batch that have not ended.
pub struct LiveBatch<'a> {
    shared: Shared<'a>,
    blocks: Vec<NeuronBlock>,
    runs: Vec<LiveRun>,
    /// Z_A of all runs, (runs·r) × P.
    za: AlignedMatrix,
    /// dZ_A of all runs, (runs·r) × training columns.
    dza: AlignedMatrix,
}

impl<'a> LiveBatch<'a> {
    /// Draws one start state at a time: all of them would take as much memory as the batch itself.
    pub fn new(shared: Shared<'a>, batch: &Batch) -> Self {
        let (count, width) = (batch.runs.len(), shared.frozen.width);
        let (columns, stacked) = (shared.frozen.columns, count * shared.model.rank);
        let empty = |neurons| NeuronBlock::new(neurons, count, &shared);
        let mut blocks: Vec<NeuronBlock> = ranges(width).into_par_iter().map(empty).collect();
        let start = |(index, run): (usize, &Run)| {
            let state = start(shared.model, width, batch, index);
            blocks.par_iter_mut().for_each(|block| block.start(&state));
            LiveRun::new(index, *run, state.step, &shared)
        };
        let runs = batch.runs.iter().enumerate().map(start).collect();
        Self {
            runs,
            za: AlignedMatrix::zeros(stacked, columns.all()),
            dza: AlignedMatrix::zeros(stacked, columns.train_padded()),
            blocks,
            shared,
        }
    }

    fn rank(&self) -> usize {
        self.shared.model.rank
    }

    /// Runs one stage of step `t`. The stages in order are a step; any other order is sound too.
    pub fn run(&mut self, stage: Stage, training: &Training, t: usize) {
        match stage {
            // If A does not train, Z_A is the same at every step. Step 0 is always recorded, so it
            // computes all columns.
            Stage::Features if training.train.a() || t == 0 => {
                self.features(self.columns(training, t));
            }
            Stage::Forward => self.forward(self.columns(training, t)),
            Stage::Measure => self.measure(training, t),
            Stage::UpdateB => self.update_b(training.train),
            Stage::FeatureGradient if training.train.a() => self.feature_gradient(),
            Stage::UpdateA => self.update_a(training.train),
            Stage::Features | Stage::FeatureGradient => {}
        }
    }

    /// Data columns that step `t` needs: with the held-out samples only if the step is recorded.
    fn columns(&self, training: &Training, t: usize) -> usize {
        let columns = self.shared.frozen.columns;
        if training.records(t) { columns.all() } else { columns.train_padded() }
    }

    /// Computes the blocks' parts of the outputs and, for relu, of dZ_A.
    fn forward(&mut self, columns: usize) {
        let (shared, za) = (&self.shared, self.za.as_slice());
        self.blocks.par_iter_mut().for_each(|block| block.forward(shared, za, columns));
    }

    /// Measures step `t` and prepares the inputs of the backward pass.
    fn measure(&mut self, training: &Training, t: usize) {
        let record = training.records(t);
        let (shared, za) = (&self.shared, self.za.as_slice());
        let run_size = self.shared.model.rank * self.za.stride();
        let blocks = &self.blocks;
        self.runs.par_iter_mut().zip(za.par_chunks(run_size)).enumerate().for_each(
            |(position, (run, za))| {
                run.measure(&Norms { shared, blocks, position, za }, t, record, training);
            },
        );
    }

    /// Computes Z_A = A Z for all runs, summed over neurons in order. Blocks of columns are computed in
    /// parallel, and if they are few also parts of the rows.
    fn features(&mut self, columns: usize) {
        let stride = self.za.stride();
        let rows = self.runs.len() * self.rank();
        let column_blocks = columns.div_ceil(COLUMN_BLOCK);
        let parts = FEATURE_TASKS.div_ceil(column_blocks.max(1));
        let part = rows.div_ceil(parts).next_multiple_of(ROW_BLOCK).max(ROW_BLOCK);
        let (shared, blocks) = (&self.shared, &self.blocks);
        let first = Shareable(self.za.as_mut_slice().as_mut_ptr());
        (0..column_blocks * rows.div_ceil(part)).into_par_iter().for_each(|task| {
            let first = &first;
            let (row, from) = (task / column_blocks * part, task % column_blocks * COLUMN_BLOCK);
            let (rows, width) = (row..rows.min(row + part), COLUMN_BLOCK.min(columns - from));
            // SAFETY: Z_A has `rows.end` rows of `stride` floats, and each task a block of its own.
            let out = unsafe {
                let first = first.0.add(row * stride);
                Destination::columns_of(first, rows.len(), stride, from, width)
            };
            blocks.iter().for_each(|block| block.add_features(shared, rows.clone(), from, &out));
        });
    }

    /// Computes the gradient of B and updates B. For a smooth φ also computes the blocks' parts of
    /// dZ_A.
    fn update_b(&mut self, train: Trained) {
        let (shared, za) = (&self.shared, self.za.as_slice());
        let inputs = &backward_inputs(&self.runs);
        self.blocks.par_iter_mut().for_each(|block| block.backward(shared, za, inputs, train));
    }

    /// Computes dZ_A of all runs from the blocks' parts.
    fn feature_gradient(&mut self) {
        let (shared, blocks, runs) = (&self.shared, &self.blocks, &self.runs);
        let run_size = self.shared.model.rank * self.dza.stride();
        self.dza.as_mut_slice().par_chunks_mut(run_size).zip(runs).enumerate().for_each(
            |(position, (out, run))| run.feature_gradient(shared.isa, blocks, position, out),
        );
    }

    /// Computes the gradient of A, updates A, and notes the size of both gradients.
    fn update_a(&mut self, train: Trained) {
        let (shared, dza) = (&self.shared, self.dza.as_slice());
        if train.a() {
            let inputs = &backward_inputs(&self.runs);
            self.blocks.par_iter_mut().for_each(|block| block.update_a(shared, dza, inputs));
        }
        let (blocks, entries) = (&self.blocks, shared.frozen.width * shared.model.rank);
        for (position, run) in self.runs.iter_mut().enumerate() {
            run.note_gradients(blocks, position, entries);
        }
    }

    /// Removes the runs that diverged, or all runs after the last step.
    pub fn retire(&mut self, finished: &mut [Option<Outcome>], batch: &Batch, last: bool) {
        for position in (0..self.runs.len()).rev() {
            if !last && self.runs[position].trajectory.diverged_at.is_none() {
                continue;
            }
            let state = batch.keep_states.then(|| self.state(position, batch));
            let run = self.runs.remove(position);
            finished[run.index] = Some(Outcome { trajectory: run.trajectory, state });
            self.blocks.iter_mut().for_each(|block| block.remove(position));
            let (from, to) = (position * self.rank(), (position + 1) * self.rank());
            self.za.remove_rows(from, to);
            self.dza.remove_rows(from, to);
        }
    }

    /// The parameters of one run, assembled from the blocks.
    fn state(&self, position: usize, batch: &Batch) -> AdapterState {
        let (n, r) = (self.shared.frozen.width, self.rank());
        let run = &self.runs[position];
        let before = batch.starts.map_or(0, |starts| starts[run.index].step);
        // r × n, assembled from the blocks' r × rows.
        let across = |part: fn(&NeuronBlock) -> &Vec<f32>| {
            let mut out = Array2::zeros((r, n));
            for block in &self.blocks {
                let values = &part(block)[block.part(position, r)];
                for (k, row) in values.chunks(block.rows()).enumerate() {
                    let mut to = out.slice_mut(ndarray::s![k, block.neurons.clone()]);
                    to.iter_mut().zip(row).for_each(|(to, v)| *to = *v);
                }
            }
            out
        };
        let down = |part| across(part).reversed_axes().as_standard_layout().into_owned();
        AdapterState {
            a: across(|block| &block.a.value),
            m_a: across(|block| &block.a.m),
            v_a: across(|block| &block.a.v),
            b: down(|block| &block.b.value),
            m_b: down(|block| &block.b.m),
            v_b: down(|block| &block.b.v),
            step: before + run.trajectory.losses.len() - 1,
        }
    }
}

//! A block's part of dZ_A, and the update of its part of both factors.

use super::forward::{TileFactors, preactivations};
use super::neuron_block::NeuronBlock;
use super::shared::{BackwardInputs, Shared, tiles};
use crate::aligned::LANES;
use crate::factor::Factor;
use crate::kernels::{self, DataSums, Destination, Isa, MaskedSums, NeuronRows, NeuronSums};
use crate::kernels::{Rule, SlopeTile, TILE};
use crate::spec::Trained;

impl NeuronBlock {
    /// Updates B, if it trains. For a smooth φ also computes this block's part of dZ_A/e.
    pub fn backward(
        &mut self,
        shared: &Shared,
        za: &[f32],
        inputs: &[&BackwardInputs],
        train: Trained,
    ) {
        if shared.relu() && !train.b() {
            return; // the forward pass has computed dZ_A/e
        }
        self.b_previous.copy_from_slice(&self.b.value);
        let mut gradients = vec![0.0; self.runs() * shared.model.rank * self.padded_rows()];
        if shared.relu() {
            self.relu_gradients(shared, inputs, &mut gradients);
        } else {
            self.smooth_gradients(shared, za, (inputs, train), &mut gradients);
        }
        if train.b() {
            self.update_b(shared, inputs, &mut gradients);
        }
    }

    /// dB/(s w) of all runs, runs × r × padded rows.
    fn relu_gradients(&self, shared: &Shared, inputs: &[&BackwardInputs], out: &mut [f32]) {
        let (count, padded) = (shared.model.rank, self.padded_rows());
        let (lines, tiles) = (shared.frozen.columns.train_padded() / LANES, padded / TILE);
        let runs = self.mask.chunks(lines * padded).zip(inputs);
        for ((mask, input), out) in runs.zip(out.chunks_mut(count * padded)) {
            let tables = &input.tables;
            let sums = MaskedSums { mask, tiles, tables, count, lines, out };
            kernels::masked_sums(shared.isa, sums);
        }
    }

    /// dB/(s w) and dZ_A/e for a smooth φ, each if its factor trains.
    fn smooth_gradients(
        &mut self,
        shared: &Shared,
        za: &[f32],
        (inputs, train): (&[&BackwardInputs], Trained),
        out: &mut [f32],
    ) {
        let (rank, padded) = (shared.model.rank, self.padded_rows());
        let columns = shared.frozen.columns.train_padded();
        self.dza.fill(0.0);
        let mut factors = TileFactors::new(shared, self.runs());
        let mut slopes = vec![0.0; shared.tile * columns];
        for tile in tiles(self.rows(), shared.tile) {
            factors.fill(self, shared, &tile, 0..self.runs());
            let neurons = self.tile_neurons(&tile);
            let runs = out.chunks_mut(rank * padded).zip(self.dza.chunks_mut(rank * columns));
            for (position, ((db, dza), input)) in runs.zip(inputs).enumerate() {
                let pre = preactivations(shared, za, &neurons, &factors, position);
                let slopes = &mut slopes[..tile.len() * columns];
                let (activation, linearised) = (shared.model.activation, shared.model.linearised);
                let of_tile = SlopeTile { pre, columns, slopes, linearised };
                kernels::slopes(shared.isa, activation, of_tile);
                let matrix = NeuronRows { data: slopes, stride: columns, rows: tile.len() };
                if train.a() {
                    feature_sums(shared, matrix, factors.wsb(position), dza);
                }
                if train.b() {
                    factor_sums(shared, matrix, &input.errors, &mut db[tile.start..], padded);
                }
            }
        }
    }

    fn update_b(&mut self, shared: &Shared, inputs: &[&BackwardInputs], gradients: &mut Vec<f32>) {
        self.times_readout(shared, gradients);
        let squares = self.squares.iter_mut().map(|[_, b]| b);
        let rules = inputs.iter().map(|input| input.rule_b);
        update(shared.isa, &mut self.b, gradients, rules.zip(squares));
    }

    /// Multiplies the sums over data by s w_i and removes the padding.
    fn times_readout(&self, shared: &Shared, gradients: &mut Vec<f32>) {
        let (rows, padded) = (self.rows(), self.padded_rows());
        let w_out = &shared.frozen.w_out[self.neurons.clone()];
        let factors: Vec<f32> = w_out.iter().map(|w| w * shared.multiplier()).collect();
        let count = gradients.len() / padded;
        for row in 0..count {
            if rows < padded {
                gradients.copy_within(row * padded..row * padded + rows, row * rows);
            }
            let g = &mut gradients[row * rows..(row + 1) * rows];
            g.iter_mut().zip(&factors).for_each(|(g, factor)| *g *= factor);
        }
        gradients.truncate(count * rows);
    }

    /// Computes dA = dZ_A Zᵀ on these neurons, for all runs in one product, and updates A.
    pub fn update_a(&mut self, shared: &Shared, dza: &[f32], inputs: &[&BackwardInputs]) {
        let (frozen, rank, rows) = (shared.frozen, shared.model.rank, self.rows());
        let columns = frozen.columns.train_padded();
        let stacked = inputs.len() * rank;
        let data = frozen.z.row_range(self.neurons.start, self.neurons.end);
        let mut gradient = vec![0.0f32; stacked * rows];
        kernels::data_sums(
            shared.isa,
            DataSums {
                matrix: NeuronRows { data, stride: frozen.z.stride(), rows },
                x: dza,
                count: stacked,
                columns,
                out: &mut gradient,
                step: rows,
            },
        );
        let squares = self.squares.iter_mut().map(|[a, _]| a);
        let rules = inputs.iter().map(|input| input.rule_a);
        update(shared.isa, &mut self.a, &gradient, rules.zip(squares));
    }
}

/// Updates a factor run by run, each with its rule, and sets each run's Σ g².
fn update<'a>(
    isa: Isa,
    factor: &mut Factor,
    gradient: &[f32],
    runs: impl ExactSizeIterator<Item = (Rule, &'a mut f64)>,
) {
    let size = gradient.len() / runs.len().max(1);
    for (run, (rule, squares)) in runs.enumerate() {
        let range = run * size..(run + 1) * size;
        let slice = factor.slice_mut(range.clone(), &gradient[range]);
        *squares = kernels::update(isa, rule, slice);
    }
}

/// Adds a tile's part of dZ_A/e of a run.
fn feature_sums(shared: &Shared, matrix: NeuronRows, wsb: &[f32], dza: &mut [f32]) {
    let (count, columns) = (shared.model.rank, matrix.stride);
    let out = &Destination::whole(dza, columns);
    let sums = NeuronSums { matrix, x: wsb, step: TILE, count, columns, fresh: false, out };
    kernels::neuron_sums(shared.isa, sums);
}

/// dB/(s w) of a run on a tile, `step` entries from one component of the rank to the next.
fn factor_sums(shared: &Shared, matrix: NeuronRows, x: &[f32], out: &mut [f32], step: usize) {
    let (count, columns) = (shared.model.rank, matrix.stride);
    let sums = DataSums { matrix, x, count, columns, out, step };
    kernels::data_sums(shared.isa, sums);
}

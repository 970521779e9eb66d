//! What a slab adds to Z_A and to the outputs.

use std::ops::Range;

use super::shared::{Shared, tiles};
use super::slab::Slab;
use crate::aligned::LANES;
use crate::kernels::{self, Destination, Forward, Gates, NeuronSums, Preactivations};
use crate::kernels::{ReluPass, ReluRun, ReluTile, TILE, TILE_TABLES, TileRows};
use crate::spec::Activation;

/// Floats of runs' factors and tables, an eighth of a megabyte, that go over a tile of H together:
/// they stay in the second cache.
const GROUP: usize = 32_768;

impl Slab {
    /// Adds this slab's part of Z_A = A Z, for all runs, on columns `from` to
    /// `from + columns`; the first slab's part goes over what was there.
    pub fn add_features(&self, shared: &Shared, from: usize, columns: usize, out: &Destination) {
        let (z, rows) = (&shared.frozen.z, self.rows());
        for tile in tiles(rows, TILE) {
            let neurons = self.tile_neurons(&tile);
            let data = z.row_range(neurons.start, neurons.end);
            kernels::neuron_sums(
                shared.isa,
                NeuronSums {
                    gates: Gates { data: &data[from..], stride: z.stride(), rows: tile.len() },
                    x: &self.a.value[tile.start..],
                    step: rows,
                    count: self.runs() * shared.model.rank,
                    columns,
                    fresh: neurons.start == 0,
                    out,
                },
            );
        }
    }

    /// f over the first `columns` data columns and, for relu, dZ_A/e and the gates over the training
    /// columns; all runs on a tile of H in turn.
    pub fn forward(&mut self, shared: &Shared, za: &[f32], columns: usize) {
        let mut factors = TileFactors::new(self.runs(), shared.model.rank);
        let relu = shared.model.activation == Activation::Relu;
        let first = if relu { shared.frozen.columns.train_padded() } else { 0 };
        self.f.chunks_mut(shared.frozen.h.stride()).for_each(|f| f[first..].fill(0.0));
        for tile in tiles(self.rows(), TILE) {
            factors.fill(self, shared, &tile);
            if relu {
                self.relu_tile(shared, za, &tile, &factors);
            }
            self.forward_tile(shared, za, &tile, &factors, first..columns);
        }
    }

    fn relu_tile(
        &mut self,
        shared: &Shared,
        za: &[f32],
        tile: &Range<usize>,
        factors: &TileFactors,
    ) {
        let (rank, stride) = (shared.model.rank, shared.frozen.h.stride());
        let (columns, padded) = (shared.frozen.columns.train_padded(), self.padded_rows());
        let lines = columns / LANES;
        let neurons = self.tile_neurons(tile);
        let w_out = &shared.frozen.w_out[neurons.clone()];
        let outputs = self.f.chunks_mut(stride).zip(self.dza.chunks_mut(rank * columns));
        let gates = self.gates.chunks_mut(lines * padded);
        let runs = outputs.zip(gates).enumerate().map(|(position, ((f, dza), gates))| ReluRun {
            pre: preactivations(shared, za, &neurons, factors, position),
            tables: of_run(&factors.tables, position, rank * TILE_TABLES),
            f,
            gates: &mut gates[lines * tile.start..],
            dza,
        });
        let tile = ReluTile { w_out, columns, fresh: tile.start == 0 };
        let group = (GROUP / (rank * (TILE + TILE_TABLES))).max(1);
        for runs in runs.collect::<Vec<_>>().chunks_mut(group) {
            kernels::relu_pass(shared.isa, ReluPass { tile, runs });
        }
    }

    /// f alone, over some columns.
    fn forward_tile(
        &mut self,
        shared: &Shared,
        za: &[f32],
        tile: &Range<usize>,
        factors: &TileFactors,
        columns: Range<usize>,
    ) {
        let neurons = self.tile_neurons(tile);
        let w_out = &shared.frozen.w_out[neurons.clone()];
        for (position, f) in self.f.chunks_mut(shared.frozen.h.stride()).enumerate() {
            let pre = preactivations(shared, za, &neurons, factors, position);
            let pass = Forward { pre, w_out, columns: columns.clone(), f };
            kernels::forward(shared.isa, shared.model.activation, pass);
        }
    }

    /// The neurons of a tile.
    pub fn tile_neurons(&self, tile: &Range<usize>) -> Range<usize> {
        self.neurons.start + tile.start..self.neurons.start + tile.end
    }
}

/// What all runs' B on a tile is made into before the pass.
pub struct TileFactors {
    rank: usize,
    /// s B, runs × r × `TILE`.
    sb: Vec<f32>,
    /// w s B, likewise.
    pub wsb: Vec<f32>,
    /// Subset sums of w s B over every four neurons, runs × r × `TILE_TABLES`.
    tables: Vec<f32>,
}

impl TileFactors {
    pub fn new(runs: usize, rank: usize) -> Self {
        let size = runs * rank;
        Self {
            rank,
            sb: vec![0.0; size * TILE],
            wsb: vec![0.0; size * TILE],
            tables: vec![0.0; size * TILE_TABLES],
        }
    }

    /// Of all runs on rows `tile` of a slab.
    pub fn fill(&mut self, slab: &Slab, shared: &Shared, tile: &Range<usize>) {
        let rows = TileRows {
            b: &slab.b.value,
            stride: slab.rows(),
            from: tile.start,
            w_out: &shared.frozen.w_out[slab.tile_neurons(tile)],
            multiplier: shared.multiplier(),
            sb: &mut self.sb,
            wsb: &mut self.wsb,
        };
        kernels::tile_rows(shared.isa, rows);
        if shared.model.activation == Activation::Relu {
            kernels::subset_sums(shared.isa, &self.wsb, &mut self.tables);
        }
    }
}

/// H + s B Z_A of run `position` on some neurons, which `factors` holds.
pub fn preactivations<'a>(
    shared: &Shared<'a>,
    za: &'a [f32],
    neurons: &Range<usize>,
    factors: &'a TileFactors,
    position: usize,
) -> Preactivations<'a> {
    let (h, rank) = (&shared.frozen.h, factors.rank);
    Preactivations {
        h: h.row_range(neurons.start, neurons.end),
        stride: h.stride(),
        sb: of_run(&factors.sb, position, rank * TILE),
        za: of_run(za, position, rank * h.stride()),
        rank,
    }
}

/// The part of run `position` in a stack of equal parts.
pub fn of_run(stack: &[f32], position: usize, size: usize) -> &[f32] {
    &stack[position * size..(position + 1) * size]
}

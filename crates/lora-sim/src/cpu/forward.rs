//! What a slab adds to Z_A and to the outputs.

use std::ops::Range;

use super::shared::{Shared, tiles};
use super::slab::Slab;
use crate::kernels::{self, Destination, Forward, Gates, NeuronSums, Preactivations};
use crate::kernels::{ReluPass, ReluRun, ReluTile, TILE, TILE_TABLES};
use crate::spec::Activation;

impl Slab {
    /// Adds this slab's part of Z_A = A Z, for all runs, on columns `from` to
    /// `from + columns`.
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
                    out,
                },
            );
        }
    }

    /// f over the first `columns` data columns and, for relu, dZ_A/e and the gates over the training
    /// columns; all runs on a tile of H in turn.
    pub fn forward(&mut self, shared: &Shared, za: &[f32], columns: usize) {
        self.f.fill(0.0);
        let mut factors = TileFactors::new(self.runs(), shared.model.rank);
        let relu = shared.model.activation == Activation::Relu;
        if relu {
            self.dza.fill(0.0);
        }
        for tile in tiles(self.rows(), TILE) {
            factors.fill(self, shared, &tile);
            let rest = if relu {
                self.relu_tile(shared, za, &tile, &factors);
                shared.frozen.columns.train_padded()..columns
            } else {
                0..columns
            };
            self.forward_tile(shared, za, &tile, &factors, rest);
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
        let (columns, gate_stride) = (shared.frozen.columns.train_padded(), self.padded_rows());
        let neurons = self.tile_neurons(tile);
        let w_out = &shared.frozen.w_out[neurons.clone()];
        let outputs = self.f.chunks_mut(stride).zip(self.dza.chunks_mut(rank * columns));
        let gates = self.gates.chunks_mut(columns / 16 * gate_stride);
        let runs = outputs.zip(gates).enumerate().map(|(position, ((f, dza), gates))| ReluRun {
            pre: preactivations(shared, za, &neurons, factors, position),
            tables: of_run(&factors.tables, position, rank * TILE_TABLES),
            f,
            gates: &mut gates[tile.start..],
            dza,
        });
        let runs = &mut runs.collect::<Vec<_>>();
        let tile = ReluTile { w_out, columns, gate_stride };
        kernels::relu_pass(shared.isa, ReluPass { tile, runs });
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
        let w_out = &shared.frozen.w_out[slab.tile_neurons(tile)];
        let rows = slab.b.value.chunks(slab.rows()).map(|row| &row[tile.clone()]);
        let scaled = self.sb.chunks_mut(TILE).zip(self.wsb.chunks_mut(TILE));
        for ((sb, wsb), b) in scaled.zip(rows) {
            sb[b.len()..].fill(0.0);
            wsb[b.len()..].fill(0.0);
            for (((sb, wsb), b), w) in sb.iter_mut().zip(wsb).zip(b).zip(w_out) {
                *sb = shared.multiplier() * b;
                *wsb = w * *sb;
            }
        }
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

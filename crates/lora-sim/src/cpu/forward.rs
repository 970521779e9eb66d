//! A block's part of Z_A and of the outputs.

use std::ops::Range;

use super::neuron_block::NeuronBlock;
use super::shared::{Shared, tiles};
use crate::aligned::LANES;
use crate::kernels::{self, Destination, Forward, NeuronRows, NeuronSums, Preactivations};
use crate::kernels::{ReluPass, ReluRun, ReluTile, TILE, TILE_TABLES, TileRows};

/// Floats of the factors and tables of the runs that are computed together on a tile of H, an eighth
/// of a megabyte: they stay in the second-level cache.
const GROUP: usize = 32_768;

impl NeuronBlock {
    /// Adds this block's part of Z_A = A Z, for rows `of` of the stacked runs, to the columns of `out`,
    /// of which `from` is the first. The first block overwrites what was there.
    pub fn add_features(&self, shared: &Shared, of: Range<usize>, from: usize, out: &Destination) {
        let (z, rows) = (&shared.frozen.z, self.rows());
        for tile in tiles(rows, TILE) {
            let neurons = self.tile_neurons(&tile);
            let data = z.row_range(neurons.start, neurons.end);
            kernels::neuron_sums(
                shared.isa,
                NeuronSums {
                    matrix: NeuronRows {
                        data: &data[from..],
                        stride: z.stride(),
                        rows: tile.len(),
                    },
                    x: &self.a.value[of.start * rows + tile.start..],
                    step: rows,
                    count: of.len(),
                    columns: out.columns(),
                    fresh: neurons.start == 0,
                    out,
                },
            );
        }
    }

    /// Computes f over the first `columns` data columns and, for relu, dZ_A/e and the mask over the
    /// training columns. On each tile of H it computes all runs in turn.
    pub fn forward(&mut self, shared: &Shared, za: &[f32], columns: usize) {
        let first = if shared.relu() { shared.frozen.columns.train_padded() } else { 0 };
        self.f.chunks_mut(shared.frozen.h.stride()).for_each(|f| f[first..].fill(0.0));
        let group =
            (GROUP / (shared.model.rank * (TILE + TILE_TABLES))).clamp(1, self.runs().max(1));
        let mut factors = TileFactors::new(shared, group);
        for tile in tiles(self.rows(), TILE) {
            for from in (0..self.runs()).step_by(group) {
                factors.fill(self, shared, &tile, from..self.runs().min(from + group));
                if shared.relu() {
                    self.relu_tile(shared, za, &tile, &factors);
                }
                self.forward_tile(shared, za, &tile, &factors, first..columns);
            }
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
        let mask = self.mask.chunks_mut(lines * padded);
        let runs =
            factors.of_group(outputs.zip(mask)).map(|(position, ((f, dza), mask))| ReluRun {
                pre: preactivations(shared, za, &neurons, factors, position),
                tables: factors.tables(position),
                f,
                mask: &mut mask[lines * tile.start..],
                dza,
            });
        let linearised = shared.model.linearised;
        let tile = ReluTile { w_out, columns, fresh: tile.start == 0, linearised };
        let runs = &mut runs.collect::<Vec<_>>();
        kernels::relu_pass(shared.isa, ReluPass { tile, runs });
    }

    /// Computes f alone, over some columns.
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
        for (position, f) in factors.of_group(self.f.chunks_mut(shared.frozen.h.stride())) {
            let pre = preactivations(shared, za, &neurons, factors, position);
            let linearised = shared.model.linearised;
            let pass = Forward { pre, w_out, columns: columns.clone(), f, linearised };
            kernels::forward(shared.isa, shared.model.activation, pass);
        }
    }

    /// The neurons of a tile.
    pub fn tile_neurons(&self, tile: &Range<usize>) -> Range<usize> {
        self.neurons.start + tile.start..self.neurons.start + tile.end
    }
}

/// The factors that a pass over a tile reads, computed from B of a group of runs.
pub struct TileFactors {
    rank: usize,
    /// The group of runs.
    runs: Range<usize>,
    /// s B, runs × r × `TILE`.
    sb: Vec<f32>,
    /// w s B, runs × r × `TILE`.
    wsb: Vec<f32>,
    /// Subset sums of w s B over every four neurons, runs × r × `TILE_TABLES`; empty unless φ is relu.
    tables: Vec<f32>,
}

impl TileFactors {
    /// Room for a group of `runs`.
    pub fn new(shared: &Shared, runs: usize) -> Self {
        let rank = shared.model.rank;
        let size = runs * rank;
        Self {
            rank,
            runs: 0..0,
            sb: vec![0.0; size * TILE],
            wsb: vec![0.0; size * TILE],
            tables: vec![0.0; if shared.relu() { size * TILE_TABLES } else { 0 }],
        }
    }

    /// Computes the factors of some runs on rows `tile` of a block.
    pub fn fill(
        &mut self,
        block: &NeuronBlock,
        shared: &Shared,
        tile: &Range<usize>,
        runs: Range<usize>,
    ) {
        let size = runs.len() * self.rank;
        let rows = TileRows {
            b: &block.b.value[block.part(runs.start, self.rank).start..],
            stride: block.rows(),
            from: tile.start,
            w_out: &shared.frozen.w_out[block.tile_neurons(tile)],
            multiplier: shared.multiplier(),
            sb: &mut self.sb[..size * TILE],
            wsb: &mut self.wsb[..size * TILE],
        };
        kernels::tile_rows(shared.isa, rows);
        if shared.relu() {
            let tables = &mut self.tables[..size * TILE_TABLES];
            kernels::subset_sums(shared.isa, &self.wsb[..size * TILE], tables);
        }
        self.runs = runs;
    }

    /// The items of the group's runs, with the runs' positions.
    fn of_group<T>(&self, runs: impl Iterator<Item = T>) -> impl Iterator<Item = (usize, T)> {
        runs.enumerate().skip(self.runs.start).take(self.runs.len())
    }

    fn sb(&self, position: usize) -> &[f32] {
        of_run(&self.sb, position - self.runs.start, self.rank * TILE)
    }

    /// w s B of run `position`, r × `TILE`.
    pub fn wsb(&self, position: usize) -> &[f32] {
        of_run(&self.wsb, position - self.runs.start, self.rank * TILE)
    }

    fn tables(&self, position: usize) -> &[f32] {
        of_run(&self.tables, position - self.runs.start, self.rank * TILE_TABLES)
    }
}

/// H + s B Z_A of run `position` on the neurons that `factors` was computed for.
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
        sb: factors.sb(position),
        za: of_run(za, position, rank * h.stride()),
        rank,
    }
}

/// The part of run `position` in a stack of equal parts.
fn of_run(stack: &[f32], position: usize, size: usize) -> &[f32] {
    &stack[position * size..(position + 1) * size]
}

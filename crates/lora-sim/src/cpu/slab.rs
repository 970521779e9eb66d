//! A slab: a range of neurons with the part of every run's parameters that belongs to it.

use std::ops::Range;

use super::shared::{Descent, Shared, tiles};
use crate::adapter::AdapterState;
use crate::aligned::LANES;
use crate::factor::Factor;
use crate::kernels::{self, DataSums, Destination, Forward, Gates, NeuronSums, SlopeTile};
use crate::spec::Activation;

/// The parameters of all live runs on one range of neurons, run after run in each vector.
pub struct Slab {
    pub neurons: Range<usize>,
    /// A, (runs·r) × rows, with Adam's moments and its start.
    pub a: Factor,
    /// B, runs × (rows × r), likewise.
    pub b: Factor,
    /// B before the last update.
    pub b_previous: Vec<f32>,
    /// This slab's part of each run's output, runs × P.
    pub f: Vec<f32>,
    /// This slab's part of Σ_i gate (w s B), runs × (r × train columns).
    pub dza: Vec<f32>,
    signs: Vec<u16>,
    /// Σ g² over this slab at the last update, for A and B of each run.
    pub squares: Vec<[f64; 2]>,
}

impl Slab {
    /// Cuts this range out of the start states.
    pub fn new(neurons: Range<usize>, states: &[AdapterState], shared: &Shared) -> Self {
        let (rows, runs) = (neurons.len(), states.len());
        let columns = shared.frozen.columns;
        let mut slab = Self {
            neurons,
            a: Factor::default(),
            b: Factor::default(),
            b_previous: Vec::new(),
            f: vec![0.0; runs * columns.all()],
            dza: vec![0.0; runs * shared.model.rank * columns.train_padded()],
            signs: vec![0; runs * rows * columns.all() / LANES],
            squares: vec![[0.0; 2]; runs],
        };
        for state in states {
            let range = slab.neurons.clone();
            let across = |m: &ndarray::Array2<f32>, out: &mut Vec<f32>| {
                m.rows()
                    .into_iter()
                    .for_each(|row| out.extend(row.iter().take(range.end).skip(range.start)));
            };
            across(&state.a, &mut slab.a.value);
            across(&state.m_a, &mut slab.a.m);
            across(&state.v_a, &mut slab.a.v);
            let down = |m: &ndarray::Array2<f32>, out: &mut Vec<f32>| {
                range.clone().for_each(|i| out.extend(m.row(i)));
            };
            down(&state.b, &mut slab.b.value);
            down(&state.m_b, &mut slab.b.m);
            down(&state.v_b, &mut slab.b.v);
        }
        slab.a.start = slab.a.value.clone();
        slab.b.start = slab.b.value.clone();
        slab.b_previous = slab.b.value.clone();
        slab
    }

    pub fn rows(&self) -> usize {
        self.neurons.len()
    }

    /// Where run `position` has its part of A, B and `b_previous`.
    pub fn part(&self, position: usize, rank: usize) -> Range<usize> {
        let size = self.rows() * rank;
        position * size..(position + 1) * size
    }

    /// The rows of a tile in `part`.
    fn tile_part(&self, position: usize, rank: usize, tile: &Range<usize>) -> Range<usize> {
        let from = self.part(position, rank).start;
        from + tile.start * rank..from + tile.end * rank
    }

    /// The neurons of a tile.
    fn tile_neurons(&self, tile: &Range<usize>) -> Range<usize> {
        self.neurons.start + tile.start..self.neurons.start + tile.end
    }

    /// Where run `position` has the signs of a tile.
    fn tile_signs(&self, position: usize, stride: usize, tile: &Range<usize>) -> Range<usize> {
        let (from, lines) = (position * self.rows(), stride / LANES);
        (from + tile.start) * lines..(from + tile.end) * lines
    }

    /// Adds this slab's part of Z_A = A Z, for all runs, on columns `from` to
    /// `from + columns`, which `out` is.
    pub fn add_features(&self, shared: &Shared, from: usize, columns: usize, out: &Destination) {
        let (z, rows) = (&shared.frozen.z, self.rows());
        for tile in tiles(rows, shared.tile) {
            let neurons = self.tile_neurons(&tile);
            let data = z.row_range(neurons.start, neurons.end);
            kernels::neuron_sums_floats(
                shared.isa,
                NeuronSums {
                    gates: Gates { data: &data[from..], stride: z.stride(), rows: tile.len() },
                    x: &self.a.value[tile.start..],
                    row_step: 1,
                    count_step: rows,
                    count: self.squares.len() * shared.model.rank,
                    columns,
                    out,
                },
            );
        }
    }

    /// f and the signs over the first `columns` data columns; all runs on a tile of H in turn.
    pub fn forward(&mut self, shared: &Shared, za: &[f32], columns: usize) {
        let (frozen, rank) = (shared.frozen, shared.model.rank);
        let stride = frozen.h.stride();
        let runs = self.squares.len();
        self.f.fill(0.0);
        let mut sb = vec![0.0f32; shared.tile * rank];
        for tile in tiles(self.rows(), shared.tile) {
            let neurons = self.tile_neurons(&tile);
            for run in 0..runs {
                let b = &self.b.value[self.tile_part(run, rank, &tile)];
                let sb = scaled(&mut sb, b, |_| shared.multiplier(), rank);
                let signs = self.tile_signs(run, stride, &tile);
                kernels::forward(
                    shared.isa,
                    shared.model.activation,
                    Forward {
                        h: frozen.h.row_range(neurons.start, neurons.end),
                        stride,
                        sb,
                        za: of_run(za, run, rank * stride),
                        w_out: &frozen.w_out[neurons.clone()],
                        rank,
                        columns,
                        f: &mut self.f[run * stride..(run + 1) * stride],
                        signs: &mut self.signs[signs],
                    },
                );
            }
        }
    }

    /// This slab's part of dZ_A, and the update of B.
    pub fn backward(&mut self, shared: &Shared, za: &[f32], descents: &[&Descent]) {
        let rank = shared.model.rank;
        let mut scratch = Scratch::new(shared, rank);
        self.dza.fill(0.0);
        self.b_previous.copy_from_slice(&self.b.value);
        for (position, descent) in descents.iter().enumerate() {
            self.squares[position][1] = 0.0;
            for tile in tiles(self.rows(), shared.tile) {
                self.backward_tile(shared, za, descent, position, &tile, &mut scratch);
                let w_out = &shared.frozen.w_out[self.neurons.start + tile.start..];
                for (g, w) in scratch.db.chunks_mut(rank).zip(w_out) {
                    g.iter_mut().for_each(|g| *g *= w * shared.multiplier());
                }
                let range = self.tile_part(position, rank, &tile);
                let stretch = self.b.stretch(range, &scratch.db[..tile.len() * rank]);
                self.squares[position][1] += kernels::update(shared.isa, descent.rule_b, stretch);
            }
        }
    }

    fn backward_tile(
        &mut self,
        shared: &Shared,
        za: &[f32],
        descent: &Descent,
        position: usize,
        tile: &Range<usize>,
        scratch: &mut Scratch,
    ) {
        let (frozen, rank) = (shared.frozen, shared.model.rank);
        let (stride, columns) = (frozen.h.stride(), frozen.columns.train_padded());
        let neurons = self.tile_neurons(tile);
        let signs = self.tile_signs(position, stride, tile);
        let b = &self.b.value[self.tile_part(position, rank, tile)];
        let w_out = &frozen.w_out[neurons.clone()];
        let s = shared.multiplier();
        let wb = scaled(&mut scratch.wb, b, |row| w_out[row] * s, rank);
        let out = &mut self.dza[position * rank * columns..(position + 1) * rank * columns];
        let out = &Destination::whole(out, columns);
        let db = &mut scratch.db[..tile.len() * rank];
        let (x, rows) = (&descent.errors[..], tile.len());
        if shared.model.activation == Activation::Relu {
            let gates = Gates { data: &self.signs[signs], stride: stride / LANES, rows };
            kernels::neuron_sums_bits(shared.isa, feature_sums(gates, wb, rank, columns, out));
            kernels::data_sums_bits(shared.isa, factor_sums(gates, x, rank, columns, db));
        } else {
            let sb = scaled(&mut scratch.sb, b, |_| s, rank);
            let slopes = &mut scratch.slopes[..rows * columns];
            let h = frozen.h.row_range(neurons.start, neurons.end);
            let za = of_run(za, position, rank * stride);
            let tile = SlopeTile { h, stride, sb, za, rank, columns, slopes };
            kernels::slopes(shared.isa, shared.model.activation, tile);
            let gates = Gates { data: &scratch.slopes[..], stride: columns, rows };
            kernels::neuron_sums_floats(shared.isa, feature_sums(gates, wb, rank, columns, out));
            kernels::data_sums_floats(shared.isa, factor_sums(gates, x, rank, columns, db));
        }
    }

    /// dA = dZ_A Zᵀ on these neurons, for all runs in one product, and the update of A.
    pub fn update_a(&mut self, shared: &Shared, dza: &[f32], descents: &[&Descent]) {
        let (frozen, rank, rows) = (shared.frozen, shared.model.rank, self.rows());
        let columns = frozen.columns.train_padded();
        let stacked = descents.len() * rank;
        let data = frozen.z.row_range(self.neurons.start, self.neurons.end);
        let mut gradient = vec![0.0f32; stacked * rows];
        kernels::data_sums_floats(
            shared.isa,
            DataSums {
                gates: Gates { data, stride: frozen.z.stride(), rows },
                x: dza,
                count: stacked,
                columns,
                out: &mut gradient,
                row_step: 1,
                count_step: rows,
            },
        );
        for (position, descent) in descents.iter().enumerate() {
            let range = self.part(position, rank);
            let stretch = self.a.stretch(range.clone(), &gradient[range]);
            self.squares[position][0] = kernels::update(shared.isa, descent.rule_a, stretch);
        }
    }

    /// Forgets run `position`.
    pub fn remove(&mut self, position: usize, shared: &Shared) {
        let range = self.part(position, shared.model.rank);
        self.a.remove(range.clone());
        self.b.remove(range.clone());
        self.b_previous.drain(range);
        let chunk = |total: usize, runs: usize| {
            let size = total / runs;
            position * size..(position + 1) * size
        };
        let runs = self.squares.len();
        self.f.drain(chunk(self.f.len(), runs));
        self.dza.drain(chunk(self.dza.len(), runs));
        self.signs.drain(chunk(self.signs.len(), runs));
        self.squares.remove(position);
    }
}

struct Scratch {
    wb: Vec<f32>,
    sb: Vec<f32>,
    db: Vec<f32>,
    slopes: Vec<f32>,
}

impl Scratch {
    fn new(shared: &Shared, rank: usize) -> Self {
        let factor = || vec![0.0; shared.tile * rank];
        let smooth = shared.model.activation != Activation::Relu;
        let slopes = if smooth { shared.tile * shared.frozen.columns.train_padded() } else { 0 };
        Self { wb: factor(), sb: factor(), db: factor(), slopes: vec![0.0; slopes] }
    }
}

/// The part of run `position` in a stack of equal parts.
fn of_run(stack: &[f32], position: usize, size: usize) -> &[f32] {
    &stack[position * size..(position + 1) * size]
}

/// A tile's part of dZ_A/e of a run.
fn feature_sums<'a, G>(
    gates: Gates<'a, G>,
    x: &'a [f32],
    rank: usize,
    columns: usize,
    out: &'a Destination<'a>,
) -> NeuronSums<'a, G> {
    NeuronSums { gates, x, row_step: rank, count_step: 1, count: rank, columns, out }
}

/// dB/(s w) of a run on a tile.
fn factor_sums<'a, G>(
    gates: Gates<'a, G>,
    x: &'a [f32],
    rank: usize,
    columns: usize,
    out: &'a mut [f32],
) -> DataSums<'a, G> {
    DataSums { gates, x, count: rank, columns, out, row_step: rank, count_step: 1 }
}

/// out_ik = scale(i) · b_ik.
fn scaled<'a>(
    out: &'a mut [f32],
    b: &[f32],
    scale: impl Fn(usize) -> f32,
    rank: usize,
) -> &'a [f32] {
    for (row, (out, b)) in out.chunks_mut(rank).zip(b.chunks(rank)).enumerate() {
        let scale = scale(row);
        out.iter_mut().zip(b).for_each(|(out, b)| *out = scale * b);
    }
    &out[..b.len()]
}

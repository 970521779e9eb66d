//! Sums over neurons and over data.

use super::*;
use crate::kernels::{DataSums, Destination, NeuronRows, NeuronSums, data_sums, neuron_sums};

/// A matrix with one row per neuron, and further entries behind every row.
struct Matrix {
    rows: usize,
    columns: usize,
    stride: usize,
    data: Vec<f32>,
}

impl Matrix {
    fn random(rows: usize, columns: usize, further: usize, numbers: &mut Numbers) -> Self {
        let stride = columns + further;
        Self { rows, columns, stride, data: numbers.some(rows * stride) }
    }

    fn neuron_rows(&self, from: usize) -> NeuronRows<'_> {
        NeuronRows { data: &self.data[from..], stride: self.stride, rows: self.rows }
    }

    fn at(&self, row: usize, column: usize) -> f64 {
        f64::from(self.data[row * self.stride + column])
    }
}

/// Neuron sums over tiles, into all columns of a matrix, block by block.
struct OverNeurons {
    tiles: Vec<Matrix>,
    /// Columns of every block.
    blocks: Vec<usize>,
    count: usize,
    /// Further entries behind every row of x.
    further: usize,
    /// Of every tile.
    x: Vec<Vec<f32>>,
    before: Option<f32>,
}

/// Floats of the result before and behind the columns that are written.
const MARGIN: usize = 16;

impl OverNeurons {
    fn columns(&self) -> usize {
        self.blocks.iter().sum()
    }

    fn step(&self, tile: &Matrix) -> usize {
        tile.rows + self.further
    }

    /// count × (columns and both margins).
    fn run(&self, isa: Isa) -> Vec<f32> {
        let stride = self.columns() + 2 * MARGIN;
        let mut out = vec![GUARD; self.count * stride];
        for row in out.chunks_mut(stride) {
            row[MARGIN..stride - MARGIN].fill(self.before.unwrap_or(f32::NAN));
        }
        let mut from = 0;
        for &columns in &self.blocks {
            for (position, (tile, x)) in self.tiles.iter().zip(&self.x).enumerate() {
                let first = out.as_mut_ptr();
                // SAFETY: `first` points to `count` rows of `stride` floats, and nobody else is here.
                let out = &unsafe {
                    Destination::columns_of(first, self.count, stride, MARGIN + from, columns)
                };
                let (matrix, step, count) = (tile.neuron_rows(from), self.step(tile), self.count);
                let fresh = position == 0 && self.before.is_none();
                neuron_sums(isa, NeuronSums { matrix, x, step, count, columns, fresh, out });
            }
            from += columns;
        }
        out
    }

    fn check(&self, out: &[f32]) {
        let rows: usize = self.tiles.iter().map(|tile| tile.rows).sum();
        for (k, out) in out.chunks(self.columns() + 2 * MARGIN).enumerate() {
            let (left, rest) = out.split_at(MARGIN);
            let (out, right) = rest.split_at(self.columns());
            assert!(left.iter().chain(right).all(|&x| x == GUARD));
            for (column, &got) in out.iter().enumerate() {
                self.sum(k, column).assert_rounds_to(got, rows + self.tiles.len());
            }
        }
    }

    fn sum(&self, k: usize, column: usize) -> Sum {
        let mut sum = Sum::of([f64::from(self.before.unwrap_or(0.0))]);
        for (tile, x) in self.tiles.iter().zip(&self.x) {
            for row in 0..tile.rows {
                sum.take(f64::from(x[k * self.step(tile) + row]) * tile.at(row, column));
            }
        }
        sum
    }
}

/// Data sums over a matrix with one row per neuron.
struct OverData {
    matrix: Matrix,
    count: usize,
    x: Vec<f32>,
    /// Further entries behind every row of the result.
    further: usize,
}

impl OverData {
    fn step(&self) -> usize {
        self.matrix.rows + self.further
    }

    fn run(&self, isa: Isa) -> Vec<f32> {
        let (step, columns, count) = (self.step(), self.matrix.columns, self.count);
        let mut out = vec![GUARD; count * step];
        let (matrix, x) = (self.matrix.neuron_rows(0), &self.x[..]);
        data_sums(isa, DataSums { matrix, x, count, columns, out: &mut out, step });
        out
    }

    fn check(&self, out: &[f32]) {
        let columns = self.matrix.columns;
        for (x, out) in self.x.chunks(columns).zip(out.chunks(self.step())) {
            for (row, &got) in out[..self.matrix.rows].iter().enumerate() {
                let products =
                    x.iter().enumerate().map(|(c, &x)| f64::from(x) * self.matrix.at(row, c));
                Sum::of(products).assert_rounds_to(got, columns);
            }
            assert!(out[self.matrix.rows..].iter().all(|&x| x == GUARD));
        }
    }
}

/// count, lines: few, or so many that the sums go over x in chunks and groups.
fn counts() -> impl Strategy<Value = (usize, usize)> {
    let large = (33usize..=100).prop_flat_map(|lines| {
        let group = 65_536 / (lines * 16);
        (1..=group + 9, Just(lines))
    });
    prop_oneof![3 => (1usize..=9, 1usize..=9), 1 => large]
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn sums_over_neurons_agree_with_f64(
        rows in prop::collection::vec(1usize..=40, 1..=3),
        lines in prop::collection::vec(1usize..=7, 1..=3),
        (count, further) in (1usize..=9, 0usize..=5),
        old in -2.0f32..2.0,
        fresh: bool,
        seed: u64,
    ) {
        let mut numbers = Numbers(seed);
        let blocks: Vec<_> = lines.iter().map(|lines| lines * 16).collect();
        let columns = blocks.iter().sum();
        let random = |&rows: &usize| Matrix::random(rows, columns, 3 * further, &mut numbers);
        let tiles: Vec<_> = rows.iter().map(random).collect();
        let x = rows.iter().map(|rows| numbers.some(count * (rows + further))).collect();
        let before = (!fresh).then_some(old);
        let sums = OverNeurons { tiles, blocks, count, further, x, before };
        on_all_sets(|isa| sums.run(isa)).iter().for_each(|out| sums.check(out));
    }

    #[test]
    fn sums_over_data_agree_with_f64(
        rows in 1usize..=9,
        (count, lines) in counts(),
        further in 0usize..=5,
        seed: u64,
    ) {
        let mut numbers = Numbers(seed);
        let matrix = Matrix::random(rows, lines * 16, 3 * further, &mut numbers);
        let x = numbers.some(count * lines * 16);
        let sums = OverData { matrix, count, x, further };
        on_all_sets(|isa| sums.run(isa)).iter().for_each(|out| sums.check(out));
    }
}

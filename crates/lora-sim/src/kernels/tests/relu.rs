//! relu's pass: outputs, masks and dZ_A over several tiles and runs.

use super::tables::tables;
use super::*;
use crate::kernels::{Preactivations, ReluPass, ReluRun, ReluTile};
use crate::kernels::{TILE, relu_pass};

/// Sizes of a pass.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Neurons of every tile.
    pub tiles: Vec<usize>,
    pub lines: usize,
    /// Lines of H and Z_A beyond those that the pass goes over.
    pub further: usize,
    pub rank: usize,
    pub runs: usize,
    /// Whether bits are those of H.
    pub linearised: bool,
}

impl Shape {
    pub fn any() -> impl Strategy<Value = Self> {
        let tiles = prop::collection::vec(1usize..=TILE, 1..=3);
        let sizes = (1usize..=9, 0usize..=2, 1usize..=9, 1usize..=5);
        (tiles, sizes, any::<bool>()).prop_map(
            |(tiles, (lines, further, rank, runs), linearised)| Self {
                tiles,
                lines,
                further,
                rank,
                runs,
                linearised,
            },
        )
    }

    pub fn columns(&self) -> usize {
        self.lines * 16
    }

    pub fn stride(&self) -> usize {
        (self.lines + self.further) * 16
    }
}

/// A tile of neurons, as all runs see it.
pub struct Tile {
    pub w_out: Vec<f32>,
    pub h: Vec<f32>,
    /// s B of every run, zero behind the last neuron.
    pub sb: Vec<Vec<f32>>,
    /// w s B, likewise.
    pub wsb: Vec<Vec<f32>>,
}

impl Tile {
    fn random(shape: &Shape, rows: usize, numbers: &mut Numbers) -> Self {
        let (w_out, mut h) = (numbers.some(rows), numbers.some(rows * shape.stride()));
        // Where B is zero too the preactivation is, exactly: its bit must be off.
        h[..shape.stride()].fill(0.0);
        let mut tile = Self { w_out, h, sb: Vec::new(), wsb: Vec::new() };
        for _ in 0..shape.runs {
            let entry = |at: usize| if at % TILE < rows { numbers.one() } else { 0.0 };
            tile.sb.push((0..shape.rank * TILE).map(entry).collect());
            tile.wsb.push(vec![]);
        }
        tile.multiply();
        tile
    }

    /// w s B anew.
    pub fn multiply(&mut self) {
        for (sb, wsb) in self.sb.iter().zip(&mut self.wsb) {
            let w = |at: usize| self.w_out.get(at % TILE).copied().unwrap_or(0.0);
            *wsb = sb.iter().enumerate().map(|(at, b)| w(at) * b).collect();
        }
    }

    fn preactivations<'a>(
        &'a self,
        shape: &Shape,
        run: usize,
        za: &'a [f32],
    ) -> Preactivations<'a> {
        let (stride, rank) = (shape.stride(), shape.rank);
        Preactivations { h: &self.h, stride, sb: &self.sb[run], za, rank }
    }

    /// H + s B Z_A.
    fn pre(&self, shape: &Shape, za: &[f32], run: usize, [row, column]: [usize; 2]) -> Sum {
        let at = |k: usize| k * shape.stride() + column;
        let products =
            (0..shape.rank).map(|k| f64::from(self.sb[run][k * TILE + row]) * f64::from(za[at(k)]));
        Sum::of(products.chain([f64::from(self.h[row * shape.stride() + column])]))
    }
}

/// Operands of passes over some tiles.
pub struct Passes {
    pub shape: Shape,
    pub tiles: Vec<Tile>,
    /// Of every run.
    pub za: Vec<Vec<f32>>,
}

/// What passes leave of a run.
#[derive(Clone)]
pub struct Left {
    pub f: Vec<f32>,
    /// Of every tile.
    pub masks: Vec<Vec<u16>>,
    pub dza: Vec<f32>,
}

impl Left {
    pub fn is_on(&self, tile: usize, row: usize, column: usize) -> bool {
        self.masks[tile][column / 16 * TILE + row] >> (column % 16) & 1 == 1
    }

    /// All numbers in a row, masks among them.
    fn flat(&self) -> Vec<f32> {
        let masks = self.masks.iter().flatten().map(|&word| f32::from(word));
        self.f.iter().chain(&self.dza).copied().chain(masks).collect()
    }
}

impl Passes {
    pub fn random(shape: Shape, seed: u64) -> Self {
        let mut numbers = Numbers(seed);
        let tiles = shape.tiles.iter().map(|&rows| Tile::random(&shape, rows, &mut numbers));
        let tiles = tiles.collect();
        let za = (0..shape.runs).map(|_| numbers.some(shape.rank * shape.stride())).collect();
        Self { shape, tiles, za }
    }

    /// All tiles in turn, some runs at once; `before`, where sums do not begin with the first tile.
    pub fn of_runs(&self, isa: Isa, runs: &[usize], before: Option<f32>) -> Vec<Left> {
        let shape = &self.shape;
        let mut left: Vec<_> = runs.iter().map(|_| self.untouched(before)).collect();
        for (position, tile) in self.tiles.iter().enumerate() {
            let tables: Vec<_> = runs.iter().map(|&run| tables(isa, &tile.wsb[run])).collect();
            let operands = left.iter_mut().zip(runs).zip(&tables);
            let mut operands: Vec<_> = operands
                .map(|((left, &run), tables)| ReluRun {
                    pre: tile.preactivations(shape, run, &self.za[run]),
                    tables,
                    f: &mut left.f,
                    mask: &mut left.masks[position],
                    dza: &mut left.dza,
                })
                .collect();
            let fresh = position == 0 && before.is_none();
            let (w_out, columns, linearised) = (&tile.w_out[..], shape.columns(), shape.linearised);
            let tile = ReluTile { w_out, columns, fresh, linearised };
            relu_pass(isa, ReluPass { tile, runs: &mut operands });
        }
        left
    }

    pub fn all_runs(&self, isa: Isa, before: Option<f32>) -> Vec<Left> {
        self.of_runs(isa, &(0..self.shape.runs).collect::<Vec<_>>(), before)
    }

    fn untouched(&self, before: Option<f32>) -> Left {
        let (shape, before) = (&self.shape, before.unwrap_or(f32::NAN));
        let mut f = vec![GUARD; shape.stride()];
        f[..shape.columns()].fill(before);
        let masks = vec![vec![0xbeef; shape.lines * TILE]; self.tiles.len()];
        Left { f, masks, dza: vec![before; shape.rank * shape.columns()] }
    }

    /// What run `run` left, against sums under its own masks.
    fn check(&self, run: usize, left: &Left, before: Option<f32>) {
        let (shape, before) = (&self.shape, f64::from(before.unwrap_or(0.0)));
        let rows: usize = shape.tiles.iter().sum();
        for column in 0..shape.columns() {
            let mut f = Sum::of([before]);
            let mut dza = vec![Sum::of([before]); shape.rank];
            for (position, tile) in self.tiles.iter().enumerate() {
                for (row, &w) in tile.w_out.iter().enumerate() {
                    let pre = tile.pre(shape, &self.za[run], run, [row, column]);
                    let on = left.is_on(position, row, column);
                    let h = f64::from(tile.h[row * shape.stride() + column]);
                    self.check_bit(if shape.linearised { Sum::exact(h) } else { pre }, on);
                    let (w, open) = (f64::from(w), f64::from(u8::from(on)));
                    f.value += open * w * pre.value;
                    f.size += w.abs() * pre.size;
                    for (k, dza) in dza.iter_mut().enumerate() {
                        dza.take(open * f64::from(tile.wsb[run][k * TILE + row]));
                    }
                }
            }
            f.assert_rounds_to(left.f[column], rows + shape.rank + 1);
            for (k, dza) in dza.iter().enumerate() {
                dza.assert_rounds_to(left.dza[k * shape.columns() + column], rows + 1);
            }
        }
        self.check_untouched(left);
    }

    /// Within rounding of zero a bit may be either; at zero it is off.
    fn check_bit(&self, pre: Sum, on: bool) {
        if pre.size == 0.0 || pre.value.abs() > pre.bound(self.shape.rank + 1) {
            assert_eq!(on, pre.value > 0.0, "bit of {pre:?}");
        }
    }

    fn check_untouched(&self, left: &Left) {
        assert!(left.f[self.shape.columns()..].iter().all(|&f| f == GUARD));
        for (masks, &rows) in left.masks.iter().zip(&self.shape.tiles) {
            let behind = masks.chunks(TILE).flat_map(|words| &words[rows..]);
            assert!(behind.into_iter().all(|&word| word == 0xbeef));
        }
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn sums_agree_with_f64(shape in Shape::any(), old in -2.0f32..2.0, fresh: bool, seed: u64) {
        let passes = Passes::random(shape, seed);
        let before = (!fresh).then_some(old);
        let flat = |isa| passes.all_runs(isa, before).iter().flat_map(Left::flat).collect();
        on_all_sets(flat);
        for isa in Isa::available() {
            for (run, left) in passes.all_runs(isa, before).iter().enumerate() {
                passes.check(run, left, before);
            }
        }
    }

    #[test]
    fn who_else_shares_the_pass_changes_nothing(shape in Shape::any(), seed: u64) {
        let passes = Passes::random(shape, seed);
        for isa in Isa::available() {
            for (run, left) in passes.all_runs(isa, None).iter().enumerate() {
                let alone = passes.of_runs(isa, &[run], None);
                assert_same(&left.flat(), &alone[0].flat(), isa.name());
            }
        }
    }
}

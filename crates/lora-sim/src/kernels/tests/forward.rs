//! φ, φ' and the forward pass of every activation.

use super::*;
use crate::activation;
use crate::kernels::{Forward, Preactivations, SlopeTile, TILE, activate, forward, slopes};
use crate::spec::Activation;

const ACTIVATIONS: [Activation; 3] = [Activation::Relu, Activation::Tanh, Activation::Gelu];

/// A tile under one activation.
struct Tile {
    activation: Activation,
    /// Whether φ is replaced by its tangent at H.
    linearised: bool,
    rows: usize,
    rank: usize,
    stride: usize,
    h: Vec<f32>,
    sb: Vec<f32>,
    za: Vec<f32>,
    w_out: Vec<f32>,
}

impl Tile {
    fn random(
        (activation, linearised): (Activation, bool),
        [rows, lines, rank]: [usize; 3],
        seed: u64,
    ) -> Self {
        let (mut numbers, stride) = (Numbers(seed), lines * 16);
        // To ±4, where all activations have bent.
        let h = numbers.some(rows * stride).iter().map(|h| 4.0 * h).collect();
        let sb = numbers.some(rank * TILE);
        let (za, w_out) = (numbers.some(rank * stride), numbers.some(rows));
        Self { activation, linearised, rows, rank, stride, h, sb, za, w_out }
    }

    fn preactivations(&self) -> Preactivations<'_> {
        let Self { h, sb, za, rank, stride, .. } = self;
        Preactivations { h, stride: *stride, sb, za, rank: *rank }
    }

    fn pre(&self, row: usize, column: usize) -> Sum {
        let (sb, za) = (&self.sb[row..], &self.za[column..]);
        let products =
            (0..self.rank).map(|k| f64::from(sb[k * TILE]) * f64::from(za[k * self.stride]));
        Sum::of(products.chain([f64::from(self.h[row * self.stride + column])]))
    }

    fn h(&self, row: usize, column: usize) -> f64 {
        f64::from(self.h[row * self.stride + column])
    }

    /// φ(pre) or its tangent at H, and how far it may be off.
    fn response(&self, row: usize, column: usize) -> [f64; 2] {
        let (pre, h, activation) = (self.pre(row, column), self.h(row, column), self.activation);
        // |φ'| ≤ 1.13.
        let before = 1.13 * pre.bound(self.rank + 1);
        if !self.linearised {
            return [activation::value(activation, pre.value), value_error(pre.value) + before];
        }
        let moved = pre.value - h;
        let rounding = 2.0 * EPSILON * (pre.value.abs() + h.abs());
        let within = value_error(h) + slope_error(h) * moved.abs() + before + rounding;
        [activation::value(activation, h) + activation::slope(activation, h) * moved, within]
    }

    /// f over some lines, `old` before; all others are left as they are.
    fn outputs(&self, isa: Isa, columns: std::ops::Range<usize>, old: f32) -> Vec<f32> {
        let mut f = vec![GUARD; self.stride];
        f[columns.clone()].fill(old);
        let (pre, w_out, linearised) = (self.preactivations(), &self.w_out[..], self.linearised);
        forward(isa, self.activation, Forward { pre, w_out, columns, f: &mut f, linearised });
        f
    }

    fn check_output(&self, column: usize, old: f32, got: f32) {
        let (mut f, mut within) = (Sum::of([f64::from(old)]), 0.0);
        for (row, &w) in self.w_out.iter().enumerate() {
            let [value, off] = self.response(row, column);
            f.take(f64::from(w) * value);
            within += f64::from(w).abs() * off;
        }
        within += f.bound(self.rows + 1);
        let off = (f64::from(got) - f.value).abs();
        assert!(off <= within, "{:?}: {got}, not {}: {off:e}", self.activation, f.value);
    }

    fn slopes(&self, isa: Isa, columns: usize) -> Vec<f32> {
        let mut out = vec![f32::NAN; self.rows * columns];
        let (pre, linearised) = (self.preactivations(), self.linearised);
        slopes(isa, self.activation, SlopeTile { pre, columns, slopes: &mut out, linearised });
        out
    }

    fn check_slope(&self, row: usize, column: usize, got: f32) {
        let pre = match self.linearised {
            true => Sum::exact(self.h(row, column)),
            false => self.pre(row, column),
        };
        let clear = pre.value.abs() > pre.bound(self.rank + 1) || pre.size == 0.0;
        if self.activation == Activation::Relu && !clear {
            return;
        }
        // |φ''| ≤ 1.
        let within = slope_error(pre.value) + pre.bound(self.rank + 1);
        let off = (f64::from(got) - activation::slope(self.activation, pre.value)).abs();
        assert!(off <= within, "{:?}' at {}: off by {off:e}", self.activation, pre.value);
    }
}

/// φ of an exact x: tanh is a quotient of a polynomial's powers, each a few ε off; GELU is x/2 times
/// one of them and 1.
fn value_error(x: f64) -> f64 {
    8.0 * EPSILON * (1.0 + x.abs())
}

/// φ' of an exact x: GELU's has 1 − tanh², a few ε off, times x/2 and the slope of its argument.
fn slope_error(x: f64) -> f64 {
    8.0 * EPSILON * (1.0 + x.abs() * (1.0 + 0.14 * x * x))
}

fn activations() -> impl Strategy<Value = Activation> {
    prop::sample::select(&ACTIVATIONS[..])
}

/// An activation, and whether it is replaced by its tangent at H.
fn responses() -> impl Strategy<Value = (Activation, bool)> {
    (activations(), any::<bool>())
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn activations_agree_with_f64(activation in activations(), seed: u64) {
        let mut numbers = Numbers(seed);
        let x: Vec<_> = numbers.some(160).iter().map(|x| 12.0 * x).collect();
        let run = |isa| {
            let mut out = x.clone();
            activate(isa, activation, &mut out);
            out
        };
        for out in on_all_sets(run) {
            for (&x, got) in x.iter().zip(out) {
                let off = (f64::from(got) - activation::value(activation, x.into())).abs();
                prop_assert!(off <= value_error(x.into()), "{:?}({}) = {}", activation, x, got);
            }
        }
    }

    #[test]
    fn outputs_agree_with_f64(
        response in responses(),
        (rows, lines, rank) in (1usize..=TILE, 1usize..=9, 1usize..=9),
        ends in (0usize..=9, 0usize..=9),
        old in -2.0f32..2.0,
        seed: u64,
    ) {
        let tile = Tile::random(response, [rows, lines, rank], seed);
        let (from, to) = (ends.0.min(ends.1).min(lines) * 16, ends.0.max(ends.1).min(lines) * 16);
        for f in on_all_sets(|isa| tile.outputs(isa, from..to, old)) {
            for (column, &f) in f.iter().enumerate() {
                if (from..to).contains(&column) {
                    tile.check_output(column, old, f);
                } else {
                    prop_assert_eq!(f, GUARD);
                }
            }
        }
    }

    #[test]
    fn slopes_agree_with_f64(
        response in responses(),
        (rows, lines, rank) in (1usize..=TILE, 1usize..=9, 1usize..=9),
        further in 0usize..=2,
        seed: u64,
    ) {
        let tile = Tile::random(response, [rows, lines + further, rank], seed);
        for out in on_all_sets(|isa| tile.slopes(isa, lines * 16)) {
            for (row, slopes) in out.chunks(lines * 16).enumerate() {
                for (column, &slope) in slopes.iter().enumerate() {
                    tile.check_slope(row, column, slope);
                }
            }
        }
    }
}

/// Up to the largest f32, whose square is infinite.
#[test]
fn slopes_have_limits_however_large_a_preactivation_is() {
    let large = [10.0f32, 1e6, 1e13, 1e19, 1e30, f32::MAX, f32::INFINITY, f32::NAN];
    let h: Vec<_> = large.iter().flat_map(|&x| [x, -x]).collect();
    let limits = |high: f32| {
        let ends = large.iter().flat_map(|x| if x.is_nan() { [*x; 2] } else { [high, 0.0] });
        ends.collect::<Vec<_>>()
    };
    for (activation, high) in [(Activation::Tanh, 0.0), (Activation::Gelu, 1.0)] {
        let tile = Tile {
            activation,
            linearised: false,
            rows: 1,
            rank: 0,
            stride: 16,
            h: h.clone(),
            sb: vec![],
            za: vec![],
            w_out: vec![1.0],
        };
        for isa in Isa::available() {
            assert_same(&tile.slopes(isa, 16), &limits(high), isa.name());
        }
    }
}

#[test]
fn nan_stays_and_infinities_have_limits() {
    let x: Vec<_> = [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0].repeat(4);
    for isa in Isa::available() {
        for (activation, low) in [(Activation::Relu, 0.0), (Activation::Tanh, -1.0)] {
            let mut out = x.clone();
            activate(isa, activation, &mut out);
            let high = if low == 0.0 { f32::INFINITY } else { 1.0 };
            assert_same(&out, &[f32::NAN, high, low, 0.0].repeat(4), isa.name());
        }
        let mut out = x.clone();
        activate(isa, Activation::Gelu, &mut out);
        // ∞·0 below, as in f64.
        assert_same(&out, &[f32::NAN, f32::INFINITY, f32::NAN, 0.0].repeat(4), isa.name());
    }
}

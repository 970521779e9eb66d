//! Every kernel on random shapes and numbers, on all sets of this machine, against plain f64.

mod forward;
mod infinite;
mod parameters;
mod relu;
mod sums;
mod tables;
mod wide;

use super::Isa;
use proptest::prelude::*;

/// ε of f32, twice what a rounding costs at most.
const EPSILON: f64 = f32::EPSILON as f64;

/// What a kernel must not write.
const GUARD: f32 = 1234.5;

/// The usual number of cases, which PROPTEST_CASES scales. Nothing is written beside the sources: a
/// failure shows its shape and seed, which make it again.
fn cases() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

/// Numbers that a seed alone fixes: one in eight zero, the others spread over [−1, 1].
struct Numbers(u64);

impl Numbers {
    /// 64 bits, by SplitMix64.
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    fn one(&mut self) -> f32 {
        if self.below(8) == 0 { 0.0 } else { self.nonzero() }
    }

    /// 2⁻²⁴ at least, in magnitude.
    fn nonzero(&mut self) -> f32 {
        let size = ((self.bits() >> 41) as f32 + 0.5) / (1 << 23) as f32;
        if self.bits() >> 63 == 0 { size } else { -size }
    }

    fn some(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.one()).collect()
    }

    fn wide(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| f64::from(self.one()) + 1e-9 * f64::from(self.one())).collect()
    }
}

/// A sum in f64 beside the sum of its terms' magnitudes, which scales what rounding may do to it.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    value: f64,
    size: f64,
}

impl Sum {
    fn of(terms: impl IntoIterator<Item = f64>) -> Self {
        let mut sum = Self::default();
        terms.into_iter().for_each(|term| sum.take(term));
        sum
    }

    /// A number that nothing has rounded.
    fn exact(value: f64) -> Self {
        Self { value, size: 0.0 }
    }

    fn take(&mut self, term: f64) {
        self.value += term;
        self.size += term.abs();
    }

    /// A term goes through one rounding of its own and at most one for every term, in any order;
    /// `EPSILON` counts both of either's halves.
    fn bound(&self, terms: usize) -> f64 {
        (terms + 1) as f64 * EPSILON * self.size
    }

    #[track_caller]
    fn assert_rounds_to(&self, got: f32, terms: usize) {
        let (off, bound) = ((f64::from(got) - self.value).abs(), self.bound(terms));
        assert!(off <= bound, "{got} instead of {}: off by {off:e} > {bound:e}", self.value);
    }
}

/// What `run` returns on every set. Those that fuse multiply-adds must agree bit for bit, but for
/// the sign of a zero.
#[track_caller]
fn on_all_sets(run: impl Fn(Isa) -> Vec<f32>) -> Vec<Vec<f32>> {
    let sets = Isa::available();
    let results: Vec<_> = sets.iter().map(|&isa| run(isa)).collect();
    let fused = sets.iter().zip(&results).filter(|(isa, _)| isa.name() != "portable");
    for (isa, result) in fused {
        assert_same(result, &results[0], &format!("{} and {}", isa.name(), sets[0].name()));
    }
    results
}

/// Like [`on_all_sets`], of kernels that multiply and add on all sets alike.
#[track_caller]
fn alike_on_all_sets(run: impl Fn(Isa) -> Vec<f32>) -> Vec<f32> {
    let first = run(Isa::available()[0]);
    for isa in Isa::available() {
        assert_same(&run(isa), &first, isa.name());
    }
    first
}

/// The same numbers; all NaN are one, and both zeros.
#[track_caller]
fn assert_same(x: &[f32], y: &[f32], what: &str) {
    assert_eq!(x.len(), y.len());
    for (at, (x, y)) in x.iter().zip(y).enumerate() {
        assert!(x == y || x.is_nan() && y.is_nan(), "{what}: {x} and {y} at {at}");
    }
}

#[test]
fn what_differs_is_not_the_same() {
    assert_same(&[f32::NAN, 0.0], &[f32::NAN, -0.0], "same");
    for (x, y) in [(1.0, 1.0 + f32::EPSILON), (f32::NAN, 0.0), (0.0, f32::NAN)] {
        assert!(std::panic::catch_unwind(|| assert_same(&[x], &[y], "other")).is_err());
    }
}

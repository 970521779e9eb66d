//! Subset sums and dB through them.

use super::*;
use crate::kernels::{MaskedSums, TILE, masked_sums, subset_sums};

/// Sums over data as `masked_sums` takes them.
struct Sums {
    tiles: usize,
    count: usize,
    lines: usize,
    mask: Vec<u16>,
    /// count × lines · 16.
    x: Vec<f32>,
}

impl Sums {
    fn random(tiles: usize, count: usize, lines: usize, seed: u64) -> Self {
        let mut numbers = Numbers(seed);
        let mask = (0..tiles * lines * TILE).map(|_| numbers.bits() as u16).collect();
        Self { tiles, count, lines, mask, x: numbers.some(count * lines * 16) }
    }

    fn samples(&self) -> usize {
        self.lines * 16
    }

    fn is_on(&self, neuron: usize, sample: usize) -> bool {
        let (tile, row) = (neuron / TILE, neuron % TILE);
        let word = self.mask[(tile * self.lines + sample / 16) * TILE + row];
        word >> (sample % 16) & 1 == 1
    }

    /// count × tiles · `TILE`, and what lies behind.
    fn run(&self, isa: Isa) -> Vec<f32> {
        let size = self.count * self.tiles * TILE;
        let (tables, mut out) = (tables(isa, &self.x), vec![GUARD; size + 16]);
        let (mask, tiles, count, lines) = (&self.mask, self.tiles, self.count, self.lines);
        masked_sums(isa, MaskedSums { mask, tiles, tables: &tables, count, lines, out: &mut out });
        assert!(out[size..].iter().all(|&x| x == GUARD));
        out.truncate(size);
        out
    }

    fn check(&self, out: &[f32]) {
        for (k, row) in out.chunks(self.tiles * TILE).enumerate() {
            let x = &self.x[k * self.samples()..][..self.samples()];
            for (neuron, &got) in row.iter().enumerate() {
                let on = x.iter().enumerate().filter(|&(sample, _)| self.is_on(neuron, sample));
                Sum::of(on.map(|(_, &x)| f64::from(x))).assert_rounds_to(got, self.samples());
            }
        }
    }
}

/// The tables of x, all numbers in a row.
pub fn tables(isa: Isa, x: &[f32]) -> Vec<f32> {
    let mut out = vec![GUARD; 4 * x.len()];
    subset_sums(isa, x, &mut out);
    out
}

/// x_l for every bit l of `subset`, from the first: each addition rounds as a kernel's does.
fn subset_sum(x: &[f32], subset: usize) -> f32 {
    (0..4).filter(|l| subset >> l & 1 == 1).fold(0.0, |sum, l| sum + x[l])
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn entry_b_of_a_table_sums_what_bits_of_b_name(fours in 0usize..40, seed: u64) {
        let x = Numbers(seed).some(4 * fours);
        let out = alike_on_all_sets(|isa| tables(isa, &x));
        for (x, table) in x.chunks(4).zip(out.chunks(16)) {
            for (subset, &entry) in table.iter().enumerate() {
                prop_assert_eq!(entry, subset_sum(x, subset));
            }
        }
    }

    #[test]
    fn masked_sums_are_sums_under_the_mask(
        tiles in 1usize..=4,
        count in 1usize..=9,
        lines in 1usize..=9,
        seed: u64,
    ) {
        let sums = Sums::random(tiles, count, lines, seed);
        // Nothing is multiplied but by 1, so that the portable set rounds like the others.
        sums.check(&alike_on_all_sets(|isa| sums.run(isa)));
    }

    #[test]
    fn what_is_not_finite_reaches_the_sums_whose_bit_is_on(
        (count, lines) in (1usize..=5, 1usize..=5),
        bad in prop::sample::select(vec![f32::NAN, f32::INFINITY, f32::NEG_INFINITY]),
        seed: u64,
    ) {
        let mut sums = Sums::random(2, count, lines, seed);
        let mut numbers = Numbers(!seed);
        let (k, sample) = (numbers.below(count), numbers.below(sums.samples()));
        let at = k * sums.samples() + sample;
        sums.x[at] = bad;
        for isa in Isa::available() {
            for (row, out) in sums.run(isa).chunks(2 * TILE).enumerate() {
                for (neuron, sum) in out.iter().enumerate() {
                    let reached = row == k && sums.is_on(neuron, sample);
                    prop_assert_eq!(!sum.is_finite(), reached, "{} {}", isa.name(), neuron);
                    prop_assert!(!reached || *sum == bad || bad.is_nan() && sum.is_nan());
                }
            }
        }
    }
}

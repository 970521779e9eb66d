//! Norms of the LoRA features from r × r Gram matrices, in f64; for peaks with the matrix in f32.
//!
//! ‖s B z‖² = s² zᵀ(BᵀB)z, so the norms of Z_B and of δ1, δ2, δ3 cost O(n r² + N r²), never n N.

use rayon::prelude::*;

use crate::engine::Record;
use crate::kernels::{self, Columns, GramRows, Isa, Running, RunningSingle, SIDE};

/// Z_A or a change of it, r rows of N.
pub type Rows = Vec<Vec<f64>>;

/// Mean squares of B for which products of entries stay far within the range of f32.
const SINGLE_SQUARES: std::ops::RangeInclusive<f64> = 1e-24..=1e24;

/// Computes norms of the features from norms of B z.
#[derive(Clone, Copy)]
pub struct FeatureNorms {
    /// The instruction set.
    pub isa: Isa,
    /// The scaling s.
    pub multiplier: f64,
    /// Width n.
    pub width: usize,
}

impl FeatureNorms {
    /// A record with the norms of Z_A and Z_B filled in, given BᵀB.
    pub fn features(&self, za_rows: &Rows, gram: &[f64]) -> Record {
        let mut za = vec![0.0f64; samples(za_rows)];
        for row in za_rows {
            za.iter_mut().zip(row).for_each(|(square, x)| *square += x * x);
        }
        let zb = self.quadratic_forms(gram, za_rows);
        Record {
            za_rms: self.rms(&za, za_rows.len()),
            za_norm: self.mean_root(&za),
            zb_rms: self.multiplier * self.rms(&zb, self.width),
            zb_norm: self.multiplier * self.mean_root(&zb),
            ..Record::default()
        }
    }

    /// rms of s B z over rows z of Z_A or a change of it, given the Gram matrix.
    pub fn zb_rms(&self, rows: &Rows, gram: &[f64]) -> f64 {
        self.multiplier * self.rms(&self.quadratic_forms(gram, rows), self.width)
    }

    /// rms of s B_{t−1} ΔZ_A, s ΔB Z_{A,t−1} and s ΔB ΔZ_A, given Z_A of both steps and the Gram
    /// matrices of B_{t−1} and of ΔB.
    pub fn deltas(&self, [before, now]: [&Rows; 2], [b_before, b_change]: [&[f64]; 2]) -> [f64; 3] {
        let change: Rows =
            now.iter().zip(before).map(|(now, before)| difference(now, before)).collect();
        [
            self.zb_rms(&change, b_before),
            self.zb_rms(before, b_change),
            self.zb_rms(&change, b_change),
        ]
    }

    /// The upper triangle of BᵀB for an n × r matrix B, which is given transposed in blocks of
    /// r × rows, each with a matrix to subtract from it, if any.
    pub fn gram(&self, rank: usize, blocks: &[Columns]) -> Vec<f64> {
        let mut sums = vec![Running::default(); rank * rank];
        for (chunk, sums) in sums.chunks_mut(SIDE * rank).enumerate() {
            self.gram_rows(rank, blocks, chunk, sums);
        }
        added(&sums)
    }

    /// The same, with rows in parallel on all threads.
    pub fn gram_in_parallel(&self, rank: usize, blocks: &[Columns]) -> Vec<f64> {
        added(&in_parallel(rank, |chunk, sums| self.gram_rows(rank, blocks, chunk, sums)))
    }

    fn gram_rows(&self, rank: usize, blocks: &[Columns], chunk: usize, sums: &mut [Running]) {
        kernels::gram(self.isa, GramRows { blocks, rank, first: chunk * SIDE, sums });
    }

    /// rms of s B z as in [`Self::zb_rms`], but from BᵀB in f32; `None` if it may be off by more than
    /// one part in a thousand.
    ///
    /// Sums in f32 over n ≤ 2^17 rows are off by a few 10^-6 of tr BᵀB. So the result is used if its
    /// square is at least a thousandth of its bound tr(BᵀB) Σ z², as for independent entries up to
    /// r = 1000, and if products of entries lie far within the range of f32.
    pub fn quick_zb_rms(&self, rows: &Rows, rank: usize, blocks: &[&[f32]]) -> Option<f64> {
        let gram = self.single_gram(rank, blocks);
        let trace: f64 = (0..rank).map(|k| gram[k * rank + k]).sum();
        let forms = self.quadratic_forms(&gram, rows);
        let squares: f64 = rows.iter().flatten().map(|z| z * z).sum();
        let large = kernels::sum(self.isa, &forms) >= 1e-3 * trace * squares;
        let sound = large && SINGLE_SQUARES.contains(&(trace / (self.width * rank) as f64));
        sound.then(|| self.multiplier * self.rms(&forms, self.width))
    }

    /// BᵀB with sums in f32.
    fn single_gram(&self, rank: usize, blocks: &[&[f32]]) -> Vec<f64> {
        let sums: Vec<RunningSingle> = in_parallel(rank, |chunk, sums| {
            let rows = GramRows { blocks, rank, first: chunk * SIDE, sums };
            kernels::gram_single(self.isa, rows);
        });
        added(&sums)
    }

    /// z_μᵀ G z_μ for every column μ.
    fn quadratic_forms(&self, gram: &[f64], rows: &Rows) -> Vec<f64> {
        let mut forms = vec![0.0f64; samples(rows)];
        kernels::quadratic_forms(self.isa, gram, rows, &mut forms);
        forms
    }

    /// Root of the mean square over `rows` entries of every column, from squared column norms.
    fn rms(&self, squares: &[f64], rows: usize) -> f64 {
        (kernels::sum(self.isa, squares) / (squares.len() * rows) as f64).sqrt()
    }

    fn mean_root(&self, squares: &[f64]) -> f64 {
        kernels::sum_of_roots(self.isa, squares) / squares.len() as f64
    }
}

/// All running sums of an r × r Gram matrix; `rows` computes some rows of it, on all threads.
fn in_parallel<Sums: Clone + Default + Send>(
    rank: usize,
    rows: impl Fn(usize, &mut [Sums]) + Sync,
) -> Vec<Sums> {
    let mut sums = vec![Sums::default(); rank * rank];
    let chunks = sums.par_chunks_mut(SIDE * rank).enumerate();
    chunks.for_each(|(chunk, sums)| rows(chunk, sums));
    sums
}

fn added<T: Copy + Into<f64>, const W: usize>(sums: &[[T; W]]) -> Vec<f64> {
    sums.iter().map(|sums| sums.iter().map(|&x| x.into()).sum()).collect()
}

fn samples(rows: &Rows) -> usize {
    rows.first().map_or(0, Vec::len)
}

fn difference(now: &[f64], before: &[f64]) -> Vec<f64> {
    now.iter().zip(before).map(|(now, before)| now - before).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lora_random::philox::{Purpose, Stream};

    const SAMPLES: usize = 20;

    /// B transposed with entries of this size, and rows of Z_A.
    fn drawn(rank: usize, width: usize, size: f32) -> (Vec<f32>, Rows) {
        let stream = Stream::new(1, width, Purpose::AdapterB);
        let mut b = vec![0.0; rank * width];
        lora_random::normal::fill_row(&stream, 0, size, &mut b);
        let row = |k| {
            let mut row = vec![0.0; SAMPLES];
            lora_random::normal::fill_row(&stream, k + 1, 1.0, &mut row);
            row.into_iter().map(f64::from).collect()
        };
        (b, (0..rank).map(row).collect())
    }

    fn quick_and_exact(rank: usize, b: &[f32], rows: &Rows) -> (Option<f64>, f64) {
        let norms = FeatureNorms { isa: Isa::best(), multiplier: 2.0, width: b.len() / rank };
        let exact = norms.zb_rms(rows, &norms.gram(rank, &[(b, None)]));
        (norms.quick_zb_rms(rows, rank, &[b]), exact)
    }

    /// Sums of n/16 terms in each lane are off by about √(n/16) half-units: far below 1e-5.
    #[test]
    fn quick_norms_are_right_to_five_digits() {
        for (rank, width) in [(1, 1), (3, 70), (8, 1000), (64, 256), (4, 1 << 17)] {
            let (b, rows) = drawn(rank, width, 0.1);
            let (quick, exact) = quick_and_exact(rank, &b, &rows);
            let quick = quick.expect("entries are independent");
            assert!((quick / exact - 1.0).abs() < 1e-5, "{quick} {exact}");
        }
    }

    #[test]
    fn norms_that_f32_cannot_hold_are_left_to_f64() {
        // Zero, out of range, or not a number.
        for size in [0.0, 1e-13, 1e13, f32::NAN, f32::INFINITY] {
            let (b, rows) = drawn(4, 64, size);
            assert_eq!(quick_and_exact(4, &b, &rows).0, None, "{size}");
        }
        // Two columns of B that almost cancel: b_1 = b_0, z_1 = −z_0 (1 − 1e-4).
        let (mut b, mut rows) = drawn(2, 64, 1.0);
        b.copy_within(..64, 64);
        rows[1] = rows[0].iter().map(|z| -z * (1.0 - 1e-4)).collect();
        let (quick, exact) = quick_and_exact(2, &b, &rows);
        assert!(exact > 0.0);
        assert_eq!(quick, None);
    }
}

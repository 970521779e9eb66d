//! Products with few columns: Z \[rows, r\] = α X \[rows, k\] M \[k, r\], as LoRA has them with its small r.
//!
//! A kernel for square matrices leaves half of each vector empty at r = 8, and has too few sums in work to
//! hide the time of an addition. Here a vector of 16 holds two rows of M, whose even and odd entries meet
//! two neighbours of a row of X at once; twelve rows of X are in work together. A sum's order depends on k
//! alone, and not on the other rows.

use crate::product::{Into, Mat, MatMut, product};

/// Z ← α X M.
///
/// # Panics
/// If the shapes do not fit.
pub fn thin(z: &mut [f32], alpha: f32, x: &[f32], m: Mat) {
    let (k, r) = m.shape();
    let rows = z.len() / r;
    assert!(z.len() == rows * r && x.len() == rows * k, "shapes of a thin product");
    #[cfg(target_arch = "x86_64")]
    if r <= avx512::LANES && is_x86_feature_detected!("avx512f") {
        let packed = avx512::Packed::new(m);
        // SAFETY: the processor has AVX-512.
        unsafe { avx512::multiply(z, alpha, x, &packed) };
        return;
    }
    product(&mut MatMut::new(z, rows, r), Into::Set, alpha, Mat::new(x, rows, k), m);
}

#[cfg(target_arch = "x86_64")]
mod avx512 {
    use std::arch::x86_64::{
        __m512, _mm512_castsi512_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_epi64,
        _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
    };

    use crate::product::Mat;

    /// Entries of a vector.
    pub const LANES: usize = 16;

    /// Rows of X in work together: as many sums as two units with four steps each keep busy, and more.
    const ROWS: usize = 12;

    /// The same of what is left.
    const FEW: usize = 4;

    /// M in the order in which it is read.
    pub struct Packed {
        vectors: Vec<[f32; LANES]>,
        k: usize,
        r: usize,
        /// Whether a vector holds two rows of M, entry by entry in turn.
        pairs: bool,
    }

    impl Packed {
        pub fn new(m: Mat) -> Self {
            let (k, r) = m.shape();
            let pairs = 2 * r <= LANES;
            let width = if pairs { 2 } else { 1 };
            let mut vectors = vec![[0.0; LANES]; k.div_ceil(width)];
            for row in 0..k {
                let vector = &mut vectors[row / width];
                for col in 0..r {
                    vector[width * col + row % width] = m.at(row, col);
                }
            }
            Self { vectors, k, r, pairs }
        }
    }

    /// Z ← α X M for Z \[rows, r\] and X \[rows, k\].
    #[target_feature(enable = "avx512f")]
    pub fn multiply(z: &mut [f32], alpha: f32, x: &[f32], packed: &Packed) {
        let (k, r) = (packed.k, packed.r);
        let rows = z.len() / r;
        assert!(x.len() >= rows * k);
        let mut row = 0;
        while row + ROWS <= rows {
            block::<ROWS>(&mut z[row * r..], alpha, &x[row * k..], packed);
            row += ROWS;
        }
        while row + FEW <= rows {
            block::<FEW>(&mut z[row * r..], alpha, &x[row * k..], packed);
            row += FEW;
        }
        while row < rows {
            block::<1>(&mut z[row * r..], alpha, &x[row * k..], packed);
            row += 1;
        }
    }

    /// The first `R` rows.
    #[target_feature(enable = "avx512f")]
    fn block<const R: usize>(z: &mut [f32], alpha: f32, x: &[f32], packed: &Packed) {
        let r = packed.r;
        let sums = if packed.pairs { in_pairs::<R>(x, packed) } else { alone::<R>(x, packed) };
        for (z, sums) in z.chunks_exact_mut(r).zip(sums) {
            let mut lanes = [0.0; LANES];
            // SAFETY: there is room for a vector.
            unsafe { _mm512_storeu_ps(lanes.as_mut_ptr(), sums) };
            for (col, z) in z.iter_mut().enumerate() {
                let sum = match packed.pairs {
                    true => lanes[2 * col] + lanes[2 * col + 1],
                    false => lanes[col],
                };
                *z = alpha * sum;
            }
        }
    }

    #[target_feature(enable = "avx512f")]
    fn in_pairs<const R: usize>(x: &[f32], packed: &Packed) -> [__m512; R] {
        let k = packed.k;
        assert!(x.len() >= R * k);
        let mut sums = [_mm512_setzero_ps(); R];
        for (pair, vector) in packed.vectors[..k / 2].iter().enumerate() {
            // SAFETY: a vector has 16 entries.
            let m = unsafe { _mm512_loadu_ps(vector.as_ptr()) };
            for (row, sum) in sums.iter_mut().enumerate() {
                // SAFETY: entries 2 pair and 2 pair + 1 of row `row` < R are within R k.
                let two =
                    unsafe { x.as_ptr().add(row * k + 2 * pair).cast::<i64>().read_unaligned() };
                *sum = _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_set1_epi64(two)), m, *sum);
            }
        }
        if k % 2 == 1 {
            // SAFETY: as above.
            let m = unsafe { _mm512_loadu_ps(packed.vectors[k / 2].as_ptr()) };
            for (row, sum) in sums.iter_mut().enumerate() {
                // The second row of this last pair is 0, and so is what meets it.
                let two = i64::from(x[row * k + k - 1].to_bits());
                *sum = _mm512_fmadd_ps(_mm512_castsi512_ps(_mm512_set1_epi64(two)), m, *sum);
            }
        }
        sums
    }

    #[target_feature(enable = "avx512f")]
    fn alone<const R: usize>(x: &[f32], packed: &Packed) -> [__m512; R] {
        let k = packed.k;
        assert!(x.len() >= R * k);
        let mut sums = [_mm512_setzero_ps(); R];
        for (place, vector) in packed.vectors.iter().enumerate() {
            // SAFETY: a vector has 16 entries.
            let m = unsafe { _mm512_loadu_ps(vector.as_ptr()) };
            for (row, sum) in sums.iter_mut().enumerate() {
                // SAFETY: entry `place` < k of row `row` < R is within R k.
                let one = unsafe { *x.get_unchecked(row * k + place) };
                *sum = _mm512_fmadd_ps(_mm512_set1_ps(one), m, *sum);
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry(seed: usize, i: usize) -> f32 {
        ((i * 7919 + seed * 104_729) % 2003) as f32 / 1001.0 - 1.0
    }

    proptest! {
        /// Any number of rows, of columns and of terms; M as it is and as a transpose.
        #[test]
        fn it_is_the_product(
            rows in 0usize..30, k in 1usize..70, r in 1usize..20, turned: bool, seed in 0usize..1000,
        ) {
            let x: Vec<f32> = (0..rows * k).map(|i| entry(seed, i)).collect();
            let m: Vec<f32> = (0..k * r).map(|i| entry(seed + 1, i)).collect();
            let at = |row: usize, col: usize| if turned { m[col * k + row] } else { m[row * r + col] };
            let of = if turned { Mat::new(&m, r, k).t() } else { Mat::new(&m, k, r) };
            let mut z = vec![f32::NAN; rows * r];
            thin(&mut z, 0.5, &x, of);
            for (place, z) in z.iter().enumerate() {
                let (row, col) = (place / r, place % r);
                let terms = (0..k).map(|l| f64::from(x[row * k + l]) * f64::from(at(l, col)));
                prop_assert!((f64::from(*z) - 0.5 * terms.sum::<f64>()).abs() < 1e-6 * k as f64);
            }
            // In the kernel of this file, a row's bytes do not depend on its neighbours.
            let own = cfg!(target_arch = "x86_64") && r <= 16 && crate::instruction_set() == "AVX-512";
            for row in 0..if own { rows } else { 0 } {
                let mut alone = vec![0.0; r];
                thin(&mut alone, 0.5, &x[row * k..][..k], of);
                prop_assert_eq!(&alone[..], &z[row * r..][..r]);
            }
        }
    }

    #[test]
    fn a_nan_stays_in_its_row() {
        for k in [3, 4] {
            let mut x = vec![1.0; 13 * k];
            x[2 * k - 1] = f32::NAN;
            let m = vec![1.0; k * 8];
            let mut z = vec![0.0; 13 * 8];
            thin(&mut z, 1.0, &x, Mat::new(&m, k, 8));
            for (place, z) in z.iter().enumerate() {
                assert_eq!(z.is_nan(), place / 8 == 1);
            }
        }
    }
}

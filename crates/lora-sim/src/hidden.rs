//! H = W_in X + W_h Z: the part of the hidden layer that training never changes.
//!
//! W_h has N(0, 1/n) entries and is independent of Z, so given Z the rows of W_h Z are independent
//! N(0, ZᵀZ/n). Up to a stated width W_h is drawn entry by entry, a block of rows at a time; beyond
//! it a row is g R with g ~ N(0, I) and RᵀR = ZᵀZ/n, which costs O(n) and has the same law.

use lora_random::normal::fill_row;
use lora_random::philox::{Purpose, Stream};
use rayon::prelude::*;

use crate::aligned::AlignedMatrix;
use crate::error::SimError;
use crate::matmul::{View, multiply};
use crate::spec::{Hidden, Model};

const BLOCK_ROWS: usize = 128;

/// Adds W_h Z to `h` with W_h drawn entry by entry. O(n² · columns), no n × n matrix in memory.
pub fn add_explicit(h: &mut AlignedMatrix, z: &AlignedMatrix, seed: u64) {
    let n = z.rows();
    let z_view = View::rows(z.as_slice(), n, z.stride(), z.stride());
    add_rows(h, n, z_view, weight_rows(n, seed));
}

fn weight_rows(n: usize, seed: u64) -> impl Fn(usize, &mut [f32]) + Sync {
    let stream = Stream::new(seed, n, Purpose::StudentHidden);
    let std = (1.0 / n as f64).sqrt() as f32;
    move |row, weights| fill_row(&stream, row, std, weights)
}

/// Whether W_h of a student of this width is drawn entry by entry.
pub fn is_explicit(model: &Model, width: usize) -> bool {
    model.hidden == Hidden::Gaussian && width <= model.explicit_hidden_up_to
}

/// A function that fills row i of W_h with its n entries; `None` unless W_h is drawn entry by entry.
/// It goes by rows because n × n entries may not fit into memory.
pub fn hidden_weights(
    model: &Model,
    width: usize,
    seed: u64,
) -> Option<impl Fn(usize, &mut [f32]) + Sync + use<>> {
    is_explicit(model, width).then(|| weight_rows(width, seed))
}

/// Adds rows drawn from N(0, ZᵀZ/n) to `h`. O(n · columns²) after one eigendecomposition.
///
/// # Errors
/// [`SimError::Eigen`] if the eigendecomposition does not converge.
pub fn add_sampled(h: &mut AlignedMatrix, z: &AlignedMatrix, seed: u64) -> Result<(), SimError> {
    let n = z.rows();
    let root = covariance_root(gram(z), z.stride(), n)?;
    let stream = Stream::new(seed, n, Purpose::SampledHidden);
    let root_view = View::rows(root.as_slice(), root.rows(), root.stride(), root.stride());
    add_rows(h, root.rows(), root_view, |row, normals| fill_row(&stream, row, 1.0, normals));
    Ok(())
}

/// h_i ← h_i + draw(i) M for every row i of `h`; a draw has `inner` numbers.
fn add_rows(h: &mut AlignedMatrix, inner: usize, m: View, draw: impl Fn(usize, &mut [f32]) + Sync) {
    let stride = h.stride();
    h.as_mut_slice().par_chunks_mut(BLOCK_ROWS * stride).enumerate().for_each(|(block, out)| {
        let rows = out.len() / stride;
        let mut drawn = vec![0.0f32; rows * inner];
        for (offset, row) in drawn.chunks_mut(inner.max(1)).enumerate() {
            draw(block * BLOCK_ROWS + offset, row);
        }
        multiply(View::rows(&drawn, rows, inner, inner), m, true, out, stride);
    });
}

/// R with RᵀR = ZᵀZ/n, from `gram` = ZᵀZ (`size` × `size`, a multiple of sixteen): one row for each
/// eigenvalue above rounding. Rows of W_h Z given Z are g R with g ~ N(0, I).
///
/// It is computed in f64, because ZᵀZ is ill-conditioned, and singular if there are more samples than
/// neurons.
///
/// # Errors
/// [`SimError::Eigen`] if the eigendecomposition does not converge.
pub fn covariance_root(gram: Vec<f64>, size: usize, n: usize) -> Result<AlignedMatrix, SimError> {
    let gram = nalgebra::DMatrix::from_vec(size, size, gram);
    // Padding columns stay exactly zero; the eigenvectors hold them only to rounding.
    let empty: Vec<bool> = gram.diagonal().iter().map(|&v| v == 0.0).collect();
    let eigen = nalgebra::SymmetricEigen::try_new(gram, f64::EPSILON, 100 * size)
        .ok_or(SimError::Eigen { size })?;
    let largest = eigen.eigenvalues.max().max(0.0);
    let floor = largest * size as f64 * f64::EPSILON;
    let kept: Vec<usize> = (0..size).filter(|&i| eigen.eigenvalues[i] > floor).collect();
    let mut root = AlignedMatrix::zeros(kept.len(), size);
    for (row, &i) in root.as_mut_slice().chunks_mut(size).zip(&kept) {
        let scale = (eigen.eigenvalues[i] / n as f64).sqrt();
        let components = eigen.eigenvectors.column(i);
        for ((value, component), &empty) in row.iter_mut().zip(components.iter()).zip(&empty) {
            *value = if empty { 0.0 } else { (scale * component) as f32 };
        }
    }
    Ok(root)
}

/// ZᵀZ in f64, size × size.
fn gram(z: &AlignedMatrix) -> Vec<f64> {
    let size = z.stride();
    let band = 64.min(size);
    let mut gram = vec![0.0f64; size * size];
    for rows in z.as_slice().chunks(512 * size) {
        let block: Vec<f64> = rows.iter().map(|&v| f64::from(v)).collect();
        let count = block.len() / size;
        gram.par_chunks_mut(band * size).enumerate().for_each(|(index, out)| {
            let width = out.len() / size;
            // SAFETY: columns index·band.. of `block` (count × size) and `out` (width × size) are
            // in bounds by construction.
            unsafe {
                matrixmultiply::dgemm(
                    width,
                    count,
                    size,
                    1.0,
                    block.as_ptr().add(index * band),
                    1,
                    size as isize,
                    block.as_ptr(),
                    size as isize,
                    1,
                    1.0,
                    out.as_mut_ptr(),
                    size as isize,
                    1,
                );
            }
        });
    }
    gram
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Max |RᵀR − ZᵀZ/n| relative to the largest entry of ZᵀZ/n, for Z = relu(W X) with two inputs,
    /// whose eigenvalues fall off over many orders of magnitude.
    fn root_error(n: usize, columns: usize) -> f64 {
        let draw = |purpose, row, out: &mut [f32]| {
            fill_row(&Stream::new(1, n, purpose), row, 1.0, out);
        };
        let (mut x, mut y) = (vec![0.0f32; columns], vec![0.0f32; columns]);
        draw(Purpose::Inputs, 0, &mut x);
        draw(Purpose::Inputs, 1, &mut y);
        let mut z = AlignedMatrix::zeros(n, columns);
        let stride = z.stride();
        for (i, row) in z.as_mut_slice().chunks_mut(stride).enumerate() {
            let mut w = [0.0f32; 2];
            draw(Purpose::StudentIn, i, &mut w);
            let pairs = x.iter().zip(&y);
            row.iter_mut().zip(pairs).for_each(|(z, (x, y))| *z = (w[0] * x + w[1] * y).max(0.0));
        }
        let root = covariance_root(gram(&z), z.stride(), n).unwrap();
        let (want, got) = (gram(&z), gram(&root));
        let scale = want.iter().fold(0.0f64, |m, v| m.max(v.abs())) / n as f64;
        want.iter().zip(&got).map(|(w, g)| (w / n as f64 - g).abs() / scale).fold(0.0, f64::max)
    }

    #[test]
    fn the_root_squares_to_the_covariance_even_when_it_is_singular() {
        // R is rounded to f32 once: entries of RᵀR carry a few f32 roundings.
        assert!(root_error(24, 64) < 8.0 * f64::from(f32::EPSILON));
        assert!(root_error(300, 64) < 8.0 * f64::from(f32::EPSILON));
    }
}

//! Roots of covariances, and Gaussian vectors that are made of them.
//!
//! A quasi-random point has few coordinates that are better than random ones. They are worth most in the
//! directions of the largest variance, which are the leading eigenvectors. The order of all other directions
//! does not matter. A small covariance is decomposed in full. Of a large one only the leading subspace is
//! found, and Cholesky's method factors what it leaves of C, in a small part of the time:
//!
//! ```text
//! R = T^-1/2 Qᵀ C    T = Qᵀ C Q    C − RᵀR = L Lᵀ, which is positive semidefinite for any Q
//! ```

use std::ops::Range;

use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::Array2;
use rayon::prelude::*;

use crate::error::LimitError;
use crate::rows::{add_four, add_scaled, add_squares, dot, row};

/// The largest covariance that is decomposed in full.
const SMALL: usize = 128;
/// Leading directions of a larger one: as many as there are quasi-random coordinates.
const LEADING: usize = 8;
/// Products of C with the leading subspace before it is taken as it is.
const ITERATIONS: usize = 8;
/// Directions that hold less of the largest variance are rounding.
const ROUNDING: f64 = 1e-15;

/// A root R of a covariance C = RᵀR. Its first rows descend in size, so that the first coordinates of a
/// quasi-random point carry most of the variance.
#[derive(Clone, Debug)]
pub(crate) struct Root(Vec<Vec<f64>>);

impl Root {
    /// Takes the root of C, with a row for each direction above rounding.
    ///
    /// # Errors
    /// [`LimitError::Eigen`] if the eigendecomposition does not converge.
    pub fn new(c: &Array2<f64>) -> Result<Self, LimitError> {
        if c.nrows() <= SMALL {
            return Ok(Self(eigen_rows(c)?));
        }
        let mut rows = leading_rows(c)?;
        add_cholesky_rows(&mut rows, c);
        Ok(Self(rows))
    }

    /// Number of normals that a vector is made of.
    pub fn dimension(&self) -> usize {
        self.0.len()
    }

    /// The vector Σ_j ξ_j R_j.
    pub fn combine(&self, normals: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for (normal, row) in normals.iter().zip(&self.0) {
            add_scaled(out, *normal, row);
        }
    }

    /// `count` vectors over `points` points; `fill` gives the normals of each.
    pub fn vectors(
        &self,
        count: usize,
        points: usize,
        fill: impl Fn(usize, &mut [f64]) + Sync,
    ) -> Array2<f64> {
        let mut out = Array2::zeros((count, points));
        let rows = out.as_slice_mut().expect("standard layout");
        rows.par_chunks_mut(points.max(1)).enumerate().for_each(|(i, out)| {
            let mut normals = vec![0.0; self.dimension()];
            fill(i, &mut normals);
            self.combine(&normals, out);
        });
        out
    }
}

fn largest_variance(c: &Array2<f64>) -> f64 {
    c.diag().iter().fold(0.0, |x, y| x.max(*y))
}

/// √λ times the eigenvector, for each eigenvalue λ above rounding, largest first.
fn eigen_rows(c: &Array2<f64>) -> Result<Vec<Vec<f64>>, LimitError> {
    let size = c.nrows();
    let matrix = DMatrix::from_fn(size, size, |i, j| c[(i, j)]);
    let eigen = SymmetricEigen::try_new(matrix, f64::EPSILON, 100 * size.max(1))
        .ok_or(LimitError::Eigen { size })?;
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&i, &j| eigen.eigenvalues[j].total_cmp(&eigen.eigenvalues[i]));
    let floor = order.first().map_or(0.0, |&i| eigen.eigenvalues[i]) * size as f64 * ROUNDING;
    order.retain(|&i| eigen.eigenvalues[i] > floor);
    let row = |&i: &usize| {
        let scale = eigen.eigenvalues[i].sqrt();
        signed(eigen.eigenvectors.column(i).iter().map(|x| scale * x).collect())
    };
    Ok(order.iter().map(row).collect())
}

/// A row with the sign that makes its first entry above rounding positive: the sign of an eigenvector is
/// arbitrary.
fn signed(mut row: Vec<f64>) -> Vec<f64> {
    let size = row.iter().fold(0.0f64, |x, y| x.max(y.abs()));
    let sign = row.iter().find(|x| x.abs() > 1e-9 * size).map_or(1.0, |x| x.signum());
    row.iter_mut().for_each(|x| *x *= sign);
    row
}

/// The rows T^-1/2 Qᵀ C of the leading subspace Q, largest first.
fn leading_rows(c: &Array2<f64>) -> Result<Vec<Vec<f64>>, LimitError> {
    let size = c.nrows();
    // Points far apart in their order: any start that is not orthogonal to the subspace will do.
    let start = |k: usize| row(c, k * size / LEADING).to_vec();
    let mut basis = orthonormal((0..LEADING).map(start).collect());
    for _ in 0..ITERATIONS {
        basis = orthonormal(products(c, &basis));
    }
    let images = products(c, &basis);
    let count = basis.len();
    let t = DMatrix::from_fn(count, count, |i, j| dot(&basis[i], &images[j]));
    let t = (&t + t.transpose()) * 0.5;
    let eigen = SymmetricEigen::try_new(t, f64::EPSILON, 1000).ok_or(LimitError::Eigen { size })?;
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&i, &j| eigen.eigenvalues[j].total_cmp(&eigen.eigenvalues[i]));
    let row = |&i: &usize| {
        let scale = 1.0 / eigen.eigenvalues[i].sqrt();
        let mut out = vec![0.0; size];
        for (k, image) in images.iter().enumerate() {
            add_scaled(&mut out, scale * eigen.eigenvectors[(k, i)], image);
        }
        signed(out)
    };
    let floor = largest_variance(c) * ROUNDING;
    Ok(order.iter().filter(|&&i| eigen.eigenvalues[i] > floor).map(row).collect())
}

/// C x for every x.
fn products(c: &Array2<f64>, all: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let product = |x: &Vec<f64>| (0..c.nrows()).map(|i| dot(row(c, i), x)).collect();
    all.par_iter().map(product).collect()
}

/// An orthonormal basis of what vectors span, by Gram and Schmidt, twice for the sake of rounding.
fn orthonormal(mut all: Vec<Vec<f64>>) -> Vec<Vec<f64>> {
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for x in &mut all {
        let whole = dot(x, x).sqrt();
        for _ in 0..2 {
            for known in &basis {
                let along = dot(x, known);
                add_scaled(x, -along, known);
            }
        }
        let norm = dot(x, x).sqrt();
        if norm > 1e-10 * whole {
            basis.push(x.iter().map(|x| x / norm).collect());
        }
    }
    basis
}

/// Columns that one thread works on.
const PART: usize = 256;

/// Adds rows until RᵀR = C: Cholesky's columns of what the rows so far leave of C, the largest variance
/// first. A direction of no variance above rounding is left out, so C may be singular.
fn add_cholesky_rows(rows: &mut Vec<Vec<f64>>, c: &Array2<f64>) {
    let size = c.nrows();
    let floor = largest_variance(c) * size as f64 * ROUNDING;
    let mut left: Vec<f64> = c.diag().to_vec();
    rows.iter().for_each(|row| add_squares(&mut left, -1.0, row));
    // The variance of a point that has had its row is rounding.
    let mut done = vec![false; size];
    for _ in 0..size {
        let open = (0..size).filter(|&i| !done[i]);
        let Some(pivot) = open.reduce(|i, j| if left[j] > left[i] { j } else { i }) else { break };
        if left[pivot] <= floor {
            break;
        }
        let mut new = row(c, pivot).to_vec();
        new.par_chunks_mut(PART).enumerate().for_each(|(part, new)| {
            let columns = part * PART..part * PART + new.len();
            take_off(new, rows, columns, pivot);
        });
        let scale = 1.0 / left[pivot].sqrt();
        for (x, done) in new.iter_mut().zip(&done) {
            *x *= if *done { 0.0 } else { scale };
        }
        add_squares(&mut left, -1.0, &new);
        done[pivot] = true;
        rows.push(new);
    }
}

/// Takes off what the rows so far explain of C's row `pivot`, in some of the columns.
fn take_off(new: &mut [f64], rows: &[Vec<f64>], columns: Range<usize>, pivot: usize) {
    let mut fours = rows.chunks_exact(4);
    for four in fours.by_ref() {
        let weights = [0, 1, 2, 3].map(|k| -four[k][pivot]);
        add_four(new, weights, [0, 1, 2, 3].map(|k| &four[k][columns.clone()]));
    }
    for row in fours.remainder() {
        add_scaled(new, -row[pivot], &row[columns.clone()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// RᵀR.
    fn squared(root: &Root, size: usize) -> Array2<f64> {
        let mut c = Array2::zeros((size, size));
        for row in &root.0 {
            for (i, x) in row.iter().enumerate() {
                for (j, y) in row.iter().enumerate() {
                    c[(i, j)] += x * y;
                }
            }
        }
        c
    }

    #[test]
    fn a_root_gives_its_covariance_back() -> Result<(), LimitError> {
        let c = array![[2.0, 0.5, 1.0], [0.5, 1.0, 0.25], [1.0, 0.25, 0.5]];
        let root = Root::new(&c)?;
        assert_eq!(root.dimension(), 2); // the third column is half the first
        assert!((squared(&root, 3) - &c).iter().all(|x| x.abs() < 1e-12));
        Ok(())
    }

    /// A covariance whose eigenvalues fall off over many orders of magnitude, of more points than are
    /// decomposed in full; singular if `copied`.
    fn falling(size: usize, copied: bool) -> Array2<f64> {
        let at = |i: usize| if copied { (i / 2) as f64 } else { i as f64 };
        Array2::from_shape_fn((size, size), |(i, j)| {
            let apart = (at(i) - at(j)) / 9.0;
            (-0.5 * apart * apart).exp() + if i == j && !copied { 1e-3 } else { 0.0 }
        })
    }

    #[test]
    fn large_roots_give_their_covariances_back() -> Result<(), LimitError> {
        for copied in [false, true] {
            let size = SMALL + 45;
            let c = falling(size, copied);
            let root = Root::new(&c)?;
            let worst = (squared(&root, size) - &c).iter().fold(0.0f64, |x, y| x.max(y.abs()));
            assert!(worst < 1e-11, "copied: {copied}, {worst}");
            assert_eq!(root.dimension() <= size / 2 + LEADING, copied, "{}", root.dimension());
        }
        Ok(())
    }

    /// The first rows of a large root carry as much variance as its leading eigenvectors do.
    #[test]
    fn the_first_rows_carry_most_of_the_variance() -> Result<(), LimitError> {
        let c = falling(SMALL + 45, false);
        let carried =
            |rows: &[Vec<f64>]| -> f64 { rows[..LEADING].iter().map(|row| dot(row, row)).sum() };
        let [exact, found] = [carried(&eigen_rows(&c)?), carried(&Root::new(&c)?.0)];
        assert!(found > 0.98 * exact && found < 1.0001 * exact, "{found} of {exact}");
        Ok(())
    }
}

//! Roots of covariances, and Gaussian vectors that are made of them.
//!
//! A quasi-random point has few coordinates that are better than random ones. They are worth most in the
//! directions of the largest variance, which are the leading eigenvectors. The order of all other directions
//! does not matter. A small covariance is decomposed in full. Of a large one only the leading subspace is
//! found, and what it leaves of C is factored by Cholesky, in a tenth of the time:
//!
//! ```text
//! R_lead = T^-1/2 Qᵀ C    T = Qᵀ C Q    C − R_leadᵀ R_lead = L Lᵀ, which is positive for any Q
//! ```

use nalgebra::{DMatrix, SymmetricEigen};
use ndarray::Array2;
use rayon::prelude::*;

use crate::error::LimitError;
use crate::rows::{add_scaled, dot, row};

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
pub(crate) struct Root(Vec<RootRow>);

/// A row of a root, without the zeros that it begins with.
#[derive(Clone, Debug)]
struct RootRow {
    first: usize,
    rest: Vec<f64>,
}

impl Root {
    /// Takes the root of C, with a row for each direction above rounding.
    ///
    /// # Errors
    /// [`LimitError::Eigen`] if the eigendecomposition does not converge.
    pub fn new(c: &Array2<f64>) -> Result<Self, LimitError> {
        if c.nrows() <= SMALL { Ok(Self(eigen_rows(c)?)) } else { Self::of_large(c) }
    }

    fn of_large(c: &Array2<f64>) -> Result<Self, LimitError> {
        let mut rows = leading_rows(c)?;
        let mut rest = c.as_standard_layout().into_owned();
        let size = c.nrows();
        let lead: Vec<&[f64]> = rows.iter().map(|row| row.rest.as_slice()).collect();
        let out = rest.as_slice_mut().expect("standard layout");
        out.par_chunks_mut(size).enumerate().for_each(|(i, out)| {
            lead.iter().for_each(|lead| add_scaled(out, -lead[i], lead));
        });
        rows.extend(cholesky_rows(&rest, largest_variance(c)));
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
            add_scaled(&mut out[row.first..], *normal, &row.rest);
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
fn eigen_rows(c: &Array2<f64>) -> Result<Vec<RootRow>, LimitError> {
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
        whole_row(eigen.eigenvectors.column(i).iter().map(|x| scale * x).collect())
    };
    Ok(order.iter().map(row).collect())
}

/// A row with the sign that makes its first entry above rounding positive: the sign of an eigenvector is
/// arbitrary.
fn whole_row(mut rest: Vec<f64>) -> RootRow {
    let size = rest.iter().fold(0.0f64, |x, y| x.max(y.abs()));
    let sign = rest.iter().find(|x| x.abs() > 1e-9 * size).map_or(1.0, |x| x.signum());
    rest.iter_mut().for_each(|x| *x *= sign);
    RootRow { first: 0, rest }
}

/// The rows T^-1/2 Qᵀ C of the leading subspace Q, largest first.
fn leading_rows(c: &Array2<f64>) -> Result<Vec<RootRow>, LimitError> {
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
        whole_row(out)
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

/// The columns of L with C = L Lᵀ, as rows. A direction of no variance above rounding is left out, so C may
/// be singular.
fn cholesky_rows(c: &Array2<f64>, largest: f64) -> Vec<RootRow> {
    let size = c.nrows();
    let floor = largest * size as f64 * ROUNDING;
    let mut rest = c.as_standard_layout().into_owned();
    let mut rows = Vec::new();
    for j in 0..size {
        let variance = rest[(j, j)];
        if variance <= floor {
            continue;
        }
        let scale = 1.0 / variance.sqrt();
        let column: Vec<f64> = row(&rest, j)[j..].iter().map(|x| x * scale).collect();
        // Rows below j lose what the column explains; the matrix is symmetric, so its upper half is enough.
        let below = &mut rest.as_slice_mut().expect("standard layout")[(j + 1) * size..];
        let part = |(i, out): (usize, &mut [f64])| {
            let weight = column[i + 1];
            add_scaled(&mut out[j + 1 + i..], -weight, &column[i + 1..]);
        };
        below.par_chunks_mut(size).enumerate().with_min_len(64).for_each(part);
        rows.push(RootRow { first: j, rest: column });
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// RᵀR.
    fn squared(root: &Root, size: usize) -> Array2<f64> {
        let mut c = Array2::zeros((size, size));
        for RootRow { first, rest } in &root.0 {
            for (i, x) in rest.iter().enumerate() {
                for (j, y) in rest.iter().enumerate() {
                    c[(first + i, first + j)] += x * y;
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
        let carried = |rows: &[RootRow]| -> f64 {
            rows[..LEADING].iter().map(|row| dot(&row.rest, &row.rest)).sum()
        };
        let [exact, found] = [carried(&eigen_rows(&c)?), carried(&Root::new(&c)?.0)];
        assert!(found > 0.98 * exact && found < 1.0001 * exact, "{found} of {exact}");
        Ok(())
    }
}

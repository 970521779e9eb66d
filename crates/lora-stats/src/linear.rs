//! Linear least squares with a few columns, y ≈ X c.
//!
//! Columns are scaled to comparable size by powers of two, X is factored as QR by Householder
//! reflections, and the solution is refined on the augmented system r + X c = y, Xᵀ r = 0 with
//! residuals in twice the working precision (Å. Björck, "Iterative refinement of linear least
//! squares solutions I", BIT 7, 1967). What is then left is the rounding of X itself, magnified
//! by its condition.

use nalgebra::{DMatrix, DVector};
use serde::{Deserialize, Serialize};

use crate::error::{StatsError, require};
use crate::sums::{mean, sum};

/// Refinements after the first solution. The first leaves an error of about κ · 2^-53, each further
/// one takes off as many digits again.
const REFINEMENTS: usize = 2;

/// The coefficients c that minimise Σ (y − X c)², and what is usually reported with them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinearFit {
    /// c, one for each column.
    pub coefficients: Vec<f64>,
    /// s · √((XᵀX)⁻¹ₖₖ), for independent errors of equal variance; `None` with `residual_sd`.
    pub standard_errors: Option<Vec<f64>>,
    /// s = √(Σ residual² / (n − p)) for n points and p columns; `None` for n = p.
    pub residual_sd: Option<f64>,
    /// R² = 1 − Σ residual² / Σ(y − ȳ)² if a column is constant, and 1 − Σ residual² / Σ y² if none
    /// is, as for a line through the origin; `None` if that sum is zero.
    pub r_squared: Option<f64>,
    /// n, the number of points.
    pub points: usize,
}

/// Fits y ≈ Σₖ cₖ · columnₖ. A model with an intercept has a column of ones.
///
/// # Errors
/// [`StatsError::TooFew`] for no column or fewer points than columns;
/// [`StatsError::LengthMismatch`] for a column not as long as `y`; [`StatsError::InvalidParameter`]
/// for a value that is not finite; [`StatsError::DependentColumns`] if a column is a combination of
/// those before it, up to rounding; [`StatsError::Overflow`].
pub fn fit_linear(columns: &[Vec<f64>], y: &[f64]) -> Result<LinearFit, StatsError> {
    let design = Design::new(columns)?;
    let (coefficients, residuals) = design.solve(y)?;
    let squares = sum(residuals.iter().map(|residual| residual * residual));
    let freedom = y.len() - columns.len();
    let residual_sd = (freedom > 0).then(|| (squares / freedom as f64).sqrt());
    let has_constant = columns.iter().any(|column| column.iter().all(|x| *x == column[0]));
    let (centre, rest) = if has_constant { mean(y) } else { (0.0, 0.0) };
    let total = sum(y.iter().map(|y| ((y - centre) - rest).powi(2)));
    let fit = LinearFit {
        standard_errors: residual_sd
            .map(|sd| design.unit_errors().iter().map(|error| sd * error).collect()),
        coefficients,
        residual_sd,
        r_squared: (total > 0.0).then(|| 1.0 - squares / total),
        points: y.len(),
    };
    if fit.is_finite() { Ok(fit) } else { Err(StatsError::Overflow) }
}

impl LinearFit {
    fn is_finite(&self) -> bool {
        let errors = self.standard_errors.iter().flatten();
        let others = [self.residual_sd, self.r_squared];
        let others = others.iter().flatten();
        self.coefficients.iter().chain(errors).chain(others).all(|value| value.is_finite())
    }
}

/// A matrix X, factored once for any number of y.
pub(crate) struct Design {
    /// X with its columns multiplied by `scales`.
    x: DMatrix<f64>,
    scales: Vec<f64>,
    /// x = q r, with as many columns as X.
    q: DMatrix<f64>,
    r: DMatrix<f64>,
}

impl Design {
    pub(crate) fn new(columns: &[Vec<f64>]) -> Result<Self, StatsError> {
        let points = columns.first().map_or(0, Vec::len);
        for column in columns {
            check_values("values of a column", column, points)?;
        }
        if columns.is_empty() || points < columns.len() {
            let (needed, found) = (columns.len().max(1), points);
            return Err(StatsError::TooFew { what: "points of a linear fit", needed, found });
        }
        let scales: Vec<f64> = columns.iter().map(|column| scale(column)).collect();
        let x = DMatrix::from_fn(points, columns.len(), |i, k| columns[k][i] * scales[k]);
        let qr = x.clone().qr();
        let (q, r) = (qr.q(), qr.r());
        // Below this a diagonal entry is nothing but rounding.
        let rounding = points as f64 * f64::EPSILON;
        let dependent = |k: &usize| r[(*k, *k)].abs() <= rounding * x.column(*k).norm();
        match (0..columns.len()).find(dependent) {
            Some(position) => Err(StatsError::DependentColumns(position)),
            None => Ok(Self { x, scales, q, r }),
        }
    }

    /// The coefficients and residuals of y.
    pub(crate) fn solve(&self, y: &[f64]) -> Result<(Vec<f64>, Vec<f64>), StatsError> {
        check_values("values to fit", y, self.x.nrows())?;
        let mut residuals = DVector::zeros(self.x.nrows());
        let mut solution = DVector::zeros(self.x.ncols());
        for _ in 0..=REFINEMENTS {
            let (off, skew) = self.defects(y, &residuals, &solution);
            let step = self.step(&off, &skew).ok_or(StatsError::Overflow)?;
            residuals += off - &self.x * &step;
            solution += step;
        }
        let unscaled: Vec<f64> = solution.iter().zip(&self.scales).map(|(c, s)| c * s).collect();
        let finite = unscaled.iter().chain(residuals.iter()).all(|value| value.is_finite());
        if finite {
            Ok((unscaled, residuals.as_slice().to_vec()))
        } else {
            Err(StatsError::Overflow)
        }
    }

    /// y − r − X c and −Xᵀ r, in twice the working precision before they are rounded.
    fn defects(
        &self,
        y: &[f64],
        residuals: &DVector<f64>,
        solution: &DVector<f64>,
    ) -> (DVector<f64>, DVector<f64>) {
        let off = DVector::from_fn(y.len(), |i, _| {
            let row = self.x.row(i);
            let products = row.iter().zip(solution.iter()).flat_map(exact_product);
            sum([y[i], -residuals[i]].into_iter().chain(products.map(|term| -term)))
        });
        let skew = DVector::from_fn(self.x.ncols(), |k, _| {
            -sum(self.x.column(k).iter().zip(residuals.iter()).flat_map(exact_product))
        });
        (off, skew)
    }

    /// The change of c that removes the defects: R⁻¹(Qᵀ off − R⁻ᵀ skew).
    fn step(&self, off: &DVector<f64>, skew: &DVector<f64>) -> Option<DVector<f64>> {
        let skew = self.r.tr_solve_upper_triangular(skew)?;
        self.r.solve_upper_triangular(&(self.q.tr_mul(off) - skew))
    }

    /// √ of the diagonal of (XᵀX)⁻¹ = R⁻¹R⁻ᵀ: the coefficients' errors for errors of y of variance
    /// one.
    pub(crate) fn unit_errors(&self) -> Vec<f64> {
        let identity = DMatrix::identity(self.x.ncols(), self.x.ncols());
        // `new` has refused an R that has no inverse.
        let inverse = self.r.solve_upper_triangular(&identity).unwrap_or(identity * f64::NAN);
        (0..self.x.ncols()).map(|k| inverse.row(k).norm() * self.scales[k]).collect()
    }
}

/// a · b as a rounded product and its rounding error.
fn exact_product((a, b): (&f64, &f64)) -> [f64; 2] {
    let product = a * b;
    [product, a.mul_add(*b, -product)]
}

/// A power of two that brings the largest entry near one; it rounds nothing.
fn scale(column: &[f64]) -> f64 {
    let largest = column.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    // Within what has a reciprocal; a column of zeros is refused as dependent.
    (-largest.log2().floor().clamp(-1000.0, 1000.0)).exp2()
}

fn check_values(what: &'static str, values: &[f64], expected: usize) -> Result<(), StatsError> {
    if values.len() != expected {
        return Err(StatsError::LengthMismatch { what, expected, found: values.len() });
    }
    match values.iter().find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(&value) => require(false, "a value", value, "finite"),
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    fn ones_and(x: &[f64]) -> Vec<Vec<f64>> {
        vec![vec![1.0; x.len()], x.to_vec()]
    }

    #[test]
    fn a_line_agrees_with_fit_line() {
        let (x, y) = ([1.0, 2.0, 4.0, 7.0], [0.3, -0.2, 0.9, 1.4]);
        let (plain, general) =
            (crate::fit_line(&x, &y).unwrap(), fit_linear(&ones_and(&x), &y).unwrap());
        let errors = general.standard_errors.unwrap();
        let close = |a: f64, b: f64| assert_relative_eq!(a, b, max_relative = 1e-14);
        close(general.coefficients[0], plain.intercept);
        close(general.coefficients[1], plain.slope);
        close(errors[0], plain.intercept_se.unwrap());
        close(errors[1], plain.slope_se.unwrap());
        close(general.residual_sd.unwrap(), plain.residual_sd.unwrap());
        close(general.r_squared.unwrap(), plain.r_squared.unwrap());
    }

    #[test]
    fn as_many_points_as_columns_leave_no_error() {
        let fit = fit_linear(&ones_and(&[1.0, 3.0]), &[5.0, 1.0]).unwrap();
        assert_relative_eq!(fit.coefficients[..], [7.0, -2.0], max_relative = 1e-15);
        assert_eq!((fit.standard_errors, fit.residual_sd), (None, None));
    }

    #[test]
    fn columns_of_extreme_size_are_scaled() {
        let x = [1.0, 2.0, 3.0, 5.0];
        for factor in [1e-300, 1e300] {
            let scaled: Vec<f64> = x.iter().map(|x| factor * x).collect();
            let fit = fit_linear(&ones_and(&scaled), &[3.0, 5.0, 7.0, 11.0]).unwrap();
            assert_relative_eq!(fit.coefficients[1] * factor, 2.0, max_relative = 1e-14);
        }
    }

    #[test]
    fn rejects_what_has_no_solution() {
        let one = |columns: &[Vec<f64>], y: &[f64]| fit_linear(columns, y).unwrap_err();
        assert!(matches!(one(&[], &[1.0]), StatsError::TooFew { .. }));
        assert!(matches!(one(&ones_and(&[1.0]), &[1.0]), StatsError::TooFew { .. }));
        let ragged = [vec![1.0, 2.0], vec![1.0]];
        assert!(matches!(one(&ragged, &[1.0, 2.0]), StatsError::LengthMismatch { .. }));
        let short = one(&ones_and(&[1.0, 2.0]), &[1.0]);
        assert!(matches!(short, StatsError::LengthMismatch { .. }));
        let infinite = one(&ones_and(&[1.0, f64::INFINITY]), &[1.0, 2.0]);
        assert!(matches!(infinite, StatsError::InvalidParameter { .. }));
        assert_eq!(one(&ones_and(&[0.1; 3]), &[1.0; 3]), StatsError::DependentColumns(1));
        assert_eq!(one(&[vec![0.0; 3]], &[1.0; 3]), StatsError::DependentColumns(0));
    }
}

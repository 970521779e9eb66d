//! Linear least squares with a few columns, y ≈ X c, by QR.

use nalgebra::{DMatrix, DVector};

use crate::error::{StatsError, require};

/// A matrix X [points × columns], factored once for any number of y.
pub(crate) struct Design {
    /// X = q r, with as many columns as X.
    q: DMatrix<f64>,
    r: DMatrix<f64>,
}

impl Design {
    /// Factors X, given column by column. A model with an intercept has a column of ones.
    ///
    /// # Errors
    /// [`StatsError::TooFew`] for no column or fewer points than columns;
    /// [`StatsError::LengthMismatch`] for columns of different lengths;
    /// [`StatsError::InvalidParameter`] for a value that is not finite;
    /// [`StatsError::DependentColumns`] if a column is a combination of those before it, up to
    /// rounding.
    pub(crate) fn new(columns: &[Vec<f64>]) -> Result<Self, StatsError> {
        let points = columns.first().map_or(0, Vec::len);
        for column in columns {
            check_values("values of a column", column, points)?;
        }
        if columns.is_empty() || points < columns.len() {
            let (needed, found) = (columns.len().max(1), points);
            return Err(StatsError::TooFew { what: "points of a linear fit", needed, found });
        }
        let x = DMatrix::from_fn(points, columns.len(), |i, k| columns[k][i]);
        let norms: Vec<f64> = x.column_iter().map(|column| column.norm()).collect();
        let qr = x.qr();
        let (q, r) = (qr.q(), qr.r());
        // Below this a diagonal entry is nothing but rounding.
        let rounding = points as f64 * f64::EPSILON;
        match (0..columns.len()).find(|&k| r[(k, k)].abs() <= rounding * norms[k]) {
            Some(position) => Err(StatsError::DependentColumns(position)),
            None => Ok(Self { q, r }),
        }
    }

    /// The coefficients c, one for each column, that minimize Σ (y − X c)².
    ///
    /// # Errors
    /// [`StatsError::LengthMismatch`] if `y` is not as long as the columns;
    /// [`StatsError::InvalidParameter`] for a value that is not finite; [`StatsError::Overflow`].
    pub(crate) fn solve(&self, y: &[f64]) -> Result<Vec<f64>, StatsError> {
        check_values("values to fit", y, self.q.nrows())?;
        let projected = self.q.tr_mul(&DVector::from_column_slice(y));
        match self.r.solve_upper_triangular(&projected) {
            Some(c) if c.iter().all(|value| value.is_finite()) => Ok(c.as_slice().to_vec()),
            _ => Err(StatsError::Overflow),
        }
    }

    /// √ of the diagonal of (XᵀX)⁻¹ = R⁻¹R⁻ᵀ: the coefficients' standard errors if the errors of y
    /// are independent and of variance one.
    pub(crate) fn unit_errors(&self) -> Vec<f64> {
        let identity = DMatrix::identity(self.r.ncols(), self.r.ncols());
        // `new` has refused an R that has no inverse.
        let inverse = self.r.solve_upper_triangular(&identity).unwrap_or(identity * f64::NAN);
        inverse.row_iter().map(|row| row.norm()).collect()
    }
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

    fn fit(columns: &[Vec<f64>], y: &[f64]) -> Result<Vec<f64>, StatsError> {
        Design::new(columns)?.solve(y)
    }

    #[test]
    fn a_line_agrees_with_fit_line() {
        let (x, y) = ([1.0, 2.0, 4.0, 7.0], [0.3, -0.2, 0.9, 1.4]);
        let plain = crate::fit_line(&x, &y).unwrap();
        let design = Design::new(&ones_and(&x)).unwrap();
        let coefficients = design.solve(&y).unwrap();
        let sd = plain.residual_sd.unwrap();
        let errors = design.unit_errors();
        let close = |a: f64, b: f64| assert_relative_eq!(a, b, max_relative = 1e-14);
        close(coefficients[0], plain.intercept);
        close(coefficients[1], plain.slope);
        close(sd * errors[0], plain.intercept_se.unwrap());
        close(sd * errors[1], plain.slope_se.unwrap());
    }

    /// Longley's data from the NIST Statistical Reference Datasets
    /// (<https://www.itl.nist.gov/div898/strd/lls/lls.shtml>) with their certified coefficients. They
    /// are far worse conditioned than any fit here (5e9; 4e4 with columns of equal norms).
    #[test]
    fn longley_agrees_with_the_certified_values() {
        let rows = [
            [60323.0, 83.0, 234289.0, 2356.0, 1590.0, 107608.0, 1947.0],
            [61122.0, 88.5, 259426.0, 2325.0, 1456.0, 108632.0, 1948.0],
            [60171.0, 88.2, 258054.0, 3682.0, 1616.0, 109773.0, 1949.0],
            [61187.0, 89.5, 284599.0, 3351.0, 1650.0, 110929.0, 1950.0],
            [63221.0, 96.2, 328975.0, 2099.0, 3099.0, 112075.0, 1951.0],
            [63639.0, 98.1, 346999.0, 1932.0, 3594.0, 113270.0, 1952.0],
            [64989.0, 99.0, 365385.0, 1870.0, 3547.0, 115094.0, 1953.0],
            [63761.0, 100.0, 363112.0, 3578.0, 3350.0, 116219.0, 1954.0],
            [66019.0, 101.2, 397469.0, 2904.0, 3048.0, 117388.0, 1955.0],
            [67857.0, 104.6, 419180.0, 2822.0, 2857.0, 118734.0, 1956.0],
            [68169.0, 108.4, 442769.0, 2936.0, 2798.0, 120445.0, 1957.0],
            [66513.0, 110.8, 444546.0, 4681.0, 2637.0, 121950.0, 1958.0],
            [68655.0, 112.6, 482704.0, 3813.0, 2552.0, 123366.0, 1959.0],
            [69564.0, 114.2, 502601.0, 3931.0, 2514.0, 125368.0, 1960.0],
            [69331.0, 115.7, 518173.0, 4806.0, 2572.0, 127852.0, 1961.0],
            [70551.0, 116.9, 554894.0, 4007.0, 2827.0, 130081.0, 1962.0],
        ];
        let certified = [
            -3_482_258.634_595_82,
            15.061_872_271_373_3,
            -0.358_191_792_925_910e-1,
            -2.020_229_803_816_83,
            -1.033_226_867_173_59,
            -0.511_041_056_535_807e-1,
            1_829.151_464_613_55,
        ];
        let column = |k: usize| rows.iter().map(|row| row[k]).collect::<Vec<f64>>();
        let mut columns = vec![vec![1.0; rows.len()]];
        columns.extend((1..7).map(column));
        for (value, certified) in fit(&columns, &column(0)).unwrap().into_iter().zip(certified) {
            assert_relative_eq!(value, certified, max_relative = 1e-9);
        }
    }

    #[test]
    fn as_many_points_as_columns_are_solved() {
        let coefficients = fit(&ones_and(&[1.0, 3.0]), &[5.0, 1.0]).unwrap();
        assert_relative_eq!(coefficients[..], [7.0, -2.0], max_relative = 1e-14);
    }

    #[test]
    fn rejects_what_has_no_solution() {
        let one = |columns: &[Vec<f64>], y: &[f64]| fit(columns, y).unwrap_err();
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
        assert_eq!(fit(&[vec![1e-100; 2]], &[1e300; 2]), Err(StatsError::Overflow));
    }
}

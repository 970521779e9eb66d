//! Straight lines by least squares, and the width exponent as one.

use serde::{Deserialize, Serialize};

use crate::error::{StatsError, ln_positive};
use crate::sums::{mean, sum};

/// The least-squares line y = intercept + slope · x and what is usually reported with it.
///
/// With p points, S_xx = Σ(x − x̄)², S_xy = Σ(x − x̄)(y − ȳ), S_yy = Σ(y − ȳ)²:
/// slope = S_xy / S_xx, intercept = ȳ − slope · x̄, s² = Σ residual² / (p − 2).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LineFit {
    /// Slope.
    pub slope: f64,
    /// Value at x = 0.
    pub intercept: f64,
    /// s, the residual standard deviation; `None` for two points, which every line fits.
    pub residual_sd: Option<f64>,
    /// s / √S_xx, standard error of the slope, for independent errors of equal variance.
    pub slope_se: Option<f64>,
    /// s · √(1/p + x̄² / S_xx), standard error of the intercept.
    pub intercept_se: Option<f64>,
    /// R² = 1 − Σ residual² / S_yy; `None` if all y are equal.
    pub r_squared: Option<f64>,
    /// p, the number of points.
    pub points: usize,
}

/// Fits a line to the points (`x`, `y`), with two passes and compensated sums.
///
/// # Errors
/// [`StatsError::LengthMismatch`]; [`StatsError::TooFew`] for fewer than two points;
/// [`StatsError::InvalidParameter`] for a value that is not finite; [`StatsError::NoSpread`] if all
/// x are equal; [`StatsError::Overflow`] if a square leaves the floating-point range.
pub fn fit_line(x: &[f64], y: &[f64]) -> Result<LineFit, StatsError> {
    check_points(x, y)?;
    let ((x_mean, x_rest), (y_mean, y_rest)) = (mean(x), mean(y));
    let dx: Vec<f64> = x.iter().map(|x| (x - x_mean) - x_rest).collect();
    let dy: Vec<f64> = y.iter().map(|y| (y - y_mean) - y_rest).collect();
    let product = |a: &[f64], b: &[f64]| sum(a.iter().zip(b).map(|(a, b)| a * b));
    let (sxx, sxy, syy) = (product(&dx, &dx), product(&dx, &dy), product(&dy, &dy));
    if x.iter().all(|&value| value == x[0]) || sxx == 0.0 {
        return Err(StatsError::NoSpread);
    }
    let slope = sxy / sxx;
    let squared_residuals = sum(dx.iter().zip(&dy).map(|(dx, dy)| (dy - slope * dx).powi(2)));
    let residual_sd = (x.len() > 2).then(|| (squared_residuals / (x.len() - 2) as f64).sqrt());
    let leverage = 1.0 / x.len() as f64 + x_mean * (x_mean / sxx);
    let fit = LineFit {
        slope,
        // Fused: the two terms can cancel almost entirely.
        intercept: (-slope).mul_add(x_mean, y_mean) + (-slope).mul_add(x_rest, y_rest),
        residual_sd,
        slope_se: residual_sd.map(|sd| sd / sxx.sqrt()),
        intercept_se: residual_sd.map(|sd| sd * leverage.sqrt()),
        r_squared: (syy > 0.0).then(|| 1.0 - squared_residuals / syy),
        points: x.len(),
    };
    if fit.is_finite() { Ok(fit) } else { Err(StatsError::Overflow) }
}

impl LineFit {
    fn is_finite(&self) -> bool {
        let optional = [self.residual_sd, self.slope_se, self.intercept_se, self.r_squared];
        [self.slope, self.intercept]
            .into_iter()
            .chain(optional.into_iter().flatten())
            .all(f64::is_finite)
    }
}

/// The exponent between each two neighbouring widths, ln(lr′/lr) / ln(n′/n).
///
/// # Errors
/// [`StatsError::NotPositive`] for a width or learning rate without a logarithm;
/// [`StatsError::LengthMismatch`]; [`StatsError::TooFew`] for fewer than two widths;
/// [`StatsError::WidthsNotIncreasing`].
pub fn local_slopes(widths: &[f64], lrs: &[f64]) -> Result<Vec<f64>, StatsError> {
    check_lengths(widths, lrs)?;
    let (x, y) = (logarithms("width", widths)?, logarithms("learning rate", lrs)?);
    check_increasing(&x)?;
    Ok((1..x.len()).map(|i| (y[i] - y[i - 1]) / (x[i] - x[i - 1])).collect())
}

pub(crate) fn logarithms(what: &'static str, values: &[f64]) -> Result<Vec<f64>, StatsError> {
    values.iter().enumerate().map(|(i, &value)| ln_positive(what, i, value)).collect()
}

pub(crate) fn check_increasing(ln_widths: &[f64]) -> Result<(), StatsError> {
    // Of logarithms, because two widths a rounding apart would share one.
    match (1..ln_widths.len()).find(|&i| ln_widths[i] <= ln_widths[i - 1]) {
        Some(position) => Err(StatsError::WidthsNotIncreasing(position)),
        None => Ok(()),
    }
}

fn check_lengths(x: &[f64], y: &[f64]) -> Result<(), StatsError> {
    if x.len() != y.len() {
        let what = "values to each abscissa";
        return Err(StatsError::LengthMismatch { what, expected: x.len(), found: y.len() });
    }
    if x.len() < 2 {
        return Err(StatsError::TooFew { what: "points", needed: 2, found: x.len() });
    }
    Ok(())
}

fn check_points(x: &[f64], y: &[f64]) -> Result<(), StatsError> {
    check_lengths(x, y)?;
    match x.iter().chain(y).find(|value| !value.is_finite()) {
        None => Ok(()),
        Some(&value) => {
            Err(StatsError::InvalidParameter { name: "a coordinate", value, requirement: "finite" })
        }
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    #[test]
    fn two_points_have_a_line_but_no_error() {
        let fit = fit_line(&[1.0, 3.0], &[5.0, 1.0]).unwrap();
        assert_eq!((fit.slope, fit.intercept), (-2.0, 7.0));
        assert_eq!((fit.residual_sd, fit.slope_se, fit.intercept_se), (None, None, None));
    }

    #[test]
    fn a_constant_has_no_r_squared() {
        let fit = fit_line(&[1.0, 2.0, 4.0], &[3.0; 3]).unwrap();
        assert_eq!((fit.slope, fit.residual_sd, fit.r_squared), (0.0, Some(0.0), None));
    }

    #[test]
    fn recovers_an_exponent() {
        let widths: Vec<f64> = (7..=13).map(|e| f64::from(1 << e)).collect();
        let lrs: Vec<f64> = widths.iter().map(|n| 0.3 * n.powf(-0.75)).collect();
        let ln = |values: &[f64]| values.iter().map(|x| x.ln()).collect::<Vec<_>>();
        let fit = fit_line(&ln(&widths), &ln(&lrs)).unwrap();
        assert_relative_eq!(fit.slope, -0.75, max_relative = 1e-13);
        assert_relative_eq!(fit.intercept.exp(), 0.3, max_relative = 1e-12);
        for slope in local_slopes(&widths, &lrs).unwrap() {
            assert_relative_eq!(slope, -0.75, max_relative = 1e-12);
        }
    }

    #[test]
    fn rejects_what_has_no_line() {
        let mismatch = fit_line(&[1.0], &[1.0, 2.0]);
        assert!(matches!(mismatch, Err(StatsError::LengthMismatch { .. })));
        assert!(matches!(fit_line(&[1.0], &[1.0]), Err(StatsError::TooFew { .. })));
        assert_eq!(fit_line(&[0.1; 3], &[1.0, 2.0, 3.0]), Err(StatsError::NoSpread));
        let infinite = fit_line(&[1.0, f64::INFINITY], &[1.0, 2.0]);
        assert!(matches!(infinite, Err(StatsError::InvalidParameter { .. })));
        assert_eq!(fit_line(&[-1e300, 1e300], &[1.0, 2.0]), Err(StatsError::Overflow));
        assert!(matches!(
            local_slopes(&[1.0, 0.0], &[1.0; 2]),
            Err(StatsError::NotPositive { .. })
        ));
        assert_eq!(local_slopes(&[2.0, 2.0], &[1.0; 2]), Err(StatsError::WidthsNotIncreasing(1)));
    }
}

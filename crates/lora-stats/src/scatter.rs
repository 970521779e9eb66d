//! The interval of a slope from how points scatter about their line.

use crate::fit::LineFit;
use crate::interval::t_quantile;

/// slope ± t · se, with the t quantile of p − 2 degrees of freedom: for points with independent errors of equal
/// variance. `None` for two points, and for a level that is not between 0 and 1.
///
/// ```
/// use lora_stats::{fit_line, scatter_interval};
///
/// let fit = fit_line(&[0.0, 1.0, 2.0], &[0.0, 1.1, 1.9])?;
/// let (lower, upper) = scatter_interval(&fit, 0.95).expect("three points");
/// // se = √(0.015/2) = 0.0866, and t = 12.706 with one degree of freedom.
/// assert!((lower - (0.95 - 1.1004)).abs() < 1e-3 && (upper - (0.95 + 1.1004)).abs() < 1e-3);
/// # Ok::<(), lora_stats::StatsError>(())
/// ```
pub fn scatter_interval(fit: &LineFit, level: f64) -> Option<(f64, f64)> {
    let error = fit.slope_se.filter(|_| 0.0 < level && level < 1.0)?;
    let reach = t_quantile(fit.points - 2, level) * error;
    Some((fit.slope - reach, fit.slope + reach))
}

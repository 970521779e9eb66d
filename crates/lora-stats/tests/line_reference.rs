//! Lines against reference values that do not come from this code.

mod nist;

use approx::assert_relative_eq;
use lora_stats::fit_line;

#[test]
fn norris_agrees_with_the_certified_values() {
    // The only set with a line and an intercept; `nist_linear` has the others.
    let set = nist::norris();
    let (y, columns) = set.floats();
    let fit = fit_line(&columns[1], &y).unwrap();
    // The certificate has 15 digits; 1e-12 leaves room for its rounding and ours.
    let close = |value: f64, certified: f64| {
        assert_relative_eq!(value, certified, max_relative = 1e-12);
    };
    let [(intercept, intercept_se), (slope, slope_se)] = set.coefficients else { panic!() };
    close(fit.intercept, *intercept);
    close(fit.slope, *slope);
    close(fit.intercept_se.unwrap(), *intercept_se);
    close(fit.slope_se.unwrap(), *slope_se);
    close(fit.residual_sd.unwrap(), set.residual_sd);
    close(fit.r_squared.unwrap(), set.r_squared);
    assert_eq!(fit.points, 36);
}

/// Abscissae a billion from the origin and one apart, on y = 3 + 2x with residuals that are
/// orthogonal to 1 and x, so that every output is known exactly. Sums of squares about the origin
/// would need 60 bits for the slope and lose it.
#[test]
fn far_from_the_origin_every_output_keeps_its_digits() {
    let residuals = [0.25, -0.5, 0.25, 0.25, -0.5, 0.25];
    let offset = 1e9;
    let x: Vec<f64> = (0..6).map(|i| offset + f64::from(i)).collect();
    let y: Vec<f64> = x.iter().zip(residuals).map(|(x, e)| 3.0 + 2.0 * x + e).collect();
    let fit = fit_line(&x, &y).unwrap();
    let (squares, sxx): (f64, f64) = (0.75, 17.5);
    let sd: f64 = (squares / 4.0).sqrt();
    assert_relative_eq!(fit.slope, 2.0, max_relative = 1e-15);
    // One rounding of the slope, magnified by the offset, is the best that can be expected.
    assert_relative_eq!(fit.intercept, 3.0, epsilon = 1e9 * f64::EPSILON);
    assert_relative_eq!(fit.residual_sd.unwrap(), sd, max_relative = 1e-12);
    assert_relative_eq!(fit.slope_se.unwrap(), sd / sxx.sqrt(), max_relative = 1e-12);
    let mean = offset + 2.5;
    let intercept_se = sd * (1.0 / 6.0 + mean * mean / sxx).sqrt();
    assert_relative_eq!(fit.intercept_se.unwrap(), intercept_se, max_relative = 1e-12);
    assert_relative_eq!(
        fit.r_squared.unwrap(),
        1.0 - squares / (4.0 * sxx + squares),
        max_relative = 1e-12
    );
}

/// The mean of these abscissae lies between two neighbouring floating-point numbers; rounded, it
/// would be off by a third of their spread.
#[test]
fn a_mean_that_no_float_holds_does_no_harm() {
    let x: Vec<f64> = (0..4).map(|i| 1e16 + f64::from(2 * i)).collect();
    let fit = fit_line(&x, &[0.0, 1.0, 2.0, 3.0]).unwrap();
    assert_relative_eq!(fit.slope, 0.5, max_relative = 1e-15);
    assert_relative_eq!(fit.intercept, -5e15, max_relative = 1e-15);
    assert_relative_eq!(fit.r_squared.unwrap(), 1.0, max_relative = 1e-15);
}

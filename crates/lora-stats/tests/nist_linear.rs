//! `fit_linear` against the certified values of NIST, and those against exact arithmetic.

mod nist;

use approx::assert_relative_eq;
use lora_stats::{LinearFit, fit_linear};
use nist::Set;
use nist::exact::{Exact, float};

/// Certificates have 15 digits, so half a unit of the last is at most 5e-15 of the value; our own
/// conversion to floats adds a rounding or two.
const CERTIFICATE: f64 = 1e-14;

fn fit(set: &Set) -> LinearFit {
    let (y, columns) = set.floats();
    fit_linear(&columns, &y).unwrap()
}

/// Within a relative tolerance, or an absolute one of 1e-14 where the certificate is zero: there
/// the data lie on the curve, and decimals that floats round leave residuals of 1e-15.
fn close(set: &Set, what: &str, value: f64, certified: f64, tolerance: f64) {
    let scale = if certified == 0.0 { CERTIFICATE / tolerance } else { certified.abs() };
    let error = (value - certified).abs() / scale;
    assert!(error <= tolerance, "{} {what}: {value} is off {certified} by {error:e}", set.name);
}

/// The data as they stand here, solved in rationals without any rounding, give every certified
/// number: neither list has a wrong digit, unless in both.
#[test]
fn certificates_follow_from_the_data_exactly() {
    for set in nist::all() {
        let exact = Exact::of(&set);
        assert_eq!(exact.coefficients.len(), set.coefficients.len(), "{}", set.name);
        for (k, &(coefficient, error)) in set.coefficients.iter().enumerate() {
            close(&set, "coefficient", float(&exact.coefficients[k]), coefficient, CERTIFICATE);
            close(&set, "error", float(&exact.variances[k]).sqrt(), error, CERTIFICATE);
        }
        let sd = float(&exact.residual_variance).sqrt();
        close(&set, "residual sd", sd, set.residual_sd, CERTIFICATE);
        close(&set, "R²", float(&exact.r_squared), set.r_squared, CERTIFICATE);
    }
}

/// Digits of agreement: 12 for ten of the sets. X has a condition of at most 4e4 after scaling
/// (Longley), which makes 5e-12 of a rounding if everything adds up; 1e-12 supposes that it does
/// not. It limits the standard errors, which are not refined, and, where the data are decimals that
/// floats round, the coefficients.
///
/// Filip: 7. The powers of x up to the tenth do not fit into floats, and a condition of 5e9 makes
/// 6e-7 of their roundings if everything adds up. The next test shows that nothing else is lost.
#[test]
fn fits_agree_with_the_certificates() {
    for set in nist::all() {
        let tolerance = if set.name == "Filip" { 1e-7 } else { 1e-12 };
        let fit = fit(&set);
        let errors = fit.standard_errors.unwrap();
        for (k, &(coefficient, error)) in set.coefficients.iter().enumerate() {
            close(&set, "coefficient", fit.coefficients[k], coefficient, tolerance);
            close(&set, "error", errors[k], error, tolerance);
        }
        close(&set, "residual sd", fit.residual_sd.unwrap(), set.residual_sd, tolerance);
        close(&set, "R²", fit.r_squared.unwrap(), set.r_squared, tolerance);
    }
}

/// Against the exact solution for the columns as floats hold them, refined coefficients are right
/// to the last bit or two, whatever the condition.
#[test]
fn coefficients_are_exact_for_the_columns_given() {
    for set in nist::all() {
        let (exact, fit) = (Exact::of_floats(&set), fit(&set));
        for (value, exact) in fit.coefficients.iter().zip(&exact.coefficients) {
            assert_relative_eq!(*value, float(exact), max_relative = 4.0 * f64::EPSILON);
        }
    }
}

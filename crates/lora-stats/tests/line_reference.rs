//! Lines against reference values that do not come from this code.

use approx::assert_relative_eq;
use lora_stats::fit_line;

/// Norris, from the NIST Statistical Reference Datasets
/// (<https://www.itl.nist.gov/div898/strd/lls/lls.shtml>): the set with a line and an intercept. One
/// point a line, y first.
const NORRIS: &str =
    "0.1 0.2\n338.8 337.4\n118.1 118.2\n888.0 884.6\n9.2 10.1\n228.1 226.5\n668.5 666.3
    998.5 996.3\n449.1 448.6\n778.9 777.0\n559.2 558.2\n0.3 0.4\n0.1 0.6\n778.1 775.5
    668.8 666.9\n339.3 338.0\n448.9 447.5\n10.8 11.6\n557.7 556.0\n228.3 228.1\n998.0 995.8
    888.8 887.6\n119.6 120.2\n0.3 0.3\n0.6 0.3\n557.6 556.8\n339.3 339.1\n888.0 887.2
    998.5 999.0\n778.9 779.0\n10.2 11.1\n117.6 118.3\n228.9 229.2\n668.4 669.1\n449.2 448.9
    0.2 0.5";

#[test]
fn norris_agrees_with_the_certified_values() {
    let numbers: Vec<f64> =
        NORRIS.split_whitespace().map(|word| word.parse().expect("a number")).collect();
    let (y, x): (Vec<f64>, Vec<f64>) = numbers.chunks(2).map(|pair| (pair[0], pair[1])).unzip();
    let fit = fit_line(&x, &y).unwrap();
    // The certificate has 15 digits; 1e-12 leaves room for its rounding and ours.
    let close = |value: f64, certified: f64| {
        assert_relative_eq!(value, certified, max_relative = 1e-12);
    };
    close(fit.intercept, -0.262_323_073_774_029);
    close(fit.slope, 1.002_116_818_020_45);
    close(fit.intercept_se.unwrap(), 0.232_818_234_301_152);
    close(fit.slope_se.unwrap(), 0.429_796_848_199_937e-3);
    close(fit.residual_sd.unwrap(), 0.884_796_396_144_373);
    close(fit.r_squared.unwrap(), 0.999_993_745_883_712);
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

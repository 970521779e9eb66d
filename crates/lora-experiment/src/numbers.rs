//! Numbers in messages: computed values have six digits.

/// A number to at most six significant digits; with a power of ten where it is very small or large.
pub fn short(x: f64) -> String {
    // Rounded as text, then read back: so 0.1 is no 0.100000.
    let rounded: f64 = format!("{x:.5e}").parse().unwrap_or(x);
    match rounded.abs() {
        0.0 | 1e-3..1e6 => rounded.to_string(),
        size if size.is_finite() => format!("{rounded:e}"),
        _ => x.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits_and_no_zeros_that_tell_nothing() {
        for (x, text) in [
            (0.1, "0.1"),
            (1.0 / 3.0, "0.333333"),
            (-2.5, "-2.5"),
            (1e-300, "1e-300"),
            (f64::from(f32::MIN_POSITIVE), "1.17549e-38"),
            (123_456.789, "123457"),
            (999_999.9, "1e6"),
            (0.0, "0"),
            (f64::INFINITY, "inf"),
            (f64::NAN, "NaN"),
        ] {
            assert_eq!(short(x), text);
        }
    }
}

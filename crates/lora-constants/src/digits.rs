//! How numbers are told.

/// Three significant digits.
pub fn digits(x: f64) -> String {
    let places = if x > 0.0 { (2.0 - x.log10().floor()).clamp(0.0, 12.0) } else { 0.0 };
    format!("{x:.*}", places as usize)
}

/// A number with its interval, if it has both.
pub(crate) fn with_interval(value: Option<f64>, ends: Option<[f64; 2]>) -> Option<String> {
    let value = digits(value?);
    Some(match ends {
        Some([lower, upper]) => format!("{value} [{}, {}]", digits(lower), digits(upper)),
        None => value,
    })
}

/// A share in whole percent.
pub(crate) fn percent(share: f64) -> String {
    format!("{:.0}%", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits() {
        for (x, text) in
            [(0.004_321, "0.00432"), (1.2345, "1.23"), (123.4, "123"), (4321.0, "4321")]
        {
            assert_eq!(digits(x), text);
        }
        assert_eq!(
            with_interval(Some(1.0), Some([0.5, 2.0])).as_deref(),
            Some("1.00 [0.500, 2.00]")
        );
        assert_eq!(with_interval(None, None), None);
        assert_eq!(percent(1.073), "107%");
    }
}

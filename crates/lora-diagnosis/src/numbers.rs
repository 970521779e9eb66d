//! Numbers as a reader wants them.

/// Three digits.
pub(crate) fn shown(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    if !size.is_finite() {
        return if size.is_nan() { "–" } else { "∞" }.to_owned();
    }
    if (1e-3..1e3).contains(&size) {
        let digits = (2 - size.log10().floor() as i32).max(0) as usize;
        return format!("{value:.digits$}");
    }
    if (1e3..1e6).contains(&size) { format!("{value:.0}") } else { format!("{value:.2e}") }
}

/// A value with its range.
pub(crate) fn range([value, low, high]: [f64; 3]) -> String {
    format!("{} [{}, {}]", shown(value), shown(low), shown(high))
}

/// A count with its noun.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The middle one, or the mean of the middle two; 0 if there is none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = values.into_iter().collect();
    all.sort_by(f64::total_cmp);
    match all.len() {
        0 => 0.0,
        n if n % 2 == 1 => all[n / 2],
        n => (all[n / 2 - 1] + all[n / 2]) / 2.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits() {
        for (value, text) in [
            (0.0, "0"),
            (0.01234, "0.0123"),
            (12.34, "12.3"),
            (1234.0, "1234"),
            (1e-5, "1.00e-5"),
            (f64::INFINITY, "∞"),
        ] {
            assert_eq!(shown(value), text);
        }
        assert_eq!(range([1.0, 0.5, 2.0]), "1.00 [0.500, 2.00]");
        assert_eq!(median([3.0, 1.0, 2.0, 10.0]), 2.5);
    }
}

//! Numbers for readers and for scripts.

use serde::Serializer;

/// Significant digits of embedded numbers.
const DIGITS: usize = 5;

/// A number with so many significant digits, with a typographic minus and powers of ten in words of
/// Unicode: 0.0123, −3, 1.2 × 10⁻⁴.
pub fn significant(x: f64, digits: usize) -> String {
    if x == 0.0 {
        return "0".to_owned();
    }
    if !x.is_finite() {
        return if x.is_nan() {
            "not a number"
        } else if x > 0.0 {
            "∞"
        } else {
            "−∞"
        }
        .to_owned();
    }
    let scientific = format!("{x:.*e}", digits.saturating_sub(1));
    let (mantissa, power) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let text = if (-3..digits.max(5) as i32).contains(&power) {
        let places = (digits as i32 - 1 - power).max(0) as usize;
        format!("{x:.places$}")
    } else {
        format!("{mantissa} × 10{}", superscript(power))
    };
    text.replace('-', "−")
}

fn superscript(power: i32) -> String {
    let raised = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
    };
    power.to_string().chars().map(raised).collect()
}

/// An exponent to two or three decimals.
pub(crate) fn exponent(x: f64) -> String {
    format!("{x:.2}").replace('-', "−")
}

/// An interval of exponents.
pub(crate) fn interval(lower: Option<f64>, upper: Option<f64>) -> String {
    match (lower, upper) {
        (Some(lower), Some(upper)) => format!("[{}, {}]", exponent(lower), exponent(upper)),
        _ => "–".to_owned(),
    }
}

/// To a few significant digits: enough for a screen. Null if it is not finite.
pub(crate) fn rounded(x: f64) -> Option<f64> {
    format!("{x:.*e}", DIGITS - 1).parse().ok().filter(|x: &f64| x.is_finite())
}

pub(crate) fn short<S: Serializer>(x: &f64, to: S) -> Result<S::Ok, S::Error> {
    short_option(&Some(*x), to)
}

pub(crate) fn short_option<S: Serializer>(x: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
    match x.and_then(rounded) {
        // Whole numbers without their ".0".
        Some(x) if x.fract() == 0.0 && x.abs() < 1e9 => to.serialize_i64(x as i64),
        Some(x) => to.serialize_f64(x),
        None => to.serialize_none(),
    }
}

pub(crate) fn short_list<S: Serializer>(list: &[Option<f64>], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(list.iter().map(|x| Short(*x)))
}

struct Short(Option<f64>);

impl serde::Serialize for Short {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        short_option(&self.0, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_readers() {
        assert_eq!(significant(0.012345, 3), "0.0123");
        assert_eq!(significant(-3.0, 3), "−3.00");
        assert_eq!(significant(1.234e-4, 3), "1.23 × 10⁻⁴");
        assert_eq!(significant(6.1e12, 2), "6.1 × 10¹²");
        assert_eq!(significant(98765.0, 2), "98765");
        assert_eq!(significant(0.0, 2), "0");
        assert_eq!(significant(f64::NAN, 2), "not a number");
    }

    #[test]
    fn embedded_numbers_are_short_and_finite() {
        let text = |x| serde_json::to_string(&Short(x)).unwrap_or_default();
        assert_eq!(text(Some(0.123456789)), "0.12346");
        assert_eq!(text(Some(3.0)), "3");
        assert_eq!(text(Some(f64::INFINITY)), "null");
        assert_eq!(text(None), "null");
    }
}

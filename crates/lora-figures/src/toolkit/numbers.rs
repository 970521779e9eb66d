//! Numbers as text: true minus signs, powers of ten, simple fractions.

/// Fixed decimals with a true minus sign; "–" for no number.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    let text = match value.abs() {
        size if size.is_nan() => return "–".to_owned(),
        size if size == f64::INFINITY => format!("{}∞", if value < 0.0 { "-" } else { "" }),
        // Hundreds of digits help nobody.
        size if size >= 1e21 => format!("{value:.1e}"),
        _ => format!("{value:.decimals$}"),
    };
    match text.strip_prefix('-') {
        Some(digits) if digits.bytes().all(|b| b == b'0' || b == b'.') => digits.to_owned(),
        Some(digits) => format!("−{digits}"),
        None => text,
    }
}

/// A power of ten, as "10^{−3}".
pub(crate) fn power_of_ten(exponent: i32) -> String {
    format!("10^{{{}}}", fixed(f64::from(exponent), 0))
}

/// Plain decimals for everyday sizes, else "1.2×10^{−5}".
pub(crate) fn scientific(value: f64, decimals: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return fixed(value, 0);
    }
    // Rounding may carry into the next power.
    let text = format!("{value:.decimals$e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: f64 = digits.parse().unwrap_or(value);
    format!("{}×{}", fixed(digits, decimals), power_of_ten(exponent))
}

/// Two significant digits, in whichever form is shorter.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    if (1e-2..1e3).contains(&size) {
        let decimals = (1 - size.log10().floor() as i32).max(0) as usize;
        return fixed(value, decimals);
    }
    scientific(value, 1)
}

/// Largest denominator of an exact exponent; the calculus has none above 64 at the settings that anything is drawn for.
const LARGEST_DENOMINATOR: u32 = 64;

/// An exact exponent as a fraction in lowest terms ("−3/4", "−5/8", "1"); decimals where it is none.
pub(crate) fn fraction(value: f64) -> String {
    let whole = |d: &u32| {
        let above = value * f64::from(*d);
        (above - above.round()).abs() < 1e-9 * f64::from(*d)
    };
    let Some(below) = (1..=LARGEST_DENOMINATOR).find(whole).filter(|_| value.abs() < 1e6) else {
        return fixed(value, 2);
    };
    let above = fixed(value * f64::from(below), 0);
    if below == 1 { above } else { format!("{above}/{below}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(fixed(-0.74, 2), "−0.74");
        assert_eq!(fixed(-0.001, 2), "0.00");
        assert_eq!(fixed(f64::NEG_INFINITY, 2), "−∞");
        assert_eq!(fixed(f64::NAN, 2), "–");
        assert_eq!(fixed(f64::MAX, 2), "1.8e308");
        assert_eq!(short(0.012), "0.012");
        assert_eq!(short(0.0012), "1.2×10^{−3}");
        assert_eq!(short(9.99e-5), "1.0×10^{−4}");
    }

    #[test]
    fn exact_exponents_are_printed_exactly() {
        assert_eq!(fraction(-0.75), "−3/4");
        assert_eq!(fraction(-0.625), "−5/8");
        assert_eq!(fraction(-6.0 / 7.0), "−6/7");
        assert_eq!(fraction(-2.0 / 3.0), "−2/3");
        assert_eq!(fraction(-1.0), "−1");
        assert_eq!(fraction(0.0), "0");
        assert_eq!(fraction(-0.7321), "−0.73");
        assert_eq!(fraction(f64::NAN), "–");
    }
}

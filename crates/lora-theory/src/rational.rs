//! Exact rationals: checked arithmetic, reading and writing.

use num_rational::Ratio;
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub};

use crate::TheoryError;

/// An exact exponent of the width: a reduced fraction of 64-bit integers.
///
/// Reduced with a positive denominator, as every constructor of the type but `new_raw` leaves it.
pub type Rational = Ratio<i64>;

/// Largest numerator and denominator that an input may have.
pub const INPUT_LIMIT: i64 = 1_000_000;

/// One half, which an independent sum over an axis of size n adds to an exponent.
pub(crate) fn half() -> Rational {
    Rational::new_raw(1, 2)
}

/// The rational `numer / denom`, reduced, if it fits 64 bits.
///
/// # Errors
/// [`TheoryError::Overflow`] if `denom` is zero or the reduced fraction does not fit.
pub fn rational(numer: i64, denom: i64) -> Result<Rational, TheoryError> {
    narrow(wide(Rational::new_raw(numer, denom))?)
}

/// Twice the digits, so that no intermediate product of two rationals overflows where the reduced
/// result would fit.
type Wide = Ratio<i128>;

/// The same number, reduced; an error for a denominator of zero, which only `new_raw` can make.
fn wide(x: Rational) -> Result<Wide, TheoryError> {
    match (i128::from(*x.numer()), i128::from(*x.denom())) {
        (_, 0) => Err(TheoryError::Overflow),
        (numer, denom) => Ok(Wide::new(numer, denom)),
    }
}

fn narrow(x: Wide) -> Result<Rational, TheoryError> {
    let fit = |x: i128| i64::try_from(x).map_err(|_| TheoryError::Overflow);
    Ok(Rational::new_raw(fit(*x.numer())?, fit(*x.denom())?))
}

fn checked(
    x: Rational,
    y: Rational,
    operation: fn(&Wide, &Wide) -> Option<Wide>,
) -> Result<Rational, TheoryError> {
    narrow(operation(&wide(x)?, &wide(y)?).ok_or(TheoryError::Overflow)?)
}

/// Whether numerators and denominators have at most 31 bits, as nearly all exponents have: then no
/// intermediate number of a sum or product overflows, and 64 bits are several times as fast.
fn small(x: Rational, y: Rational) -> bool {
    let fits = |x: i64| x.unsigned_abs() < 1 << 31;
    [x, y].iter().all(|x| fits(*x.numer()) && fits(*x.denom()) && *x.denom() > 0)
}

pub(crate) fn add(x: Rational, y: Rational) -> Result<Rational, TheoryError> {
    if small(x, y) { Ok(x + y) } else { checked(x, y, Wide::checked_add) }
}

pub(crate) fn sub(x: Rational, y: Rational) -> Result<Rational, TheoryError> {
    if small(x, y) { Ok(x - y) } else { checked(x, y, Wide::checked_sub) }
}

pub(crate) fn mul(x: Rational, y: Rational) -> Result<Rational, TheoryError> {
    if small(x, y) { Ok(x * y) } else { checked(x, y, Wide::checked_mul) }
}

pub(crate) fn div(x: Rational, y: Rational) -> Result<Rational, TheoryError> {
    checked(x, y, Wide::checked_div)
}

pub(crate) fn neg(x: Rational) -> Result<Rational, TheoryError> {
    sub(Rational::new_raw(0, 1), x)
}

pub(crate) fn midpoint(x: Rational, y: Rational) -> Result<Rational, TheoryError> {
    mul(add(x, y)?, half())
}

/// `value` itself if it is a proper fraction within [`INPUT_LIMIT`]; `what` names it in the error.
pub(crate) fn within_limit(what: &'static str, value: Rational) -> Result<Rational, TheoryError> {
    let out = || TheoryError::OutOfRange { what, limit: INPUT_LIMIT };
    if *value.denom() <= 0 {
        return Err(out());
    }
    let value = rational(*value.numer(), *value.denom())?;
    let small = value.numer().unsigned_abs() <= INPUT_LIMIT.unsigned_abs();
    if small && *value.denom() <= INPUT_LIMIT { Ok(value) } else { Err(out()) }
}

/// Reads an exact rational: `3`, `-1/2`, `−1/2` (with the minus sign U+2212) or `0.75`.
///
/// A decimal is read exactly: `0.75` is 3/4.
///
/// # Errors
/// [`TheoryError::NotRational`] for any other text, and for one that does not fit 64 bits.
///
/// ```
/// use lora_theory::{parse_rational, rational};
/// assert_eq!(parse_rational("−1/2")?, rational(-1, 2)?);
/// assert_eq!(parse_rational("0.75")?, rational(3, 4)?);
/// assert!(parse_rational("1/0").is_err());
/// # Ok::<(), lora_theory::TheoryError>(())
/// ```
pub fn parse_rational(text: &str) -> Result<Rational, TheoryError> {
    read(text.trim()).ok_or_else(|| TheoryError::NotRational { text: text.to_owned() })
}

fn read(text: &str) -> Option<Rational> {
    let (sign, digits) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (numer, denom) = match digits.split_once('/') {
        Some((numer, denom)) => (natural(numer)?, natural(denom)?),
        None => decimal(digits)?,
    };
    rational(sign * numer, denom).ok()
}

/// Digits only: the sign has been taken, and `parse` alone would accept a second one.
fn natural(digits: &str) -> Option<i64> {
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if plain { digits.parse().ok() } else { None }
}

fn decimal(digits: &str) -> Option<(i64, i64)> {
    let Some((whole, fraction)) = digits.split_once('.') else {
        return Some((natural(digits)?, 1));
    };
    let places = u32::try_from(fraction.len()).ok()?;
    natural(fraction)?;
    let whole = if whole.is_empty() { "0" } else { whole };
    Some((natural(&format!("{whole}{fraction}"))?, 10_i64.checked_pow(places)?))
}

/// The nearest float, for drawing and for comparison with a measured slope.
pub fn approximate(value: Rational) -> f64 {
    *value.numer() as f64 / *value.denom() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_fractions_decimals_and_signs() {
        let reads = |text: &str, n, d| assert_eq!(parse_rational(text), rational(n, d), "{text}");
        reads("-1/2", -1, 2);
        reads("\u{2212}1/2", -1, 2);
        reads("+3", 3, 1);
        reads("0.75", 3, 4);
        reads("-.5", -1, 2);
        reads(" 4/6 ", 2, 3);
    }

    #[test]
    fn refuses_other_text_without_a_panic() {
        for text in ["", "-", "--1", "1/0", "1/-2", "1e3", "0.", "nan", "99999999999999999999"] {
            assert!(parse_rational(text).is_err(), "{text}");
        }
        assert!(parse_rational("0.00000000000000000001").is_err());
    }

    #[test]
    fn overflow_is_an_error() {
        let large = Rational::new_raw(i64::MAX, 1);
        assert_eq!(add(large, large), Err(TheoryError::Overflow));
        assert_eq!(mul(large, large), Err(TheoryError::Overflow));
        assert_eq!(div(large, Rational::new_raw(0, 1)), Err(TheoryError::Overflow));
        assert_eq!(neg(Rational::new_raw(i64::MIN, 1)), Err(TheoryError::Overflow));
        assert_eq!(rational(1, 0), Err(TheoryError::Overflow));
        assert_eq!(rational(i64::MIN, -1), Err(TheoryError::Overflow));
        assert_eq!(rational(i64::MIN, i64::MIN), rational(1, 1));
        assert!(within_limit("x", Rational::new_raw(1, 0)).is_err());
        assert!(within_limit("x", Rational::new_raw(1, -2)).is_err());
    }

    #[test]
    fn a_result_that_fits_is_found_through_products_that_do_not() {
        let (large, next) = (i64::MAX, i64::MAX - 1);
        let product = mul(Rational::new_raw(large, next), Rational::new_raw(next, large));
        assert_eq!(product, rational(1, 1));
        let third = Rational::new_raw(large, 3);
        assert_eq!(sub(third, third), rational(0, 1));
        let lowest = Rational::new_raw(i64::MIN, 1);
        assert_eq!(div(lowest, lowest), rational(1, 1));
        assert_eq!(sub(lowest, lowest), rational(0, 1));
    }

    #[test]
    fn a_denominator_of_zero_is_an_error_and_no_panic() {
        let (bad, zero) = (Rational::new_raw(1, 0), Rational::new_raw(0, 1));
        for operation in [add, sub, mul, div] {
            assert_eq!(operation(bad, zero), Err(TheoryError::Overflow));
            assert_eq!(operation(zero, bad), Err(TheoryError::Overflow));
        }
    }

    proptest::proptest! {
        /// On both sides of the size from which 128 bits are used.
        #[test]
        fn short_and_long_arithmetic_agree(
            (a, c) in (-1i64 << 32..1 << 32, -1i64 << 32..1 << 32),
            (b, d) in (1i64..1 << 32, 1i64..1 << 32),
        ) {
            let (x, y) = (Rational::new_raw(a, b), Rational::new_raw(c, d));
            proptest::prop_assert_eq!(add(x, y), checked(x, y, Wide::checked_add));
            proptest::prop_assert_eq!(sub(x, y), checked(x, y, Wide::checked_sub));
            proptest::prop_assert_eq!(mul(x, y), checked(x, y, Wide::checked_mul));
        }

        #[test]
        fn short_fractions_agree(
            (a, c) in (-99i64..99, -99i64..99), (b, d) in (1i64..99, 1i64..99),
        ) {
            let (x, y) = (Rational::new_raw(a, b), Rational::new_raw(c, d));
            proptest::prop_assert_eq!(add(x, y), checked(x, y, Wide::checked_add));
            proptest::prop_assert_eq!(mul(x, y), checked(x, y, Wide::checked_mul));
        }
    }
}

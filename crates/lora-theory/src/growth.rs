//! Growth as a function of γ: tropical polynomials in the learning rate η = n^γ.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::rational::{add, div, mul, neg, sub};
use crate::{Exponent, GammaRange, Rational, TheoryError, rational};

/// One monomial η^slope · n^intercept, whose growth is slope·γ + intercept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct Line {
    /// Power of the learning rate.
    #[serde(serialize_with = "crate::serial::serialize")]
    pub slope: Rational,
    /// Power of the width that does not depend on γ.
    #[serde(serialize_with = "crate::serial::serialize")]
    pub intercept: Rational,
}

impl Line {
    /// Guards the comparisons against a fraction that was never reduced, or has denominator zero.
    fn reduced(self) -> Result<Self, TheoryError> {
        let reduce = |x: Rational| rational(*x.numer(), *x.denom());
        Ok(Self { slope: reduce(self.slope)?, intercept: reduce(self.intercept)? })
    }

    fn at(&self, gamma: Rational) -> Result<Rational, TheoryError> {
        add(mul(self.slope, gamma)?, self.intercept)
    }

    /// Where the line is at most zero; `None` if nowhere.
    fn at_most_zero(&self) -> Result<Option<GammaRange>, TheoryError> {
        let flat = *self.slope.numer() == 0;
        if flat {
            return Ok((*self.intercept.numer() <= 0).then_some(GammaRange::ALL));
        }
        let root = Some(div(neg(self.intercept)?, self.slope)?);
        let rising = *self.slope.numer() > 0;
        let (lo, hi) = if rising { (None, root) } else { (root, None) };
        Ok(Some(GammaRange { lo, hi }))
    }
}

/// The growth of a quantity at learning rate η = n^γ, as a function of γ: a maximum of lines.
///
/// Kept in the one canonical form, the upper envelope: slopes ascend strictly, and each line is
/// the only largest one somewhere. Two growths are equal as functions exactly if they are equal
/// as values. No line at all is the growth −∞ of an exact zero. The functions are convex, so that
/// a growth is at most zero on one interval.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Growth {
    lines: Vec<Line>,
}

impl Growth {
    /// The growth −∞ of an exact zero, neutral for sums.
    pub const ZERO: Self = Self { lines: Vec::new() };

    /// The growth n^0 of a constant, neutral for products.
    #[must_use]
    pub fn one() -> Self {
        Self::power(Rational::new_raw(0, 1))
    }

    /// The growth n^intercept, whatever γ.
    #[must_use]
    pub fn power(intercept: Rational) -> Self {
        Self::line(Rational::new_raw(0, 1), intercept)
    }

    /// The growth η^slope · n^intercept.
    #[must_use]
    pub fn line(slope: Rational, intercept: Rational) -> Self {
        Self { lines: vec![Line { slope, intercept }] }
    }

    /// The upper envelope of any lines.
    ///
    /// # Errors
    /// [`TheoryError::Overflow`] if the lines cannot be compared exactly in 64 bits.
    pub fn max_of(lines: impl IntoIterator<Item = Line>) -> Result<Self, TheoryError> {
        let mut sorted = lines.into_iter().map(Line::reduced).collect::<Result<Vec<_>, _>>()?;
        sorted.sort_unstable();
        let mut envelope: Vec<Line> = Vec::with_capacity(sorted.len());
        for line in sorted {
            // Of parallel lines the last is the highest.
            if envelope.last().is_some_and(|last| last.slope == line.slope) {
                envelope.pop();
            }
            while let [.., left, middle] = envelope[..] {
                if !is_hidden(left, middle, line)? {
                    break;
                }
                envelope.pop();
            }
            envelope.push(line);
        }
        Ok(Self { lines: envelope })
    }

    /// The lines of the envelope, by ascending slope.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Whether this is the growth of an exact zero.
    pub fn is_zero(&self) -> bool {
        self.lines.is_empty()
    }

    /// γ\[u + v\]: the larger of the two at every γ.
    ///
    /// # Errors
    /// [`TheoryError::Overflow`] if the exact envelope does not fit.
    pub fn plus(&self, other: &Self) -> Result<Self, TheoryError> {
        Self::max_of(self.lines.iter().chain(&other.lines).copied())
    }

    /// γ\[uv\]: the sum of the two at every γ.
    ///
    /// # Errors
    /// [`TheoryError::Overflow`] if the exact envelope does not fit.
    pub fn times(&self, other: &Self) -> Result<Self, TheoryError> {
        let mut lines = Vec::with_capacity(self.lines.len() * other.lines.len());
        for x in &self.lines {
            for y in &other.lines {
                let slope = add(x.slope, y.slope)?;
                lines.push(Line { slope, intercept: add(x.intercept, y.intercept)? });
            }
        }
        Self::max_of(lines)
    }

    /// The product with n^power.
    ///
    /// # Errors
    /// [`TheoryError::Overflow`] if the exact envelope does not fit.
    pub fn times_power(&self, power: Rational) -> Result<Self, TheoryError> {
        self.times(&Self::power(power))
    }

    /// The exponent at η = n^γ.
    ///
    /// # Errors
    /// [`TheoryError::Overflow`] if the exact value does not fit.
    pub fn at(&self, gamma: Rational) -> Result<Exponent, TheoryError> {
        self.lines.iter().try_fold(Exponent::Zero, |largest, line| {
            Ok(largest.plus(Exponent::Power(line.at(gamma)?)))
        })
    }

    /// The γ at which the quantity is O(1): one closed interval, or `None` if there is no such γ.
    ///
    /// # Errors
    /// [`TheoryError::Overflow`] if an exact end does not fit.
    pub fn bounded(&self) -> Result<Option<GammaRange>, TheoryError> {
        let mut common = Some(GammaRange::ALL);
        for line in &self.lines {
            let line = line.at_most_zero()?;
            common = common.zip(line).and_then(|(x, y)| x.intersect(&y));
        }
        Ok(common)
    }

    /// The γ at which the quantity is Θ(1): no point, one or two, or one interval.
    ///
    /// # Errors
    /// [`TheoryError::Overflow`] if an exact end does not fit.
    pub fn order_one(&self) -> Result<Vec<GammaRange>, TheoryError> {
        let Some(bounded) = self.bounded()? else { return Ok(Vec::new()) };
        let flat = |line: &Line| *line.slope.numer() == 0 && *line.intercept.numer() == 0;
        // On an envelope the line 0 is the maximum exactly where the maximum is at most 0.
        if self.lines.iter().any(flat) {
            return Ok(vec![bounded]);
        }
        Ok(bounded.ends().map(GammaRange::point).collect())
    }
}

/// Whether `middle` is nowhere the only largest of three lines of strictly ascending slopes, that
/// is, not above the other two where those cross.
fn is_hidden(left: Line, middle: Line, right: Line) -> Result<bool, TheoryError> {
    let rise = mul(sub(middle.intercept, left.intercept)?, sub(right.slope, left.slope)?)?;
    let room = mul(sub(right.intercept, left.intercept)?, sub(middle.slope, left.slope)?)?;
    Ok(rise <= room)
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (slope, intercept) = (self.slope, self.intercept);
        match (*slope.numer(), *slope.denom()) {
            (0, _) => return write!(f, "{intercept}"),
            (1, 1) => write!(f, "γ")?,
            (-1, 1) => write!(f, "-γ")?,
            (_, 1) => write!(f, "{slope}γ")?,
            _ => write!(f, "({slope})γ")?,
        }
        match *intercept.numer() {
            0 => Ok(()),
            1.. => write!(f, " + {intercept}"),
            _ => write!(f, " - {}", intercept.to_string().trim_start_matches('-')),
        }
    }
}

impl fmt::Display for Growth {
    /// Such as `max(γ + 1, 0)`; `-∞` for an exact zero.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.lines.iter().rev().map(Line::to_string).collect();
        match lines.as_slice() {
            [] => write!(f, "-∞"),
            [line] => write!(f, "{line}"),
            _ => write!(f, "max({})", lines.join(", ")),
        }
    }
}

/// As text, in the form that [`Display`](fmt::Display) gives.
impl Serialize for Growth {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(slope: i64, intercept: i64) -> Line {
        Line { slope: Rational::new_raw(slope, 1), intercept: Rational::new_raw(intercept, 1) }
    }

    #[test]
    fn a_line_that_only_touches_the_envelope_is_dropped() {
        let touching = Growth::max_of([line(-1, 0), line(0, 0), line(1, 0)]);
        assert_eq!(touching, Growth::max_of([line(1, 0), line(-1, 0)]));
        let above = Growth::max_of([line(-1, 0), line(0, 1), line(1, 0), line(0, -5)]);
        assert_eq!(above.map(|g| g.lines().len()), Ok(3));
    }

    #[test]
    fn is_shown_as_a_maximum() -> Result<(), TheoryError> {
        let shown = Growth::max_of([line(1, 1), line(0, 0), line(3, -2)])?.to_string();
        assert_eq!(shown, "max(3γ - 2, γ + 1, 0)");
        assert_eq!(Growth::ZERO.to_string(), "-∞");
        Ok(())
    }

    #[test]
    fn a_flat_piece_at_zero_is_an_interval_of_order_one() -> Result<(), TheoryError> {
        let flat = Growth::max_of([line(0, 0), line(1, 1)])?;
        let up_to = GammaRange { lo: None, hi: Some(Rational::new_raw(-1, 1)) };
        assert_eq!(flat.order_one()?, vec![up_to]);
        assert_eq!(Growth::ZERO.order_one()?, vec![]);
        assert_eq!(Growth::ZERO.bounded()?, Some(GammaRange::ALL));
        assert_eq!(Growth::max_of([line(0, 1)])?.bounded()?, None);
        Ok(())
    }
}

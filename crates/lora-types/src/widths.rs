//! The widths of an experiment, behind which the limit n → ∞ may stand.

use std::ops::Deref;

use serde::ser::{Serialize, Serializer};

use crate::width::Width;

/// Widths in ascending order, and whether the limit n → ∞ is one more of them.
///
/// It reads as the slice of the finite widths: these are trained, while a limit is solved. In files it is a list of
/// whole numbers, with `"inf"` as its last entry where there is a limit.
///
/// ```
/// use lora_types::{Width, Widths};
/// let widths = Widths::from(vec![64, 128]).and_infinite();
/// assert_eq!(widths[..], [64, 128]);
/// assert_eq!(widths.all().last(), Some(Width::Infinite));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Widths {
    finite: Vec<usize>,
    infinite: bool,
}

impl Widths {
    /// Widths as a file lists them; none where an infinite one is not the last.
    pub fn of(listed: &[Width]) -> Option<Self> {
        let (before, infinite) = match listed.split_last() {
            Some((Width::Infinite, before)) => (before, true),
            _ => (listed, false),
        };
        let finite = before.iter().map(|width| width.finite()).collect::<Option<_>>()?;
        Some(Self { finite, infinite })
    }

    /// The same finite widths with the limit behind them.
    #[must_use]
    pub fn and_infinite(self) -> Self {
        Self { infinite: true, ..self }
    }

    /// Whether the limit n → ∞ is one of them.
    pub fn has_infinite(&self) -> bool {
        self.infinite
    }

    /// All of them, the limit last.
    pub fn all(&self) -> impl Iterator<Item = Width> {
        let finite = self.finite.iter().map(|&n| Width::Finite(n));
        finite.chain(self.infinite.then_some(Width::Infinite))
    }
}

impl From<Vec<usize>> for Widths {
    fn from(finite: Vec<usize>) -> Self {
        Self { finite, infinite: false }
    }
}

impl Deref for Widths {
    type Target = [usize];

    fn deref(&self) -> &[usize] {
        &self.finite
    }
}

impl<'w> IntoIterator for &'w Widths {
    type Item = &'w usize;
    type IntoIter = std::slice::Iter<'w, usize>;

    fn into_iter(self) -> Self::IntoIter {
        self.finite.iter()
    }
}

impl Serialize for Widths {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.all())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_infinite_width_is_the_last_or_none() {
        use Width::{Finite, Infinite};
        let plain = Widths::from(vec![8, 16]);
        assert_eq!(Widths::of(&[Finite(8), Finite(16)]), Some(plain.clone()));
        assert_eq!(Widths::of(&[Finite(8), Finite(16), Infinite]), Some(plain.and_infinite()));
        for wrong in [&[Infinite, Finite(8)][..], &[Finite(8), Infinite, Infinite]] {
            assert_eq!(Widths::of(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn files_list_it_as_a_text_behind_the_numbers() {
        let json = |widths: &Widths| serde_json::to_string(widths).expect("a list");
        let widths = Widths::from(vec![8, 16]);
        assert_eq!(json(&widths), "[8,16]");
        assert_eq!(json(&widths.and_infinite()), r#"[8,16,"inf"]"#);
    }
}

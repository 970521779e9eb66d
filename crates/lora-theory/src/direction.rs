//! Which way a tensor points along an axis, and what a sum over that axis adds to an exponent.

use serde::{Deserialize, Serialize};

use crate::rational::half;
use crate::{Factor, Rational};

/// Label of a direction along one axis.
///
/// Two tensors with the same label have an inner product of the size of its terms times their
/// number; with different labels they are independent and centred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Direction {
    /// Along n: the layer's input Z.
    Features,
    /// Along n: the backward signal dZ_B, which the whole network takes from W_out.
    Signal,
    /// Along n: the frozen features that W_out reads at the start, independent of W_out.
    Frozen,
    /// Along either axis: the fresh Gaussian entries of A0 or B0.
    Random(Factor),
    /// Along r: A0·Z or B0ᵀ·dZ_B, the image of the one fixed vector that the draw meets on its n
    /// axis. The gradient steps along it, so that it meets the draw again on the r axis.
    Image(Factor),
}

/// How a sum over an axis treats the directions of its two factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alignment {
    /// By their labels: the calculus proper.
    #[default]
    Tracked,
    /// Always independent, a central limit everywhere. A control: it is wrong on purpose.
    AllIndependent,
    /// Always aligned, a law of large numbers everywhere. A control: it is wrong on purpose.
    AllAligned,
}

/// What a contraction adds: over an axis of size n^x, x if aligned and x/2 if independent. \[P\]
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contraction {
    pub alignment: Alignment,
    /// ρ in r = n^ρ.
    pub rank: Rational,
}

impl Contraction {
    fn aligned(&self, left: Direction, right: Direction) -> bool {
        match self.alignment {
            Alignment::Tracked => left == right,
            Alignment::AllIndependent => false,
            Alignment::AllAligned => true,
        }
    }

    /// What a sum over the n axis adds.
    pub fn over_width(&self, left: Direction, right: Direction) -> Rational {
        if self.aligned(left, right) { Rational::new_raw(1, 1) } else { half() }
    }

    /// What a sum over the r axis adds; ρ is a validated input, far from overflow.
    pub fn over_rank(&self, left: Direction, right: Direction) -> Rational {
        if self.aligned(left, right) { self.rank } else { self.rank * half() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_equal_labels_align() {
        let rank = Rational::new_raw(1, 3);
        let sums = Contraction { alignment: Alignment::Tracked, rank };
        let image = Direction::Image(Factor::B);
        assert_eq!(sums.over_width(Direction::Signal, Direction::Signal), Rational::new_raw(1, 1));
        assert_eq!(sums.over_width(Direction::Random(Factor::B), Direction::Signal), half());
        assert_eq!(sums.over_rank(image, image), rank);
        assert_eq!(sums.over_rank(image, Direction::Image(Factor::A)), Rational::new_raw(1, 6));
    }
}

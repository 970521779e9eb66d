//! Vectors and matrices as sums of terms, each a growth and a direction along every axis.

use std::collections::BTreeMap;

use crate::direction::{Contraction, Direction};
use crate::{Growth, Rational, TheoryError};

/// A sum of terms with distinct directions `D`; no term is an exact zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms<D: Ord + Copy>(BTreeMap<D, Growth>);

/// A vector along n or along r.
pub(crate) type Vector = Terms<Direction>;

/// The directions of a matrix term: both factors are kept as n × r here, A as its transpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Directions {
    pub along_n: Direction,
    pub along_r: Direction,
}

/// A matrix with an n axis and an r axis.
pub(crate) type Matrix = Terms<Directions>;

impl<D: Ord + Copy> Terms<D> {
    pub fn zero() -> Self {
        Self(BTreeMap::new())
    }

    pub fn single(growth: Growth, direction: D) -> Result<Self, TheoryError> {
        let mut terms = Self::zero();
        terms.add(growth, direction)?;
        Ok(terms)
    }

    fn add(&mut self, growth: Growth, direction: D) -> Result<(), TheoryError> {
        if growth.is_zero() {
            return Ok(());
        }
        let sum = match self.0.get(&direction) {
            Some(present) => present.plus(&growth)?,
            None => growth,
        };
        self.0.insert(direction, sum);
        Ok(())
    }

    pub fn plus(&self, other: &Self) -> Result<Self, TheoryError> {
        let mut sum = self.clone();
        for (direction, growth) in &other.0 {
            sum.add(growth.clone(), *direction)?;
        }
        Ok(sum)
    }

    pub fn scaled(&self, factor: &Growth) -> Result<Self, TheoryError> {
        let mut scaled = Self::zero();
        for (direction, growth) in &self.0 {
            scaled.add(growth.times(factor)?, *direction)?;
        }
        Ok(scaled)
    }

    /// Every term that is not exactly zero gets entries of size `entries`, its direction kept:
    /// the sign of a tensor is aligned with that tensor.
    pub fn signs(&self, entries: &Growth) -> Result<Self, TheoryError> {
        let mut signs = Self::zero();
        for direction in self.0.keys() {
            signs.add(entries.clone(), *direction)?;
        }
        Ok(signs)
    }

    /// The growth of one entry.
    pub fn entry(&self) -> Result<Growth, TheoryError> {
        self.0.values().try_fold(Growth::ZERO, |sum, growth| sum.plus(growth))
    }
}

impl Vector {
    /// Inner product along r.
    pub fn dot_rank(&self, other: &Self, sums: Contraction) -> Result<Growth, TheoryError> {
        let mut total = Growth::ZERO;
        for (left, x) in &self.0 {
            for (right, y) in &other.0 {
                let product = x.times(y)?.times_power(sums.over_rank(*left, *right))?;
                total = total.plus(&product)?;
            }
        }
        Ok(total)
    }

    /// Inner product along n.
    pub fn dot_width(&self, other: &Self, sums: Contraction) -> Result<Growth, TheoryError> {
        let mut total = Growth::ZERO;
        for (left, x) in &self.0 {
            for (right, y) in &other.0 {
                let product = x.times(y)?.times_power(sums.over_width(*left, *right))?;
                total = total.plus(&product)?;
            }
        }
        Ok(total)
    }
}

impl Matrix {
    /// Fresh centred entries of growth `std`.
    pub fn random(std: Growth, draw: Direction) -> Result<Self, TheoryError> {
        Self::single(std, Directions { along_n: draw, along_r: draw })
    }

    /// The outer product of an n-vector and an r-vector.
    pub fn outer(n_vector: &Vector, r_vector: &Vector) -> Result<Self, TheoryError> {
        let mut product = Self::zero();
        for (along_n, x) in &n_vector.0 {
            for (along_r, y) in &r_vector.0 {
                product.add(x.times(y)?, Directions { along_n: *along_n, along_r: *along_r })?;
            }
        }
        Ok(product)
    }

    /// Contraction of the n axis with an n-vector: the r-vector A·Z or Bᵀ·dZ_B.
    pub fn along_width(&self, vector: &Vector, sums: Contraction) -> Result<Vector, TheoryError> {
        self.contract(vector, |term, direction| {
            let image = match term.along_n {
                Direction::Random(factor) => Direction::Image(factor),
                _ => term.along_r,
            };
            (image, sums.over_width(term.along_n, direction))
        })
    }

    /// Contraction of the r axis with an r-vector: the entries of the n-vector B·Z_A.
    ///
    /// Only its entries are meant. Its inner product with dZ_B must be taken in the other order,
    /// (Bᵀ·dZ_B)·Z_A, because B0·(B0ᵀ·dZ_B) points a little along dZ_B, and a label cannot say so.
    pub fn along_rank(&self, vector: &Vector, sums: Contraction) -> Result<Vector, TheoryError> {
        self.contract(vector, |term, direction| {
            (term.along_n, sums.over_rank(term.along_r, direction))
        })
    }

    fn contract(
        &self,
        vector: &Vector,
        rule: impl Fn(&Directions, Direction) -> (Direction, Rational),
    ) -> Result<Vector, TheoryError> {
        let mut product = Vector::zero();
        for (term, x) in &self.0 {
            for (direction, y) in &vector.0 {
                let (left_over, gain) = rule(term, *direction);
                product.add(x.times(y)?.times_power(gain)?, left_over)?;
            }
        }
        Ok(product)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Alignment, Factor, rational};

    const SUMS: Contraction =
        Contraction { alignment: Alignment::Tracked, rank: Rational::new_raw(0, 1) };

    #[test]
    fn a_random_matrix_sends_a_fixed_vector_to_its_image() -> Result<(), TheoryError> {
        let std = Growth::power(rational(-1, 2)?);
        let a0 = Matrix::random(std, Direction::Random(Factor::A))?;
        let z = Vector::single(Growth::one(), Direction::Features)?;
        let image = Vector::single(Growth::one(), Direction::Image(Factor::A))?;
        assert_eq!(a0.along_width(&z, SUMS)?, image);
        Ok(())
    }

    #[test]
    fn a_rank_one_update_returns_its_direction_along_r() -> Result<(), TheoryError> {
        let z = Vector::single(Growth::one(), Direction::Features)?;
        let image = Vector::single(Growth::one(), Direction::Image(Factor::B))?;
        let update = Matrix::outer(&z, &image)?;
        let n_times = Vector::single(Growth::power(rational(1, 1)?), Direction::Image(Factor::B))?;
        assert_eq!(update.along_width(&z, SUMS)?, n_times);
        Ok(())
    }

    #[test]
    fn signs_keep_zeros_and_directions() -> Result<(), TheoryError> {
        let eta = Growth::line(rational(1, 1)?, rational(0, 1)?);
        assert_eq!(Vector::zero().signs(&eta)?, Vector::zero());
        let huge = Vector::single(Growth::power(rational(5, 1)?), Direction::Signal)?;
        assert_eq!(huge.signs(&eta)?, Vector::single(eta, Direction::Signal)?);
        Ok(())
    }
}

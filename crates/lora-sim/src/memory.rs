//! Byte counts that saturate instead of overflowing.

use crate::aligned::LANES;

/// The product of all factors.
pub fn product(factors: &[u64]) -> u64 {
    factors.iter().fold(1, |product, &factor| product.saturating_mul(factor))
}

/// An upper bound of the number of columns that parts of these sizes take, each padded to whole lines.
pub fn columns(parts: &[usize]) -> u64 {
    parts.iter().fold(0, |sum, &part| sum.saturating_add(part as u64).saturating_add(LANES as u64))
}

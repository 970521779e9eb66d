//! Whether a factor's entries are those of a law, and which movement would have been noticed.
//!
//! Three things are compared with the law: the rms of the entries, Geary's ratio E|x|/√(E x²), which is that of
//! the law's shape at any size, and, of a uniform law, the entries beyond its edge b, of which the start has none.
//! All of them change by less than their own noise when entries are rounded to 16 bits.

use serde::Serialize;

use crate::law::{Law, LawKind};
use crate::normal::{poisson_interval, two_sided, upper};
use crate::sizes::Sizes;

/// How often a noticeable movement is noticed.
pub const POWER: f64 = 0.95;

/// A test notices at least this relative change of the rms, or it tells nothing of the law. With fewer entries, any
/// size passes.
const TELLING: f64 = 0.4;

/// By how much the edge shows more of a movement along the start than of an independent one.
pub(crate) const ALONG: f64 = 4.0;

/// A factor's entries beside a law.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LawTest {
    /// The law.
    pub law: LawKind,
    /// Its standard deviation.
    pub std: f64,
    /// The entries' rms over it.
    pub rms_ratio: f64,
    /// How often the law's own entries have an rms as far from the law's, to either side.
    pub p_rms: f64,
    /// Geary's ratio over that of the law.
    pub shape_ratio: f64,
    /// How often the law's own entries have a ratio as far from the law's.
    pub p_shape: f64,
    /// Entries beyond the edge of a uniform law, beyond what rounding explains.
    pub outside: Option<usize>,
    /// Of all tests together (Bonferroni); 0 if an entry is outside.
    pub p: f64,
    /// Whether p is not below the level: nothing speaks against the law.
    pub fits: bool,
    /// Whether the rms and the shape alone are not below it, although the test could tell: a movement may have sent
    /// entries over the edge.
    pub carried: bool,
    /// The smallest relative change of the rms that the test notices in 95 of 100 factors of this size.
    pub noticeable_rms: f64,
    /// The smallest mean movement of an entry that leaves an entry outside in 95 of 100 such factors, if it does
    /// not depend on where the entry started.
    pub noticeable_movement: Option<f64>,
    /// The movement over the edge that rounding to the file's kind of number may hide.
    pub hidden_movement: Option<f64>,
}

impl LawTest {
    /// Compares entries with a law at a level.
    pub(crate) fn of(law: &Law, entries: &[f32], sizes: &Sizes, slack: f64, level: f64) -> Self {
        let count = sizes.entries as f64;
        let ratio = sizes.rms / law.std;
        let p_rms = two_sided(rms_score(law, ratio * ratio, count));
        let geary = if sizes.is_zero() { 0.0 } else { sizes.mean_abs / sizes.rms };
        let p_shape = two_sided((geary - law.geary()) / (law.geary_variance() / count).sqrt());
        let outside = law.edge().map(|edge| beyond(entries, edge * (1.0 + slack)));
        let of_both = (2.0 * p_rms.min(p_shape)).min(1.0);
        let p = if outside.is_some_and(|count| count > 0) { 0.0 } else { of_both };
        let noticeable_rms = noticeable_rms(law, sizes.entries, level);
        Self {
            law: law.kind,
            std: law.std,
            rms_ratio: ratio,
            p_rms,
            shape_ratio: geary / law.geary(),
            p_shape,
            outside,
            p,
            fits: p >= level,
            carried: of_both >= level && noticeable_rms < TELLING && within(ratio, 2.0),
            noticeable_rms,
            noticeable_movement: law
                .edge()
                .map(|edge| noticeable_movement(edge, sizes.entries) + slack * edge),
            hidden_movement: law.edge().map(|edge| slack * edge),
        }
    }

    /// Whether the entries' mean square is at least half of the law's, and at most so many times as large.
    pub(crate) fn is_within(&self, most: f64) -> bool {
        within(self.rms_ratio, most)
    }

    /// The mean movement of an entry with its 95% range, from the entries outside.
    ///
    /// An entry that starts uniform on [−b, b] and moves by d, |d| ≤ 2b, ends outside with the probability
    /// |d|/(2b), if d does not depend on its start. Gradients of a random factor depend on it: they go on in its
    /// directions. A small movement of c times the start sends a share c over the edge, and has the mean c b/2: a
    /// quarter of what the independent one would have. So the lower end is that of the interval over four. Rounding
    /// hides entries that lie just beyond the edge, so the upper end is higher by what it may hide.
    pub(crate) fn edge_movement(&self, entries: usize) -> Option<[f64; 3]> {
        let (outside, edge) = (self.outside?, self.std * 3f64.sqrt());
        let (low, high) = poisson_interval(outside);
        let counts = [outside as f64, low / ALONG, high + self.hidden_entries(entries)];
        Some(counts.map(|count| 2.0 * edge * count / entries as f64))
    }

    /// How far the largest entry has moved at least, for certain, if the law is right: its distance from the edge
    /// before it was rounded.
    pub(crate) fn certain(&self, largest: f64) -> Option<f64> {
        let edge = self.std * 3f64.sqrt();
        let slack = self.hidden_movement? / edge;
        Some((largest / (1.0 + slack) - edge).max(0.0))
    }

    /// How many of the entries a movement of [`hidden_movement`](Self::hidden_movement) sends over the edge, where
    /// rounding hides them.
    pub(crate) fn hidden_entries(&self, entries: usize) -> f64 {
        let edge = self.std * 3f64.sqrt();
        self.hidden_movement.unwrap_or(0.0) * entries as f64 / (2.0 * edge)
    }
}

/// Whether a mean square is at least half of the law's, and at most so many times as large, by the ratio of both rms.
fn within(rms_ratio: f64, most: f64) -> bool {
    (0.5..=most).contains(&(rms_ratio * rms_ratio))
}

/// How many standard deviations the mean square lies from the law's, given as their ratio.
fn rms_score(law: &Law, ratio: f64, count: f64) -> f64 {
    match law.kind {
        LawKind::KaimingUniform => (ratio - 1.0) / ((law.kurtosis() - 1.0) / count).sqrt(),
        // The mean of squares is χ²/m, whose cube root is nearly normal (Wilson and Hilferty 1931).
        _ => {
            let ninth = 2.0 / (9.0 * count);
            (ratio.cbrt() - (1.0 - ninth)) / ninth.sqrt()
        }
    }
}

/// The relative change δ of the rms with (1 + δ)² − 1 = (z_level + z_power) √((κ − 1)/m): the mean of x²/σ² has
/// this standard deviation, and must leave the level's interval with the stated power. p takes the smaller of two
/// values twice, so each of the two sides has a quarter of the level.
fn noticeable_rms(law: &Law, entries: usize, level: f64) -> f64 {
    let deviation = ((law.kurtosis() - 1.0) / entries as f64).sqrt();
    let change = (upper(level / 4.0) + upper(1.0 - POWER)) * deviation;
    (1.0 + change).sqrt() - 1.0
}

/// The mean movement d with (1 − d/(2b))^m = 1 − power.
fn noticeable_movement(edge: f64, entries: usize) -> f64 {
    2.0 * edge * (1.0 - (1.0 - POWER).powf(1.0 / entries as f64))
}

fn beyond(entries: &[f32], edge: f64) -> usize {
    entries.iter().filter(|x| f64::from(x.abs()) > edge).count()
}

#[cfg(test)]
mod tests;

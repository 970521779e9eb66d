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
    /// Whether the rms and the shape alone are not below it: a movement may have sent entries over the edge.
    pub carried: bool,
    /// The smallest relative change of the rms that the test notices in 95 of 100 factors of this size.
    pub noticeable_rms: f64,
    /// The smallest mean movement of an entry that leaves an entry outside in 95 of 100 such factors, if it does
    /// not depend on where the entry started.
    pub noticeable_movement: Option<f64>,
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
            carried: of_both >= level,
            noticeable_rms: noticeable_rms(law, sizes.entries, level),
            noticeable_movement: law.edge().map(|edge| noticeable_movement(edge, sizes.entries)),
        }
    }

    /// Whether the start may make up at least half of the entries' mean square, and no more than twice of it:
    /// a movement that does not depend on the start adds its own mean square.
    pub(crate) fn is_near(&self) -> bool {
        (0.5..=2.0).contains(&(self.rms_ratio * self.rms_ratio))
    }

    /// The mean movement of an entry with its 95% range, from the entries outside.
    ///
    /// An entry that starts uniform on [−b, b] and moves by d, |d| ≤ 2b, ends outside with the probability
    /// |d|/(2b), if d does not depend on its start. Gradients of a random factor depend on it: they go on in its
    /// directions. A small movement of c times the start sends a share c over the edge, and has the mean c b/2: a
    /// quarter of what the independent one would have. So the lower end is that of the interval over four.
    pub(crate) fn edge_movement(&self, entries: usize) -> Option<[f64; 3]> {
        let (outside, edge) = (self.outside?, self.std * 3f64.sqrt());
        let (low, high) = poisson_interval(outside);
        let counts = [outside as f64, low / ALONG, high];
        Some(counts.map(|count| 2.0 * edge * count / entries as f64))
    }
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
mod tests {
    use super::*;
    use crate::drawn::Drawn;

    const ENTRIES: usize = 4096;
    const LEVEL: f64 = 0.01;

    fn laws() -> [Law; 2] {
        [Law { kind: LawKind::KaimingUniform, std: 0.05 }, Law { kind: LawKind::Paper, std: 0.05 }]
    }

    fn draw(law: &Law, drawn: &mut Drawn, entries: usize) -> Vec<f32> {
        match law.edge() {
            Some(edge) => drawn.uniform(edge, entries),
            None => drawn.normal(law.std, entries),
        }
    }

    fn test(law: &Law, entries: &[f32]) -> LawTest {
        LawTest::of(law, entries, &Sizes::of(entries), 1e-6, LEVEL)
    }

    /// The share of 1000 factors, changed each, of which `is` holds.
    fn share(
        law: &Law,
        entries: usize,
        change: impl Fn(&mut Vec<f32>, &mut Drawn),
        is: impl Fn(&LawTest) -> bool,
    ) -> f64 {
        let mut drawn = Drawn(7);
        let held = (0..1000).filter(|_| {
            let mut factor = draw(law, &mut drawn, entries);
            change(&mut factor, &mut drawn);
            is(&test(law, &factor))
        });
        held.count() as f64 / 1000.0
    }

    /// Of 1000 draws 10 are expected below the level, and more than 22 once in 4000 times.
    #[test]
    fn its_own_draws_are_seldom_refused() {
        for law in laws() {
            for entries in [64, 512, ENTRIES] {
                let refused = share(&law, entries, |_, _| {}, |test| !test.fits);
                assert!((0.001..=0.022).contains(&refused), "{law:?}, {entries}: {refused}");
            }
        }
    }

    #[test]
    fn the_other_law_is_refused() {
        let [uniform, normal] = laws();
        for (drawn_by, law) in [(uniform, normal), (normal, uniform)] {
            let mut drawn = Drawn(3);
            assert!(!test(&law, &draw(&drawn_by, &mut drawn, 512)).fits, "{law:?}");
        }
    }

    /// The stated power is the simulated one, and half of the change is noticed seldom.
    #[test]
    fn the_stated_change_of_the_rms_is_noticed_with_the_stated_power() {
        for law in laws() {
            let least = test(&law, &draw(&law, &mut Drawn(1), ENTRIES)).noticeable_rms;
            // By the test of the rms alone, so that the edge does not help.
            let noticed = |by: f64| {
                let grow = |factor: &mut Vec<f32>, _: &mut Drawn| {
                    factor.iter_mut().for_each(|x| *x *= (1.0 + by) as f32);
                };
                share(&law, ENTRIES, grow, |test| 2.0 * test.p_rms < LEVEL)
            };
            let (whole, half) = (noticed(least), noticed(least / 2.0));
            assert!((0.92..=0.98).contains(&whole), "{law:?}: {whole}");
            assert!((0.1..=0.6).contains(&half), "{law:?}: {half}");
        }
    }

    #[test]
    fn the_stated_movement_leaves_the_edge_with_the_stated_power_and_is_estimated() {
        let [law, _] = laws();
        let least = noticeable_movement(law.edge().expect("an edge"), ENTRIES);
        let shift = |by: f64| {
            move |factor: &mut Vec<f32>, drawn: &mut Drawn| {
                for x in factor.iter_mut() {
                    // Any sign, any size around the mean.
                    *x += (2.0 * by * drawn.unit() * if drawn.unit() < 0.5 { 1.0 } else { -1.0 })
                        as f32;
                }
            }
        };
        let noticed = share(&law, ENTRIES, shift(least), |test| test.outside != Some(0));
        assert!((0.93..=0.97).contains(&noticed), "{noticed}");
        let by = 0.01;
        let covered = share(&law, ENTRIES, shift(by), |test| {
            let [_, low, high] = test.edge_movement(ENTRIES).expect("an edge");
            low <= by && by <= high
        });
        // The lower end has room for a movement along the start.
        assert!((0.96..=0.99).contains(&covered), "{covered}");
    }

    /// A movement along the start is four times as visible at the edge, and still in the range.
    #[test]
    fn a_movement_along_the_start_is_in_the_range() {
        let [law, _] = laws();
        let by = 0.1;
        let grow = |factor: &mut Vec<f32>, _: &mut Drawn| {
            factor.iter_mut().for_each(|x| *x *= (1.0 + by) as f32);
        };
        let mean = by * law.edge().expect("an edge") / 2.0;
        let ratio = |test: &LawTest| test.edge_movement(ENTRIES).expect("an edge")[0] / mean;
        // Of an entry of the start a share by/(1 + by) is sent over the edge.
        let as_expected = share(&law, ENTRIES, grow, |test| (3.0..4.2).contains(&ratio(test)));
        let covered = share(&law, ENTRIES, grow, |test| {
            let [_, low, high] = test.edge_movement(ENTRIES).expect("an edge");
            low <= mean && mean <= high
        });
        assert!(as_expected > 0.99 && covered > 0.99, "{as_expected}, {covered}");
    }
}

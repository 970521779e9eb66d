//! The exponents and local slopes that this repository's own verification measured, compiled in.

use lora_theory::{Rational, approximate};
use lora_types::Init;
use lora_types::{Quantity, Verdict};
use serde::{Serialize, Serializer};

use crate::transfer::choices::{CarriedLr, Multiplier};
use crate::transfer::curve::{MeasuredCurve, Slope};
use lora_analysis::verdict::rows::{SlopeRow, TestRow, read};

/// The tested numbers, one a row, as `verify` wrote them.
const TESTS: &str = include_str!("../../../../figures/verify/tests.csv");

/// Local slopes of the same numbers.
const SLOPES: &str = include_str!("../../../../figures/verify/slopes.csv");

/// Fewest widths or ranks that show a power law: two always lie on one.
pub const FEWEST_POINTS: usize = 3;

/// A measured exponent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeasuredExponent {
    /// The claim that it was measured for.
    pub claim: String,
    /// What scales: η_opt or η_stable.
    #[serde(serialize_with = "displayed")]
    pub quantity: Quantity,
    /// The exponent.
    pub estimate: f64,
    /// Lower end of its 95% interval.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
    /// Smallest width or rank of the fit.
    pub smallest_used: f64,
    /// Largest.
    pub largest_used: f64,
    /// Number of widths or ranks.
    pub points_used: usize,
    /// The verdict on the claimed exponent.
    #[serde(serialize_with = "displayed")]
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
    /// Its local slopes, those with an interval.
    #[serde(skip)]
    pub slopes: Vec<Slope>,
}

impl MeasuredExponent {
    /// Whether the measured points lie on no power law.
    pub fn bends(&self) -> bool {
        self.verdict == Verdict::NotAPowerLaw
    }

    /// Whether so many points were measured that they could have lain on no power law, and they do not.
    pub fn is_power(&self) -> bool {
        !self.bends() && self.points_used >= FEWEST_POINTS
    }

    /// [lower, estimate, upper].
    pub fn exponent(&self) -> [f64; 3] {
        [self.lower, self.estimate, self.upper]
    }

    /// Its local slopes as a curve; none if there are no complete ones.
    pub fn curve(&self) -> Option<MeasuredCurve> {
        MeasuredCurve::of(self.slopes.clone())
    }

    /// Of a tested number; none where it has no fit with an interval.
    fn of(row: TestRow) -> Option<Self> {
        let quantity = row.quantity?;
        Some(Self {
            slopes: slopes(&row.claim, quantity),
            claim: row.claim,
            quantity,
            estimate: row.estimate?,
            lower: row.lower?,
            upper: row.upper?,
            smallest_used: row.smallest_used?,
            largest_used: row.largest_used?,
            points_used: row.points_used?,
            verdict: row.verdict,
            reason: row.reason,
        })
    }
}

/// The local slopes of a number that a claim tests.
fn slopes(claim: &str, quantity: Quantity) -> Vec<Slope> {
    let rows: Vec<SlopeRow> = read(SLOPES.as_bytes()).unwrap_or_default();
    let of_this = |row: &SlopeRow| row.claim == claim && row.quantity == Some(quantity);
    // A slope from a single seed has no interval.
    let slope = |row: SlopeRow| {
        let SlopeRow { from, to, slope, .. } = row;
        Some(Slope { from, to, slope, lower: row.lower?, upper: row.upper? })
    };
    rows.into_iter().filter(of_this).filter_map(slope).collect()
}

/// Writes a value as it is shown.
pub(crate) fn displayed<S: Serializer>(
    name: &impl std::fmt::Display,
    to: S,
) -> Result<S::Ok, S::Error> {
    to.collect_str(name)
}

/// The exponent of the width for a goal; none where it was not measured.
pub fn of_width(goal: CarriedLr, init: Init, readout: Rational) -> Option<MeasuredExponent> {
    let a = approximate(readout);
    find(&match (goal, init) {
        (CarriedLr::Optimal, Init::AB) => format!("both-optimal-{a}"),
        (CarriedLr::Optimal, _) => format!("optimal-{a}-{}", init.key()),
        (CarriedLr::Stable, _) => format!("network-stable-{a}-{}", init.key()),
    })
}

/// The exponent of the rank, which was measured at readout exponent 1/2 only.
pub fn of_rank(
    goal: CarriedLr,
    init: Init,
    multiplier: Multiplier,
    readout: Rational,
) -> Option<MeasuredExponent> {
    if readout != Rational::new_raw(1, 2) {
        return None;
    }
    let study = match goal {
        CarriedLr::Optimal => "rank-optimal",
        CarriedLr::Stable => "rank-in-network",
    };
    let multiplier = match multiplier {
        Multiplier::Constant => "constant",
        Multiplier::Sqrt => "sqrt",
        Multiplier::Inverse => "inverse",
    };
    find(&format!("{study}-{multiplier}-{}", init.key()))
}

/// The verdict on the paper's exponent, which is of the largest stable LR, as an exponent of the
/// best LR.
pub fn of_paper(init: Init, readout: Rational) -> Option<MeasuredExponent> {
    find(&format!("paper-optimal-{}-{}", approximate(readout), init.key()))
}

/// The loss under Init\[A\] against that under Init\[B\], each at its own best LR.
pub fn of_losses(readout: Rational) -> Option<TestRow> {
    rows(&format!("lower-{}", approximate(readout))).next()
}

fn find(claim: &str) -> Option<MeasuredExponent> {
    rows(claim).find_map(MeasuredExponent::of)
}

/// The rows of a claim. The table is compiled in, and a test reads every row of it.
fn rows(claim: &str) -> impl Iterator<Item = TestRow> {
    let rows: Vec<TestRow> = read(TESTS.as_bytes()).unwrap_or_default();
    rows.into_iter().filter(move |row| row.claim == claim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half() -> Rational {
        Rational::new_raw(1, 2)
    }

    #[test]
    fn every_row_reads() {
        let tests: Vec<TestRow> = read(TESTS.as_bytes()).expect("tests");
        let slopes: Vec<SlopeRow> = read(SLOPES.as_bytes()).expect("slopes");
        assert!(tests.len() > 100 && slopes.len() > 100);
    }

    #[test]
    fn what_was_measured_is_found() {
        for init in [Init::A, Init::B] {
            for a in [half(), Rational::new_raw(3, 4), Rational::new_raw(1, 1)] {
                for goal in [CarriedLr::Optimal, CarriedLr::Stable] {
                    let found = of_width(goal, init, a);
                    let found = found.expect("a measurement");
                    assert!(found.lower < found.estimate && found.estimate < found.upper);
                    assert!(found.points_used > 2);
                    let curve = found.curve().expect("slopes");
                    assert!(curve.holds(found.smallest_used, found.largest_used));
                }
                assert!(of_paper(init, a).is_some());
            }
            for multiplier in [Multiplier::Constant, Multiplier::Sqrt, Multiplier::Inverse] {
                for goal in [CarriedLr::Optimal, CarriedLr::Stable] {
                    let found = of_rank(goal, init, multiplier, half());
                    assert!(found.is_some(), "{init:?} {multiplier:?} {goal:?}");
                }
            }
        }
        let both = of_width(CarriedLr::Optimal, Init::AB, half());
        assert!(both.is_some());
    }

    #[test]
    fn what_was_not_measured_is_not_made_up() {
        let third = Rational::new_raw(1, 3);
        assert_eq!(of_width(CarriedLr::Optimal, Init::A, third), None);
        let rank = of_rank(CarriedLr::Optimal, Init::A, Multiplier::Sqrt, Rational::new_raw(1, 1));
        assert_eq!(rank, None);
    }
}

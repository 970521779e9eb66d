//! The exponents and local slopes that this repository's own verification measured, compiled in.

use csv::StringRecord;
use lora_sim::spec::Init;
use lora_theory::{Rational, approximate};
use lora_types::Verdict;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::transfer::asked::{Goal, Multiplier};
use crate::transfer::curve::Curve;

/// A row a tested number, as `verify` wrote it.
const TESTS: &str = include_str!("../../../../figures/verify/tests.csv");

/// Local slopes of the same numbers.
const SLOPES: &str = include_str!("../../../../figures/verify/slopes.csv");

/// A measured exponent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The claim that it was measured for.
    pub claim: String,
    /// What scales: η_opt or η_stable.
    pub quantity: String,
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
    pub points_used: u32,
    /// The verdict on the claimed exponent.
    #[serde(serialize_with = "lora_types::verdict_name")]
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

impl Measured {
    /// Whether the measured points lie on no power law.
    pub fn bends(&self) -> bool {
        self.verdict == Verdict::NotAPowerLaw
    }

    /// [lower, estimate, upper].
    pub fn exponent(&self) -> [f64; 3] {
        [self.lower, self.estimate, self.upper]
    }

    /// Its local slopes; none if there are no complete ones.
    pub fn curve(&self) -> Option<Curve> {
        Curve::of(rows(SLOPES, |row| {
            row.get(0) == Some(&self.claim) && row.get(2) == Some(&self.quantity)
        }))
    }
}

/// The exponent of the width for a goal; none where it was not measured.
pub fn of_width(goal: Goal, init: Init, readout: Rational) -> Option<Measured> {
    let a = approximate(readout);
    find(&match (goal, init) {
        (Goal::Optimal, Init::AB) => format!("both-optimal-{a}"),
        (Goal::Optimal, _) => format!("optimal-{a}-{}", init.key()),
        (Goal::Stable, _) => format!("network-stable-{a}-{}", init.key()),
    })
}

/// The exponent of the rank, which was measured at readout exponent 1/2.
pub fn of_rank(
    goal: Goal,
    init: Init,
    multiplier: Multiplier,
    readout: Rational,
) -> Option<Measured> {
    if readout != Rational::new_raw(1, 2) {
        return None;
    }
    let study = match goal {
        Goal::Optimal => "rank-optimal",
        Goal::Stable => "rank-in-network",
    };
    let multiplier = match multiplier {
        Multiplier::Constant => "constant",
        Multiplier::Sqrt => "sqrt",
        Multiplier::Inverse => "inverse",
    };
    find(&format!("{study}-{multiplier}-{}", init.key()))
}

/// What became of the paper's exponent of the largest stable LR as one of the best LR.
pub fn of_paper(init: Init, readout: Rational) -> Option<Measured> {
    find(&format!("paper-optimal-{}-{}", approximate(readout), init.key()))
}

fn find(claim: &str) -> Option<Measured> {
    rows(TESTS, |row| row.get(0) == Some(claim)).into_iter().next()
}

/// The chosen rows of a table. A row without all of its numbers is left out: what could not be
/// fitted has one, and a slope from a single seed has no interval.
fn rows<Row: DeserializeOwned>(table: &str, chosen: impl Fn(&StringRecord) -> bool) -> Vec<Row> {
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let chosen = reader.records().flatten().filter(chosen);
    chosen.filter_map(|row| row.deserialize(Some(&headers)).ok()).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn half() -> Rational {
        Rational::new_raw(1, 2)
    }

    /// A row that is not read here would be taken for a number that was never measured.
    #[test]
    fn every_row_without_its_numbers_is_one_that_has_none() {
        let mut reader = csv::Reader::from_reader(TESTS.as_bytes());
        let rows: Vec<BTreeMap<String, String>> =
            reader.deserialize().collect::<Result<_, _>>().expect("a table");
        for row in &rows {
            row["verdict"].parse::<Verdict>().expect("a verdict");
            row["init"].parse::<Init>().expect("an init");
        }
        let numbers = ["estimate", "lower", "upper", "smallest_used", "largest_used"];
        let complete =
            |row: &&BTreeMap<String, String>| numbers.iter().all(|n| !row[*n].is_empty());
        let read = super::rows::<Measured>(TESTS, |_| true).len();
        assert_eq!(read, rows.iter().filter(complete).count());
    }

    #[test]
    fn what_was_measured_is_found() {
        for init in [Init::A, Init::B] {
            for a in [half(), Rational::new_raw(3, 4), Rational::new_raw(1, 1)] {
                for goal in [Goal::Optimal, Goal::Stable] {
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
                for goal in [Goal::Optimal, Goal::Stable] {
                    let found = of_rank(goal, init, multiplier, half());
                    assert!(found.is_some(), "{init:?} {multiplier:?} {goal:?}");
                }
            }
        }
        let both = of_width(Goal::Optimal, Init::AB, half());
        assert!(both.is_some());
    }

    #[test]
    fn what_was_not_measured_is_not_made_up() {
        let third = Rational::new_raw(1, 3);
        assert_eq!(of_width(Goal::Optimal, Init::A, third), None);
        let rank = of_rank(Goal::Optimal, Init::A, Multiplier::Sqrt, Rational::new_raw(1, 1));
        assert_eq!(rank, None);
    }
}

//! The exponents that this repository's own verification measured, compiled in.

use lora_sim::spec::Init;
use lora_theory::{Rational, approximate};
use serde::{Deserialize, Serialize};

use crate::cli::{Goal, Multiplier};
use crate::error::CommandError;

/// A row a tested number, as `verify` wrote it.
const TESTS: &str = include_str!("../../../../figures/verify/tests.csv");

/// A measured exponent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The claim that it was measured for.
    pub claim: String,
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
    /// Whether the claimed exponent holds, is refuted, or is undecided.
    pub verdict: String,
    /// Why.
    pub reason: String,
}

/// The exponent of the width for a goal; none where it was not measured.
pub fn of_width(
    goal: Goal,
    init: Init,
    readout: Rational,
) -> Result<Option<Measured>, CommandError> {
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
) -> Result<Option<Measured>, CommandError> {
    if readout != Rational::new_raw(1, 2) {
        return Ok(None);
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
pub fn of_paper(init: Init, readout: Rational) -> Result<Option<Measured>, CommandError> {
    find(&format!("paper-optimal-{}-{}", approximate(readout), init.key()))
}

fn find(claim: &str) -> Result<Option<Measured>, CommandError> {
    let mut reader = csv::Reader::from_reader(TESTS.as_bytes());
    let headers = reader.headers().map_err(CommandError::failed)?.clone();
    for record in reader.records() {
        let record = record.map_err(CommandError::failed)?;
        if record.get(0) == Some(claim) {
            return record.deserialize(Some(&headers)).map(Some).map_err(CommandError::failed);
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half() -> Rational {
        Rational::new_raw(1, 2)
    }

    #[test]
    fn what_was_measured_is_found() {
        for init in [Init::A, Init::B] {
            for a in [half(), Rational::new_raw(3, 4), Rational::new_raw(1, 1)] {
                for goal in [Goal::Optimal, Goal::Stable] {
                    let found = of_width(goal, init, a).expect("a good table");
                    let found = found.expect("a measurement");
                    assert!(found.lower < found.estimate && found.estimate < found.upper);
                    assert!(found.points_used > 2);
                }
                assert!(of_paper(init, a).expect("a good table").is_some());
            }
            for multiplier in [Multiplier::Constant, Multiplier::Sqrt, Multiplier::Inverse] {
                for goal in [Goal::Optimal, Goal::Stable] {
                    let found = of_rank(goal, init, multiplier, half()).expect("a good table");
                    assert!(found.is_some(), "{init:?} {multiplier:?} {goal:?}");
                }
            }
        }
        let both = of_width(Goal::Optimal, Init::AB, half()).expect("a good table");
        assert!(both.is_some());
    }

    #[test]
    fn what_was_not_measured_is_not_made_up() {
        let third = Rational::new_raw(1, 3);
        assert_eq!(of_width(Goal::Optimal, Init::A, third).expect("a good table"), None);
        let rank = of_rank(Goal::Optimal, Init::A, Multiplier::Sqrt, Rational::new_raw(1, 1));
        assert_eq!(rank.expect("a good table"), None);
    }
}

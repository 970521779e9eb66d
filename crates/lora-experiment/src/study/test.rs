//! What the test of a claim compares.

use serde::{Deserialize, Serialize};

/// What a claim's test compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// One quantity's exponent, at one rate or at the optimum, with its prediction.
    Exponent,
    /// The exponents of several quantities at every rate of a study.
    Table,
    /// The regime at every pair of rates of a study.
    Map,
    /// The exponent of the ratio of a quantity in two studies.
    Same,
    /// The exponent of the relative rms distance of the loss trajectories of two studies at given rates: of
    /// runs and the same ones linearised, of runs and the limits coupled to them, or of runs that have the
    /// same limit.
    Distance,
    /// Whether runs are nearer to one limit than to another, over the widest points.
    Nearer,
    /// Whether Z_B of all widths falls on one curve, in the unit of its predicted power.
    Collapse,
    /// Whether a quantity falls faster with the width than in another study.
    Steeper,
    /// Whether one init's loss is below another's, over the widest points.
    Lower,
    /// Whether training brings the loss under a tenth, over the widest points.
    Trains,
}

impl Test {
    /// Its name in topic files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exponent => "exponent",
            Self::Table => "table",
            Self::Map => "map",
            Self::Same => "same",
            Self::Distance => "distance",
            Self::Nearer => "nearer",
            Self::Collapse => "collapse",
            Self::Steeper => "steeper",
            Self::Lower => "lower",
            Self::Trains => "trains",
        }
    }

    /// Whether exponents are compared, within a tolerance.
    pub fn is_exponent(self) -> bool {
        matches!(self, Self::Exponent | Self::Table | Self::Same | Self::Distance)
    }

    /// Whether it compares two studies, seeds paired.
    pub fn is_of_two_studies(self) -> bool {
        matches!(self, Self::Same | Self::Steeper) || self.is_of_trajectories()
    }

    /// Whether it compares losses step by step.
    pub fn is_of_trajectories(self) -> bool {
        matches!(self, Self::Distance | Self::Nearer)
    }

    /// Whether it compares what the searches of two studies have found.
    pub fn is_of_two_searches(self) -> bool {
        matches!(self, Self::Same | Self::Steeper)
    }
}

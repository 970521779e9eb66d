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
    /// Whether a quantity falls faster with the width than in another study.
    Steeper,
    /// The exponent of the distance between a quantity's trajectories in two studies.
    Distance,
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
            Self::Steeper => "steeper",
            Self::Distance => "distance",
            Self::Lower => "lower",
            Self::Trains => "trains",
        }
    }

    /// Whether exponents are compared, within a tolerance.
    pub fn is_exponent(self) -> bool {
        matches!(self, Self::Exponent | Self::Table | Self::Same | Self::Distance)
    }

    /// Whether it compares what two studies measure, seeds paired.
    pub fn is_of_two_studies(self) -> bool {
        matches!(self, Self::Same | Self::Steeper | Self::Distance)
    }
}

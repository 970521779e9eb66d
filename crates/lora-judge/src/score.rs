//! Losses to be minimised, whatever a table holds.

/// Which values of the column of losses are better.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Better {
    /// Higher for a column with the name of an accuracy, else lower.
    #[default]
    ByName,
    /// Lower, as of a loss.
    Lower,
    /// Higher, up to this value: 1 for an accuracy, 100 for one in per cent. The score is the distance
    /// from it, as an error is one less the accuracy.
    Higher(f64),
}

impl Better {
    /// The best value of which higher ones are better; none if lower ones are.
    pub(crate) fn best(self, accuracy: bool) -> Option<f64> {
        match self {
            Self::ByName => accuracy.then_some(1.0),
            Self::Lower => None,
            Self::Higher(best) => Some(best),
        }
    }
}

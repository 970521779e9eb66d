//! The statements, and the ratio that each is about.

use serde::{Deserialize, Serialize};

use super::value::{Borne, Pair, best_lr, best_score, borne, norm_of_za};

/// What the paper says of Init\[A\] beside Init\[B\].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statement {
    /// Its best learning rate is larger.
    LargerBestLr,
    /// It ends better, each init at its own best learning rate.
    EndsBetter,
    /// Its Z_A is larger there.
    LargerZa,
    /// It bears learning rates at which Init\[B\] does not train.
    BearsMore,
}

impl Statement {
    /// In the order of tables.
    pub const ALL: [Self; 4] =
        [Self::LargerBestLr, Self::EndsBetter, Self::LargerZa, Self::BearsMore];

    /// Its name in files.
    pub const fn id(self) -> &'static str {
        match self {
            Self::LargerBestLr => "larger-best-lr",
            Self::EndsBetter => "ends-better",
            Self::LargerZa => "larger-za",
            Self::BearsMore => "bears-larger-lr",
        }
    }

    /// In words, with the ratio of which the logarithm is judged.
    pub const fn says(self) -> &'static str {
        match self {
            Self::LargerBestLr => "the best LR is larger under Init[A]: η_opt of A over that of B",
            Self::EndsBetter => {
                "Init[A] ends better, each at its best LR: score of B over that of A"
            }
            Self::LargerZa => {
                "Z_A is larger under Init[A], each at its best LR: norm of A over that of B"
            }
            Self::BearsMore => {
                "Init[A] trains at LRs at which Init[B] does not: largest LR that trains, of A over B"
            }
        }
    }

    /// The logarithm of the ratio at one seed, or why there is none.
    pub(super) fn log_ratio(self, pair: &Pair) -> Result<LogRatio, String> {
        let [a, b] = pair;
        let exact =
            |above: f64, below: f64| Ok(LogRatio { log: log(above)? - log(below)?, bound: None });
        match self {
            Self::LargerBestLr => exact(best_lr(a)?, best_lr(b)?),
            Self::EndsBetter => exact(best_score(b)?, best_score(a)?),
            Self::LargerZa => exact(norm_of_za(a)?, norm_of_za(b)?),
            Self::BearsMore => {
                let [a, b] = borne(pair)?;
                let (of_a, of_b, bound) = match (a, b) {
                    (Borne::UpTo(a), Borne::UpTo(b)) => (a, b, None),
                    (Borne::AtLeast(a), Borne::UpTo(b)) => (a, b, Some(Bound::AtLeast)),
                    (Borne::UpTo(a), Borne::AtLeast(b)) => (a, b, Some(Bound::AtMost)),
                    (Borne::AtLeast(_), Borne::AtLeast(_)) => {
                        return Err("no LR was tried that is too large for an init".to_owned());
                    }
                };
                Ok(LogRatio { bound, ..exact(of_a, of_b)? })
            }
        }
    }
}

/// The logarithm of a ratio, or of a bound on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogRatio {
    /// ln of the ratio.
    pub log: f64,
    /// On which side the ratio lies, where it is not known.
    pub bound: Option<Bound>,
}

/// What a number says of a ratio that it bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The ratio is this number or larger.
    AtLeast,
    /// The ratio is this number or smaller.
    AtMost,
}

fn log(value: f64) -> Result<f64, String> {
    match value {
        0.0 => Err("a value is 0, which has no ratio".to_owned()),
        value if value > 0.0 && value.is_finite() => Ok(value.ln()),
        value => Err(format!("{value} has no logarithm")),
    }
}

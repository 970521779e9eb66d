//! The statements, and the ratio that each is about.

use super::Pair;
use super::value::{Borne, best_lr, best_score, borne, norm_of_za};

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
    pub(super) fn log_ratio(self, [a, b]: &Pair) -> Result<f64, String> {
        let of = |value: f64| -> Result<f64, String> {
            if value > 0.0 && value.is_finite() {
                Ok(value.ln())
            } else {
                Err(format!("{value} has no logarithm"))
            }
        };
        match self {
            Self::LargerBestLr => Ok(of(best_lr(a)?)? - of(best_lr(b)?)?),
            Self::EndsBetter => Ok(of(best_score(b)?)? - of(best_score(a)?)?),
            Self::LargerZa => Ok(of(norm_of_za(a)?)? - of(norm_of_za(b)?)?),
            Self::BearsMore => match [borne(a)?, borne(b)?] {
                [Borne::UpTo(a), Borne::UpTo(b)] => Ok(of(a)? - of(b)?),
                // A bound from below decides where it lies above the other.
                [Borne::AtLeast(a), Borne::UpTo(b)] if a > b => Ok(of(a)? - of(b)?),
                [Borne::UpTo(a), Borne::AtLeast(b)] if a <= b => Ok(of(a)? - of(b)?),
                _ => Err("no LR was tried that is too large for an init".to_owned()),
            },
        }
    }
}

//! Which of the two factors train.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::TheoryError;

/// One of the two LoRA factors, A (r × n) or B (n × r).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Factor {
    /// A, which takes the layer's input to rank r.
    A,
    /// B, which takes it back to the width.
    B,
}

/// The factors that train; a factor that does not stays as it was drawn.
///
/// Written as a list of factors, as an experiment's `train` is: `["A"]`, `["B"]` or `["A", "B"]`.
/// LoRA-FA trains B alone, under Init\[A\].
///
/// ```
/// use lora_theory::{Init, Largest, Setting, Trained, analyse, rational};
/// let frozen_a = Setting { train: Trained::B, ..Setting::layer(Init::A) };
/// let lora_fa = analyse(&frozen_a)?;
/// assert!(lora_fa.delta1.is_zero());
/// assert_eq!(lora_fa.critical.stable, Largest::At(rational(0, 1)?));
/// # Ok::<(), lora_theory::TheoryError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<Factor>", into = "Vec<Factor>")]
pub enum Trained {
    /// A and B.
    #[default]
    Both,
    /// A alone: B = B0.
    A,
    /// B alone: A = A0.
    B,
}

impl Trained {
    /// The factors that train, A first.
    pub fn factors(self) -> &'static [Factor] {
        match self {
            Self::Both => &[Factor::A, Factor::B],
            Self::A => &[Factor::A],
            Self::B => &[Factor::B],
        }
    }

    /// Whether a factor trains.
    pub fn includes(self, factor: Factor) -> bool {
        self.factors().contains(&factor)
    }
}

impl TryFrom<&[Factor]> for Trained {
    type Error = TheoryError;

    /// # Errors
    /// [`TheoryError::Trained`] unless one factor is named, or each of the two once.
    fn try_from(factors: &[Factor]) -> Result<Self, TheoryError> {
        match factors {
            [Factor::A] => Ok(Self::A),
            [Factor::B] => Ok(Self::B),
            [first, second] if first != second => Ok(Self::Both),
            _ => Err(TheoryError::Trained { factors: factors.to_vec() }),
        }
    }
}

impl TryFrom<Vec<Factor>> for Trained {
    type Error = TheoryError;

    /// # Errors
    /// [`TheoryError::Trained`] unless one factor is named, or each of the two once.
    fn try_from(factors: Vec<Factor>) -> Result<Self, TheoryError> {
        Self::try_from(factors.as_slice())
    }
}

impl From<Trained> for Vec<Factor> {
    fn from(trained: Trained) -> Self {
        trained.factors().to_vec()
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::A => "A",
            Self::B => "B",
        })
    }
}

impl fmt::Display for Trained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Both => "A and B",
            Self::A => "A alone",
            Self::B => "B alone",
        })
    }
}

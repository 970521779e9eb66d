//! The two LoRA factors A (r × n) and B (n × r): which of them starts random, and which is trained.

use std::error::Error;
use std::fmt;

use serde::de::Deserializer;
use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::named::named;

named! {
    /// One of the two LoRA factors.
    enum Factor, "LoRA factor" {
        /// A (r × n), which takes the layer's input to the rank.
        A = "A",
        /// B (n × r), which takes it back to the width.
        B = "B",
    }
}

named! {
    /// Which LoRA factor starts random. The other one starts at zero.
    ///
    /// The standard deviation of a random entry is n^-1/2 in A and r^-1/2 in B
    /// (Hayou, Ghosh and Yu, arXiv 2406.08447).
    enum Init, "init" {
        /// Init\[A\]: A random, B = 0.
        A = "A" | "Init[A]",
        /// Init\[B\]: B random, A = 0.
        B = "B" | "Init[B]",
        /// Init\[AB\]: both random, so that the adapter changes the model before the first step.
        AB = "AB" | "Init[AB]" | "both",
    }
}

impl Init {
    /// The name for readers: `Init[A]`, `Init[B]`, `Init[AB]`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::A => "Init[A]",
            Self::B => "Init[B]",
            Self::AB => "Init[AB]",
        }
    }
}

impl fmt::Display for Init {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.label())
    }
}

named! {
    /// Which LoRA factors are trained. A factor that is not trained keeps its initial entries.
    ///
    /// LoRA trains both factors, LoRA-FA trains B alone.
    #[derive(Default)]
    enum Trained, "choice of trained factors" {
        /// A alone.
        A = "A",
        /// B alone.
        B = "B",
        /// Both.
        #[default]
        AB = "AB",
    }
}

impl Trained {
    /// The factors that are trained, A first.
    pub const fn factors(self) -> &'static [Factor] {
        match self {
            Self::A => &[Factor::A],
            Self::B => &[Factor::B],
            Self::AB => &[Factor::A, Factor::B],
        }
    }

    /// Whether a factor is trained.
    pub fn includes(self, factor: Factor) -> bool {
        self.factors().contains(&factor)
    }

    /// Whether A is trained.
    pub fn a(self) -> bool {
        self.includes(Factor::A)
    }

    /// Whether B is trained.
    pub fn b(self) -> bool {
        self.includes(Factor::B)
    }

    /// Whether both are trained. It takes a reference for `skip_serializing_if`.
    pub fn both(&self) -> bool {
        *self == Self::AB
    }
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.key())
    }
}

impl fmt::Display for Trained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::A => "A alone",
            Self::B => "B alone",
            Self::AB => "A and B",
        })
    }
}

/// A list of factors that is empty, or names a factor twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotTrainable {
    /// The list as given.
    pub factors: Vec<Factor>,
}

impl fmt::Display for NotTrainable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let valid = r#"["A"], ["B"] or ["A", "B"]"#;
        let given = &self.factors;
        write!(f, "`train` names A, B or both, each once: {valid}, not {given:?}")
    }
}

impl Error for NotTrainable {}

impl TryFrom<&[Factor]> for Trained {
    type Error = NotTrainable;

    /// # Errors
    /// [`NotTrainable`] unless the list names one factor, or both factors once.
    fn try_from(factors: &[Factor]) -> Result<Self, NotTrainable> {
        match factors {
            [Factor::A] => Ok(Self::A),
            [Factor::B] => Ok(Self::B),
            [first, second] if first != second => Ok(Self::AB),
            _ => Err(NotTrainable { factors: factors.to_vec() }),
        }
    }
}

/// [`Trained`] as a list of factors, which experiment files have: `["A"]`, `["B"]`, `["A", "B"]`.
///
/// For `#[serde(with = "lora_types::trained_list")]`.
pub mod trained_list {
    use serde::de::Error as _;

    use super::{Deserialize, Deserializer, Factor, Serialize, Serializer, Trained};

    /// Writes the list.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(trained: &Trained, to: S) -> Result<S::Ok, S::Error> {
        trained.factors().serialize(to)
    }

    /// Reads the list; the order of the factors does not matter.
    ///
    /// # Errors
    /// Those of the deserializer, and [`NotTrainable`](super::NotTrainable).
    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Trained, D::Error> {
        let factors = Vec::<Factor>::deserialize(from)?;
        Trained::try_from(factors.as_slice()).map_err(D::Error::custom)
    }
}

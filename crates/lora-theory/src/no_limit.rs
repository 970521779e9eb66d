//! Settings whose training has no limit as n → ∞, and the product that is at fault.

use std::fmt;

use serde::Serialize;

use crate::Exponent;

/// The initial entries of a factor, or what its updates add to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// A0 or B0.
    Initial,
    /// ΔA or ΔB, the sum of the updates.
    Updates,
}

impl Part {
    /// Both, in the order in which they are counted.
    pub(crate) const ALL: [Self; 2] = [Self::Initial, Self::Updates];
}

/// One of the four products that Z_B = s (B0 + ΔB)(A0 + ΔA) Z consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Product {
    /// The part of B.
    pub b: Part,
    /// The part of A.
    pub a: Part,
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match (self.b, self.a) {
            (Part::Initial, Part::Initial) => "s B0 A0 Z",
            (Part::Initial, Part::Updates) => "s B0 ΔA Z",
            (Part::Updates, Part::Initial) => "s ΔB A0 Z",
            (Part::Updates, Part::Updates) => "s ΔB ΔA Z",
        })
    }
}

/// Why the dynamics have no limit in which the network learns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "why")]
pub enum NoLimit {
    /// The output's change outgrows the error that it should correct.
    Explodes {
        /// The product through which it grows most.
        by: Product,
        /// Δf.
        output: Exponent,
        /// e⁰ = f⁰ − t.
        error: Exponent,
    },
    /// The output's change vanishes beside the error.
    NothingLearned {
        /// Δf.
        output: Exponent,
        /// e⁰ = f⁰ − t.
        error: Exponent,
        /// Z_B, which may move although the output does not.
        z_b: Exponent,
    },
    /// The LoRA layer alone has no output, and its backward signal comes from outside.
    NoOutput,
}

impl fmt::Display for NoLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Explodes { by, output, error } => write!(
                f,
                "the output explodes: {by} changes it by {output} beside an error of {error}"
            ),
            Self::NothingLearned { output, error, z_b } => write!(
                f,
                "nothing is learned: the output's change is {output} beside an error of {error}, \
                 and Z_B is {z_b}"
            ),
            Self::NoOutput => write!(f, "the LoRA layer alone has no output to learn"),
        }
    }
}

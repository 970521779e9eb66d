//! What a measurement says of a claim.

use std::fmt;

use serde::ser::Serializer;

use crate::named::named;

named! {
    /// What a measurement says of a claim, from the best to the worst for the claim.
    enum Verdict, "verdict" {
        /// The measurement leaves only values that agree with the claim.
        Holds = "holds",
        /// The measurement leaves values that agree and values that do not.
        Undecided = "undecided",
        /// The points lie on no power law over the measured range, so no exponent describes them.
        NotAPowerLaw = "not_a_power_law" | "not a power law",
        /// The measurement leaves no value that agrees with the claim.
        Refuted = "refuted",
    }
}

impl Verdict {
    /// The verdict in words, which tables and figures have.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Undecided => "undecided",
            Self::NotAPowerLaw => "not a power law",
            Self::Refuted => "refuted",
        }
    }
}

/// Writes [`Verdict::name`], which tables for readers have; reading accepts it anyway.
///
/// For `#[serde(serialize_with = "lora_types::verdict_name")]`.
///
/// # Errors
/// Those of the serializer.
pub fn verdict_name<S: Serializer>(verdict: &Verdict, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(verdict.name())
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

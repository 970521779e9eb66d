//! What a decision says: a verdict, the reason, and what would help.

use lora_types::Verdict;
use serde::{Deserialize, Serialize};

use crate::needed::Needed;
use crate::wide_end::Heading;

/// A verdict and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The verdict.
    pub verdict: Verdict,
    /// One short sentence.
    pub reason: String,
    /// If undecided: the number of seeds or the width that would decide, if there is one within limits.
    pub needed: Option<Needed>,
    /// Where the local slope is heading, if the line does not describe it.
    pub heading: Option<Heading>,
}

impl Decision {
    /// Undecided because there is no measurement.
    pub fn unmeasured(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Undecided, reason)
    }

    /// A verdict with its reason, without `needed` and `heading`.
    pub fn new(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self { verdict, reason: reason.into(), needed: None, heading: None }
    }
}

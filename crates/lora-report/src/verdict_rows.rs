//! Rows of the verdicts.

use lora_types::{Init, Verdict};
use serde::Serialize;

use crate::Picture;
use crate::numbers::short_option;

/// What a verification said, or how to get one.
#[derive(Clone, Debug)]
pub enum Verdicts {
    /// None was found.
    None {
        /// A sentence.
        sentence: String,
        /// The command that makes one.
        command: String,
    },
    /// A verification's claims.
    Some {
        /// Which one, in a sentence.
        about: String,
        /// Whether at quick sizes.
        quick: bool,
        /// Claims and controls, in the verification's order.
        claims: Vec<PageClaim>,
        /// Tests of the claims.
        tests: Vec<PageTest>,
        /// Its figures.
        pictures: Vec<Picture>,
    },
}

impl Default for Verdicts {
    fn default() -> Self {
        Self::None { sentence: String::new(), command: String::new() }
    }
}

/// One claim.
#[derive(Clone, Debug)]
pub struct PageClaim {
    /// Its name.
    pub claim: String,
    /// What is wrong with it, if it is a negative control.
    pub control: Option<String>,
    /// Topic.
    pub topic: String,
    /// What it says.
    pub statement: String,
    /// Who says so.
    pub source: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Predicted.
    pub predicted: String,
    /// Measured.
    pub measured: String,
    /// Why the verdict is so.
    pub why: String,
}

/// One tested number.
#[derive(Clone, Debug, Serialize)]
pub struct PageTest {
    /// The claim's name.
    pub claim: String,
    /// The initialisation, by its key.
    pub init: Init,
    /// What was measured.
    pub quantity: String,
    /// γ of η_A and η_B, where they were set.
    pub rates: String,
    /// Predicted exponent.
    pub predicted: String,
    /// Measured exponent, or ratio where the quantity says so.
    #[serde(serialize_with = "short_option")]
    pub estimate: Option<f64>,
    /// Lower end of its interval.
    #[serde(serialize_with = "short_option")]
    pub lower: Option<f64>,
    /// Upper end.
    #[serde(serialize_with = "short_option")]
    pub upper: Option<f64>,
    /// The verdict.
    #[serde(serialize_with = "lora_types::verdict_name")]
    pub verdict: Verdict,
}

/// How many claims have which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VerdictCount {
    /// Claims, without controls.
    pub claims: usize,
    /// Claims that hold.
    pub holds: usize,
    /// Undecided.
    pub undecided: usize,
    /// Measured to follow no power law.
    pub not_a_power_law: usize,
    /// Refuted.
    pub refuted: usize,
    /// Negative controls.
    pub controls: usize,
    /// Negative controls that are refuted, as all must be.
    pub controls_refuted: usize,
}

impl VerdictCount {
    /// Of a verification's claims.
    pub fn of(claims: &[PageClaim]) -> Self {
        let mut count = Self::default();
        for row in claims {
            if row.control.is_some() {
                count.controls += 1;
                count.controls_refuted += usize::from(row.verdict == Verdict::Refuted);
                continue;
            }
            count.claims += 1;
            match row.verdict {
                Verdict::Holds => count.holds += 1,
                Verdict::Undecided => count.undecided += 1,
                Verdict::NotAPowerLaw => count.not_a_power_law += 1,
                Verdict::Refuted => count.refuted += 1,
            }
        }
        count
    }
}

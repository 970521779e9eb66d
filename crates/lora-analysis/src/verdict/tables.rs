//! The tables of an earlier verification, read back: what is needed to judge it again.

use std::collections::BTreeMap;
use std::path::Path;

use lora_stats::{Interval, LocalSlope, Summarised, Tabulated};
use lora_theory::Rational;
use lora_types::{Init, Quantity, Verdict};
use serde::de::DeserializeOwned;

use crate::error::AnalysisError;
use crate::verdict::names::{CLAIMS, SLOPES, TESTS};
use crate::verdict::rows::{self, ClaimRow, SlopeRow, TestRow};

/// The number that local slopes belong to.
type SlopeKey = (String, Init, Option<Quantity>, Option<Rational>, Option<Rational>);

/// The tables of an earlier verification.
pub struct EarlierTables {
    /// The claims that were judged, by name.
    pub claims: BTreeMap<String, ClaimRow>,
    tests: Vec<TestRow>,
    slopes: BTreeMap<SlopeKey, Vec<LocalSlope>>,
}

impl EarlierTables {
    /// Reads the tables of a directory.
    ///
    /// # Errors
    /// [`AnalysisError::Table`] if one cannot be read or holds a name that is unknown.
    pub fn read(dir: &Path) -> Result<Self, AnalysisError> {
        let claims = table::<ClaimRow>(&dir.join(CLAIMS))?;
        let mut slopes: BTreeMap<SlopeKey, Vec<LocalSlope>> = BTreeMap::new();
        for row in table::<SlopeRow>(&dir.join(SLOPES))? {
            let key = (row.claim, row.init, row.quantity, row.gamma_a, row.gamma_b);
            let SlopeRow { from, to, slope, lower, upper, .. } = row;
            slopes.entry(key).or_default().push(LocalSlope { from, to, slope, lower, upper });
        }
        let claims = claims.into_iter().map(|row| (row.claim.clone(), row)).collect();
        Ok(Self { claims, tests: table(&dir.join(TESTS))?, slopes })
    }

    /// Takes the verdicts of before the tables were first judged again, by claim.
    pub fn first_verdicts(&mut self, before: BTreeMap<String, Verdict>) {
        for (id, verdict) in before {
            if let Some(claim) = self.claims.get_mut(&id) {
                claim.verdict = verdict;
            }
        }
    }

    /// The tested numbers of a claim.
    pub fn tests<'t>(&'t self, claim: &'t str) -> impl Iterator<Item = &'t TestRow> {
        self.tests.iter().filter(move |row| row.claim == claim)
    }

    /// What is known of the fit of a tested number; nothing where none was fitted, or no interval.
    pub fn fitted(&self, row: &TestRow) -> Option<Summarised> {
        let tabulated = |exponent: Option<f64>, lower: Option<f64>, upper: Option<f64>| {
            Some(Tabulated { exponent: exponent?, lower: lower?, upper: upper? })
        };
        let key = (row.claim.clone(), row.init, row.quantity, row.gamma_a, row.gamma_b);
        Some(Summarised {
            seeds: row.seeds?,
            slopes: self.slopes.get(&key)?.clone(),
            all: tabulated(row.all_widths, row.all_lower, row.all_upper)?,
            chosen: (tabulated(row.estimate, row.lower, row.upper)?, row.points_used?),
            corrected: tabulated(row.corrected, row.corrected_lower, row.corrected_upper),
        })
    }
}

impl TestRow {
    /// The rates' exponents, where the study has given rates.
    pub fn rates(&self) -> Option<(Rational, Rational)> {
        self.gamma_a.zip(self.gamma_b)
    }

    /// Whether too little was measured to judge it, whatever the rule.
    pub fn is_unmeasured(&self) -> bool {
        ["no measurement", "only ", "not bracketed", "there is no "]
            .iter()
            .any(|start| self.reason.starts_with(start))
    }

    /// The interval of a comparison of losses.
    pub fn interval(&self) -> Option<Interval> {
        Some(Interval {
            estimate: self.log_ratio?,
            lower: self.log_ratio_lower,
            upper: self.log_ratio_upper,
            standard_error: None,
            undefined_share: 0.0,
            level: lora_stats::DEFAULT_LEVEL,
            seeds: self.seeds.unwrap_or_default(),
        })
    }
}

fn table<Row: DeserializeOwned>(path: &Path) -> Result<Vec<Row>, AnalysisError> {
    let unreadable = |fault| AnalysisError::Table { path: path.to_owned(), fault };
    let bytes = std::fs::read(path).map_err(|error| unreadable(error.into()))?;
    rows::read(&bytes).map_err(|error| unreadable(error.into()))
}

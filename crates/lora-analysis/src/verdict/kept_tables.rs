//! The tables of an earlier verification, read back: what is needed to judge it again.

use std::collections::BTreeMap;
use std::path::Path;

use lora_figures::uncell;
use lora_stats::{Interval, LocalSlope, Summarised, Tabulated};
use lora_theory::{Rational, parse_rational};
use lora_types::{Init, UnknownName, Verdict};
use serde::de::{DeserializeOwned, Deserializer, Error};
use serde::{Deserialize, Serializer};

use crate::verdict::files::{SlopeRow, TestRow};
use lora_experiment::error::CommandError;
use lora_experiment::study::claim::Quantity;
use lora_experiment::study::words;

/// A row of `claims.csv`.
#[derive(Debug, Deserialize)]
struct ClaimRow {
    claim: String,
    statement: String,
    verdict: Verdict,
    tolerance: Option<f64>,
    #[serde(default)]
    changed: String,
}

/// What a claim was judged with, and how.
#[derive(Clone, Debug)]
pub struct Before {
    /// The statement, with the predicted exponent in it.
    pub statement: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The tolerance, where exponents were compared.
    pub tolerance: Option<f64>,
    /// What had been changed after measuring.
    pub changed: String,
}

/// Everything that the tables hold.
pub struct Tables {
    /// The claims that were judged.
    pub claims: BTreeMap<String, Before>,
    tests: Vec<TestRow>,
    slopes: BTreeMap<Place, Vec<LocalSlope>>,
}

/// Which tested number: claim, init, quantity (none for a regime), and the rates' exponents.
type Place = (String, Init, Option<Quantity>, Option<Rational>, Option<Rational>);

impl Tables {
    /// Reads the tables of a directory.
    pub fn read(dir: &Path) -> Result<Self, CommandError> {
        let claims = rows::<ClaimRow>(&dir.join("claims.csv"))?.into_iter().map(|row| {
            let ClaimRow { verdict, tolerance, .. } = row;
            let changed = uncell(&row.changed).to_owned();
            let statement = uncell(&row.statement).to_owned();
            let before = Before { statement, verdict, tolerance, changed };
            (uncell(&row.claim).to_owned(), before)
        });
        let mut slopes: BTreeMap<Place, Vec<LocalSlope>> = BTreeMap::new();
        for row in rows::<SlopeRow>(&dir.join("slopes.csv"))? {
            let SlopeRow { claim, init, quantity, gamma_a, gamma_b, .. } = row;
            let key = (uncell(&claim).to_owned(), init, quantity, gamma_a, gamma_b);
            let SlopeRow { from, to, slope, lower, upper, .. } = row;
            slopes.entry(key).or_default().push(LocalSlope { from, to, slope, lower, upper });
        }
        Ok(Self { claims: claims.collect(), tests: rows(&dir.join("tests.csv"))?, slopes })
    }

    /// Takes the verdicts of before the tables were first judged again, where they are known.
    ///
    /// # Errors
    /// The name of a verdict that there is not.
    pub fn first_verdicts(&mut self, before: &serde_json::Value) -> Result<(), UnknownName> {
        for (id, claim) in &mut self.claims {
            if let Some(verdict) = before[id.as_str()].as_str() {
                claim.verdict = verdict.parse()?;
            }
        }
        Ok(())
    }

    /// The tested numbers of a claim.
    pub fn tests<'t>(&'t self, claim: &'t str) -> impl Iterator<Item = &'t TestRow> {
        self.tests.iter().filter(move |row| uncell(&row.claim) == claim)
    }

    /// What is known of the fit of a tested number; nothing where none was fitted, or no interval.
    pub fn fitted(&self, row: &TestRow) -> Option<Summarised> {
        let tabulated = |exponent: Option<f64>, lower: Option<f64>, upper: Option<f64>| {
            Some(Tabulated { exponent: exponent?, lower: lower?, upper: upper? })
        };
        let claim = uncell(&row.claim).to_owned();
        let key = (claim, row.init, row.quantity, row.gamma_a, row.gamma_b);
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

/// A tested quantity by its symbol, or `regime` where a regime was tested.
pub mod quantity_cell {
    use super::{Deserialize, Deserializer, Error, Quantity, Serializer, words};

    pub fn serialize<S: Serializer>(tested: &Option<Quantity>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(words::quantity(*tested))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Quantity>, D::Error> {
        let text = String::deserialize(from)?;
        if text == words::quantity(None) {
            return Ok(None);
        }
        text.parse().map(Some).map_err(D::Error::custom)
    }
}

/// An exact exponent as text; empty for none.
pub mod exact_cell {
    use super::{Deserialize, Deserializer, Error, Rational, Serializer, parse_rational};

    pub fn serialize<S: Serializer>(exact: &Option<Rational>, to: S) -> Result<S::Ok, S::Error> {
        match exact {
            Some(exact) => to.collect_str(exact),
            None => to.serialize_str(""),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Rational>, D::Error> {
        let text = String::deserialize(from)?;
        if text.is_empty() {
            return Ok(None);
        }
        parse_rational(&text).map(Some).map_err(D::Error::custom)
    }
}

fn rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, CommandError> {
    let read = || csv::Reader::from_path(path)?.deserialize().collect::<Result<Vec<T>, _>>();
    read().map_err(|error| CommandError::Usage(format!("{}: {error}", path.display())))
}

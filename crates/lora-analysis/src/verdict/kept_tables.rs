//! The tables of an earlier verification, read back: what is needed to judge it again.

use std::collections::BTreeMap;
use std::path::Path;

use lora_figures::uncell;
use lora_stats::{Interval, LocalSlope, Summarised, Tabulated};
use lora_theory::{Rational, parse_rational};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::verdict::files::{SlopeRow, TestRow};
use lora_experiment::error::CommandError;
use lora_experiment::study::claim::Quantity;
use lora_experiment::study::words;

/// A row of `claims.csv`.
#[derive(Debug, Deserialize)]
struct ClaimRow {
    claim: String,
    statement: String,
    verdict: String,
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
    pub verdict: String,
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
    slopes: BTreeMap<[String; 5], Vec<LocalSlope>>,
}

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
        let mut slopes: BTreeMap<[String; 5], Vec<LocalSlope>> = BTreeMap::new();
        for row in rows::<SlopeRow>(&dir.join("slopes.csv"))? {
            let SlopeRow { claim, init, quantity, gamma_a, gamma_b, .. } = row;
            let key =
                [uncell(&claim).to_owned(), init.key().to_owned(), quantity, gamma_a, gamma_b];
            let SlopeRow { from, to, slope, lower, upper, .. } = row;
            slopes.entry(key).or_default().push(LocalSlope { from, to, slope, lower, upper });
        }
        Ok(Self { claims: claims.collect(), tests: rows(&dir.join("tests.csv"))?, slopes })
    }

    /// Takes the verdicts of before the tables were first judged again, where they are known.
    pub fn first_verdicts(&mut self, before: &serde_json::Value) {
        for (id, claim) in &mut self.claims {
            if let Some(verdict) = before[id.as_str()].as_str() {
                claim.verdict = verdict.to_owned();
            }
        }
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
        let text = |text: &String| text.clone();
        let key = [
            uncell(&row.claim).to_owned(),
            row.init.key().to_owned(),
            text(&row.quantity),
            text(&row.gamma_a),
            text(&row.gamma_b),
        ];
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
    /// What was measured; none for a regime.
    pub fn quantity(&self) -> Option<Quantity> {
        let all = [
            Quantity::EtaOpt,
            Quantity::EtaStable,
            Quantity::Za,
            Quantity::Zb,
            Quantity::Delta1,
            Quantity::Delta2,
            Quantity::Delta3,
            Quantity::LossDrop,
            Quantity::Loss,
        ];
        all.into_iter().find(|&quantity| words::quantity(Some(quantity)) == self.quantity)
    }

    /// The rates' exponents, where the study has given rates.
    pub fn rates(&self) -> Option<(Rational, Rational)> {
        Some((exact(&self.gamma_a)?, exact(&self.gamma_b)?))
    }

    /// Whether too little was measured to judge it, whatever the rule.
    pub fn is_unmeasured(&self) -> bool {
        ["no measurement", "only ", "not bracketed", "there is no "]
            .iter()
            .any(|start| self.reason.starts_with(start))
    }

    /// The predicted exponent.
    pub fn predicted(&self) -> Option<Rational> {
        exact(&self.predicted_exact)
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

fn exact(text: &str) -> Option<Rational> {
    parse_rational(text).ok()
}

fn rows<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, CommandError> {
    let read = || csv::Reader::from_path(path)?.deserialize().collect::<Result<Vec<T>, _>>();
    read().map_err(|error| CommandError::Usage(format!("{}: {error}", path.display())))
}

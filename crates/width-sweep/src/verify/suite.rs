//! The suite: claims and the studies that measure them, read from topic files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lora_sim::spec::Init;
use lora_theory::Rational;
use serde::{Deserialize, Serialize};

use super::decode;
use super::study::{Study, StudyText};
use crate::error::CommandError;
use crate::nearest::nearest;

/// A topic file of this repository.
macro_rules! builtin {
    ($name:literal) => {
        (
            concat!("experiments/verify/", $name, ".toml"),
            include_str!(concat!("../../../../experiments/verify/", $name, ".toml")),
        )
    };
}

/// The built-in topics, in the order of the page; compiled in, so that they run from anywhere.
const TOPICS: [(&str, &str); 9] = [
    builtin!("theorems"),
    builtin!("layer"),
    builtin!("network"),
    builtin!("sgd"),
    builtin!("lora-plus"),
    builtin!("both-random"),
    builtin!("rank"),
    builtin!("robustness"),
    builtin!("controls"),
];

/// Everything to verify.
#[derive(Clone, Debug)]
pub struct Suite {
    /// Claims, topic by topic.
    pub claims: Vec<Claim>,
    /// The studies that they need.
    pub studies: Vec<Study>,
}

/// A topic file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    title: String,
    /// Tolerance of an exponent, and why.
    tolerance: f64,
    reason: String,
    #[serde(default)]
    study: Vec<StudyText>,
    #[serde(default)]
    claim: Vec<ClaimText>,
}

/// What a claim's test compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Test {
    /// One quantity's exponent, at one rate or at the optimum, with its prediction.
    Exponent,
    /// The exponents of several quantities at every rate of a study.
    Table,
    /// The regime at every pair of rates of a study.
    Map,
    /// The exponent of the ratio of a quantity in two studies.
    Same,
    /// Whether one init's loss is below another's, over the widest points.
    Lower,
    /// Whether training brings the loss under a tenth, over the widest points.
    Trains,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// η_opt, the learning rate with the lowest score.
    EtaOpt,
    /// η_stable, the largest learning rate that keeps Z_B under the bound.
    EtaStable,
    /// rms of Z_A: after training at the optimum, or the largest over the steps at a given rate.
    Za,
    /// rms of Z_B, likewise.
    Zb,
    /// Largest rms of s·δ1 over the steps.
    Delta1,
    /// Largest rms of s·δ2.
    Delta2,
    /// Largest rms of s·δ3.
    Delta3,
    /// (first loss − last loss)/first loss.
    LossDrop,
    /// The score: of the best run, or of the run at a given rate.
    Loss,
}

/// A claim as a topic file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ClaimText {
    id: String,
    says: String,
    source: String,
    study: String,
    test: Test,
    init: Init,
    quantity: Option<Quantity>,
    #[serde(default)]
    quantities: Vec<Quantity>,
    against: Option<String>,
    #[serde(default)]
    paper: bool,
    tolerance: Option<f64>,
    reason: Option<String>,
    control: Option<String>,
    measured: Option<Init>,
    #[serde(default, deserialize_with = "decode::optional_exponent")]
    shift: Option<Rational>,
    #[serde(default)]
    ignore_multiplier: bool,
}

/// A claim: a statement, where it comes from, and the test of it, all fixed before measuring.
#[derive(Clone, Debug, Serialize)]
pub struct Claim {
    /// Its name.
    pub id: String,
    /// The topic's title.
    pub topic: String,
    /// The statement in words; `{predicted}` stands for the exponent that the theory gives.
    pub says: String,
    /// The paper, a relative, or derived here.
    pub source: String,
    /// The study that measures it.
    pub study: String,
    /// The test.
    pub test: Test,
    /// The init that it speaks of.
    pub init: Init,
    /// What is tested: one quantity, or several in a table.
    pub quantities: Vec<Quantity>,
    /// The study or init compared with.
    pub against: Option<String>,
    /// Whether the prediction is the paper's, the layer's largest stable learning rate, instead of
    /// the calculus of the study's own setting.
    pub paper: bool,
    /// Half-width of the band around the prediction.
    pub tolerance: f64,
    /// Why.
    pub reason: String,
    /// If this is a negative control, what is wrong in it.
    pub control: Option<String>,
    /// Controls: measure this init instead.
    pub measured: Option<Init>,
    /// Controls: added to the prediction.
    #[serde(serialize_with = "decode::write_optional")]
    pub shift: Option<Rational>,
    /// Controls: predict as if s = 1.
    pub ignore_multiplier: bool,
}

impl Claim {
    /// The init that is measured.
    pub fn measured_init(&self) -> Init {
        self.measured.unwrap_or(self.init)
    }
}

impl Suite {
    /// The built-in suite, or the one of the given files.
    pub fn load(files: &[PathBuf], quick: bool) -> Result<Self, CommandError> {
        let mut suite = Self { claims: Vec::new(), studies: Vec::new() };
        if files.is_empty() {
            for (label, text) in TOPICS {
                suite.add(label, text, quick)?;
            }
        }
        for file in files {
            let label = file.display().to_string();
            let text = read(file)?;
            suite.add(&label, &text, quick)?;
        }
        suite.check()?;
        Ok(suite)
    }

    fn add(&mut self, label: &str, text: &str, quick: bool) -> Result<(), CommandError> {
        let usage = |reason: String| CommandError::Usage(format!("{label}: {reason}"));
        let reader = toml::Deserializer::parse(text).map_err(|e| usage(one_line(&e.to_string())))?;
        let topic: Topic = serde_path_to_error::deserialize(reader).map_err(|error| {
            let key = error.path().to_string();
            usage(format!("{key}: {}", one_line(error.into_inner().message())))
        })?;
        for study in &topic.study {
            self.studies.push(study.resolve(label, quick)?);
        }
        for claim in topic.claim.iter().cloned() {
            let id = claim.id.clone();
            let claim = claim
                .resolve(&topic.title, topic.tolerance, &topic.reason)
                .map_err(|reason| usage(format!("claim {id}: {reason}")))?;
            self.claims.push(claim);
        }
        Ok(())
    }

    /// Names that are used twice, or that nothing has.
    fn check(&self) -> Result<(), CommandError> {
        let mut seen = BTreeSet::new();
        let ids = self.claims.iter().map(|c| &c.id).chain(self.studies.iter().map(|s| &s.id));
        if let Some(twice) = ids.into_iter().find(|id| !seen.insert(*id)) {
            return Err(CommandError::Usage(format!("{twice}: two claims or studies are so called")));
        }
        for claim in &self.claims {
            self.find(claim, &claim.study)?;
            if claim.test == Test::Same {
                self.find(claim, claim.against.as_deref().unwrap_or_default())?;
            }
        }
        Ok(())
    }

    fn find(&self, claim: &Claim, study: &str) -> Result<&Study, CommandError> {
        self.study(study).ok_or_else(|| {
            let known = self.studies.iter().map(|study| study.id.as_str());
            let hint = nearest(study, known).map_or(String::new(), |n| format!(", did you mean {n}?"));
            let reason = format!("claim {}: there is no study {study:?}{hint}", claim.id);
            CommandError::Usage(reason)
        })
    }

    /// A study by its name.
    pub fn study(&self, id: &str) -> Option<&Study> {
        self.studies.iter().find(|study| study.id == id)
    }

    /// Keeps the claims whose id, topic or study starts with one of `only`, and their studies.
    pub fn restrict(&mut self, only: &[String]) -> Result<(), CommandError> {
        if only.is_empty() {
            return Ok(());
        }
        let starts = |claim: &Claim, prefix: &String| {
            [&claim.id, &claim.study].into_iter().any(|name| name.starts_with(prefix.as_str()))
        };
        for prefix in only {
            if !self.claims.iter().any(|claim| starts(claim, prefix)) {
                let known = self.claims.iter().map(|claim| claim.id.as_str());
                let hint = nearest(prefix, known).map_or_else(String::new, |n| format!(", did you mean {n}?"));
                return Err(CommandError::Usage(format!(
                    "--only {prefix}: no claim or study starts so{hint}; --list names them all"
                )));
            }
        }
        self.claims.retain(|claim| only.iter().any(|prefix| starts(claim, prefix)));
        let needed = |study: &Study| {
            self.claims.iter().any(|claim| {
                claim.study == study.id || claim.against.as_deref() == Some(study.id.as_str())
            })
        };
        let kept: Vec<Study> = self.studies.iter().filter(|study| needed(study)).cloned().collect();
        self.studies = kept;
        Ok(())
    }
}

impl ClaimText {
    fn resolve(self, topic: &str, tolerance: f64, reason: &str) -> Result<Claim, String> {
        let quantities = match (self.quantity, self.quantities.is_empty()) {
            (Some(quantity), true) => vec![quantity],
            (None, _) => self.quantities,
            (Some(_), false) => return Err("has both quantity and quantities".into()),
        };
        let needs_quantity = !matches!(self.test, Test::Map | Test::Lower | Test::Trains);
        if needs_quantity && quantities.is_empty() {
            return Err("names no quantity".into());
        }
        if matches!(self.test, Test::Same | Test::Lower) && self.against.is_none() {
            return Err("names nothing to compare with: set against".into());
        }
        let tolerance = self.tolerance.unwrap_or(tolerance);
        if !(tolerance > 0.0 && tolerance.is_finite()) {
            return Err(format!("tolerance = {tolerance}: must be above 0 and finite"));
        }
        Ok(Claim {
            id: self.id,
            topic: topic.to_owned(),
            says: self.says,
            source: self.source,
            study: self.study,
            test: self.test,
            init: self.init,
            quantities,
            against: self.against,
            paper: self.paper,
            tolerance,
            reason: self.reason.unwrap_or_else(|| reason.to_owned()),
            control: self.control,
            measured: self.measured,
            shift: self.shift,
            ignore_multiplier: self.ignore_multiplier,
        })
    }
}

fn read(file: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(file)
        .map_err(|error| CommandError::Usage(format!("{}: {error}", file.display())))
}

fn one_line(text: &str) -> String {
    text.trim().replace('\n', ", ")
}

//! The suite: claims and the studies that measure them, read from topic files.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::error::{ClaimProblem, ExperimentError};
use crate::experiment::{parse, read_topic};
use crate::nearest::nearest;
use crate::study::alternatives::Alternatives;
use crate::study::claim::{Claim, ClaimText, Defaults, Test};
use crate::study::definition::Study;
use crate::study::pairing;
use crate::study::text::StudyText;
use crate::study::tolerance::tolerance;

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
const TOPICS: [(&str, &str); 11] = [
    builtin!("theorems"),
    builtin!("layer"),
    builtin!("network"),
    builtin!("sgd"),
    builtin!("lora-plus"),
    builtin!("limit"),
    builtin!("lazy"),
    builtin!("both-random"),
    builtin!("rank"),
    builtin!("robustness"),
    builtin!("controls"),
];

/// Everything to verify.
#[derive(Clone, Debug, Default)]
pub struct Suite {
    /// Claims, topic by topic.
    pub claims: Vec<Claim>,
    /// The studies that they need.
    pub studies: Vec<Study>,
    /// Claims that were planned and measured in this directory, and are not judged now.
    pub left_out: Vec<String>,
    /// What was asked for.
    pub request: TopicRequest,
}

/// The topics of a suite as they were read, and what was chosen of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TopicRequest {
    /// Each topic's label and text.
    pub topics: Vec<(String, String)>,
    /// Whether the quick sizes are wanted.
    pub quick: bool,
    /// Beginnings of the names of claims or studies; empty for all.
    pub only: Vec<String>,
}

impl TopicRequest {
    /// The suite, read and checked.
    ///
    /// # Errors
    /// If a topic is not valid, or `only` chooses nothing.
    pub fn suite(&self) -> Result<Suite, ExperimentError> {
        let topics: Vec<_> = self.topics.iter().map(|(label, text)| (&**label, &**text)).collect();
        let mut suite = Suite::of(&topics, self.quick)?;
        suite.restrict(&self.only)?;
        Ok(suite)
    }
}

/// A topic file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    title: String,
    /// The exponents that its claims must tell apart; a claim may have its own.
    alternatives: Option<Alternatives>,
    /// Tolerance of an exponent, if less than half the distance to the nearest alternative.
    tolerance: Option<f64>,
    /// Why these alternatives, or this tolerance.
    reason: String,
    /// Settings that all studies have in common.
    #[serde(default)]
    set: Vec<String>,
    #[serde(default)]
    study: Vec<StudyText>,
    #[serde(default)]
    claim: Vec<ClaimText>,
}

impl Suite {
    /// The built-in suite, or the one of the given files.
    ///
    /// # Errors
    /// If a file cannot be read, or is no valid topic.
    pub fn load(files: &[PathBuf], quick: bool) -> Result<Self, ExperimentError> {
        if files.is_empty() {
            return Self::of(&TOPICS, quick);
        }
        let read = |file: &PathBuf| Ok((file.display().to_string(), read_topic(file)?));
        let texts: Vec<(String, String)> =
            files.iter().map(read).collect::<Result<_, ExperimentError>>()?;
        let topics: Vec<_> = texts.iter().map(|(label, text)| (&**label, &**text)).collect();
        Self::of(&topics, quick)
    }

    /// Whether a topic is one of this repository's, by what messages call it.
    pub fn is_built_in(label: &str) -> bool {
        TOPICS.iter().any(|(known, _)| *known == label)
    }

    /// The suite of topics, each a label and its text.
    ///
    /// # Errors
    /// If a topic is not valid: its keys, a study, a claim, or a name that is used twice.
    pub fn of(topics: &[(&str, &str)], quick: bool) -> Result<Self, ExperimentError> {
        let owned = |&(label, text): &(&str, &str)| (label.to_owned(), text.to_owned());
        let topics_read = topics.iter().map(owned).collect();
        let request = TopicRequest { topics: topics_read, quick, only: Vec::new() };
        let mut suite = Self { request, ..Self::default() };
        for (label, text) in topics {
            suite.add(label, text, quick)?;
        }
        if quick {
            suite.leave_out_full_sizes();
        }
        suite.check()?;
        suite.set_tolerances()?;
        Ok(suite)
    }

    /// Leaves out the claims that quick sizes cannot decide, and the studies that no other claim needs.
    fn leave_out_full_sizes(&mut self) {
        let all = std::mem::take(&mut self.claims);
        let (full, quick): (Vec<Claim>, Vec<Claim>) =
            all.into_iter().partition(|claim| claim.full_only);
        let needs = |claims: &[Claim], study: &Study| {
            claims.iter().any(|claim| claim.studies().any(|id| *id == study.id))
        };
        self.studies.retain(|study| needs(&quick, study) || !needs(&full, study));
        self.claims = quick;
    }

    /// Of every claim that compares exponents, from its alternatives.
    fn set_tolerances(&mut self) -> Result<(), ExperimentError> {
        let given = |claim: &Claim| Some(claim.tolerance).filter(|given| *given > 0.0);
        let of = |claim: &Claim| tolerance(claim, given(claim), &self.studies);
        let all: Vec<f64> = self.claims.iter().map(of).collect::<Result<_, _>>()?;
        for (claim, tolerance) in self.claims.iter_mut().zip(all) {
            claim.tolerance = tolerance;
        }
        Ok(())
    }

    fn add(&mut self, label: &str, text: &str, quick: bool) -> Result<(), ExperimentError> {
        let file = || label.to_owned();
        let table = toml::Value::Table(parse(label, text)?);
        let topic: Topic = serde_path_to_error::deserialize(table).map_err(|error| {
            let key = error.path().to_string();
            let reason = one_line(error.into_inner().message());
            ExperimentError::Topic { file: file(), key, reason }
        })?;
        for study in &topic.study {
            self.studies.push(study.resolve(label, &topic.set, quick)?);
        }
        let defaults = Defaults {
            topic: &topic.title,
            tolerance: topic.tolerance,
            reason: &topic.reason,
            alternatives: topic.alternatives.as_ref(),
        };
        for claim in topic.claim.iter().cloned() {
            let id = claim.id.clone();
            let claim = claim.resolve(label, &defaults).map_err(|problem| {
                let problem = Box::new(problem);
                ExperimentError::Claim { file: file(), claim: id, problem }
            })?;
            self.claims.push(claim);
        }
        Ok(())
    }

    /// Names that are used twice, or that nothing has.
    fn check(&self) -> Result<(), ExperimentError> {
        let mut seen = BTreeSet::new();
        let studies = self.studies.iter().map(|study| (&study.id, &study.file));
        let claims = self.claims.iter().map(|claim| (&claim.id, &claim.file));
        if let Some((id, file)) = studies.chain(claims).find(|(id, _)| !seen.insert(*id)) {
            return Err(ExperimentError::SameName { file: file.clone(), name: id.clone() });
        }
        for claim in &self.claims {
            let mut studies = vec![self.find(claim, &claim.study)?];
            if claim.test.is_of_two_studies() {
                for other in [&claim.against, &claim.than].into_iter().flatten() {
                    studies.push(self.find(claim, other)?);
                }
            }
            let alone = studies.iter().find_map(|study| claim.conflict(study));
            let conflict = alone.or_else(|| match studies[..] {
                [own, other] => Self::paired(claim, own, other),
                [own, right, wrong] => pairing::not_two_limits(own, [right, wrong], claim.init),
                _ => None,
            });
            if let Some(conflict) = conflict {
                return Err(claim.error(conflict));
            }
        }
        Ok(())
    }

    /// Why a claim cannot compare two studies seed by seed, if so.
    fn paired(claim: &Claim, own: &Study, other: &Study) -> Option<ClaimProblem> {
        let of_distance = || match claim.test {
            Test::Distance => pairing::difference(own, other, claim.init).err(),
            _ => None,
        };
        pairing::unpaired(own, other).or_else(of_distance)
    }

    fn find(&self, claim: &Claim, study: &str) -> Result<&Study, ExperimentError> {
        self.study(study).ok_or_else(|| {
            let known = self.studies.iter().map(|study| study.id.as_str());
            let nearest = nearest(study, known).map(str::to_owned);
            claim.error(ClaimProblem::UnknownStudy { study: study.to_owned(), nearest })
        })
    }

    /// A study by its name.
    pub fn study(&self, id: &str) -> Option<&Study> {
        self.studies.iter().find(|study| study.id == id)
    }

    /// Keeps the claims whose name or study starts with one of `only`, and their studies.
    ///
    /// # Errors
    /// If nothing starts with one of them.
    pub fn restrict(&mut self, only: &[String]) -> Result<(), ExperimentError> {
        if only.is_empty() {
            return Ok(());
        }
        let starts = |claim: &Claim, prefix: &String| {
            [&claim.id, &claim.study].into_iter().any(|name| name.starts_with(prefix.as_str()))
        };
        for prefix in only {
            if !self.claims.iter().any(|claim| starts(claim, prefix)) {
                let known = self.claims.iter().map(|claim| claim.id.as_str());
                let nearest = nearest(prefix, known).map(str::to_owned);
                return Err(ExperimentError::NoneChosen { prefix: prefix.clone(), nearest });
            }
        }
        self.claims.retain(|claim| only.iter().any(|prefix| starts(claim, prefix)));
        let needed = |study: &Study| {
            self.claims.iter().any(|claim| claim.studies().any(|id| *id == study.id))
        };
        self.request.only = only.to_vec();
        let kept: Vec<Study> = self.studies.iter().filter(|study| needed(study)).cloned().collect();
        self.studies = kept;
        Ok(())
    }
}

/// How many claims the text of a topic file makes, with those that are for full size alone; messages
/// call it `label`.
///
/// # Errors
/// If the topic cannot be measured, at its full or at its quick size.
pub fn check_topic(label: &str, text: &str) -> Result<usize, ExperimentError> {
    Suite::of(&[(label, text)], true)?;
    Ok(Suite::of(&[(label, text)], false)?.claims.len())
}

/// What a topic file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicContents {
    /// Its title.
    pub title: String,
    /// Claims, without the negative controls.
    pub claims: usize,
    /// Negative controls.
    pub controls: usize,
    /// Studies.
    pub studies: usize,
}

/// What the text of a topic file holds; none if it is no topic but an experiment. Claims may be on
/// studies of other topics, so that these are not looked for.
pub fn topic_contents(label: &str, text: &str) -> Option<Result<TopicContents, ExperimentError>> {
    let table = parse(label, text).ok()?;
    if !(table.contains_key("claim") || table.contains_key("study")) {
        return None;
    }
    let title = table.get("title").and_then(toml::Value::as_str).unwrap_or_default().to_owned();
    let mut suite = Suite::default();
    Some(suite.add(label, text, false).map(|()| {
        let controls = suite.claims.iter().filter(|claim| claim.control.is_some()).count();
        let claims = suite.claims.len() - controls;
        TopicContents { title, claims, controls, studies: suite.studies.len() }
    }))
}

fn one_line(text: &str) -> String {
    text.trim().replace('\n', ", ")
}

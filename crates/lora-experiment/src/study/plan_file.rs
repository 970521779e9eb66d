//! `plan.json` of a verification's directory: the plan as it was before measuring.
//!
//! Until training of a study begins, its plan may change. From then on the first entry stays, later
//! changes are listed in the order in which they came, and every verdict names its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::ExperimentError;
use crate::prediction::PlannedPrediction;
use crate::study::plan_change::{self, PREDICTED, PlanChange};
pub use crate::study::plan_entry::Entry;
use crate::study::predictions::Predictions;

/// The name of the file.
pub const PLAN: &str = "plan.json";

/// What is fixed before measuring, as JSON.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Entries {
    /// Whether the sizes are the quick ones.
    pub quick: bool,
    /// Every claim.
    pub claims: Vec<Entry>,
    /// Every study.
    pub studies: Vec<Entry>,
}

/// The content of `plan.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct PlanFile {
    quick: bool,
    /// When the first plan was written, UTC; plans of before have none.
    #[serde(default)]
    written: Option<String>,
    /// Every claim as it was when training of its study began.
    claims: Vec<Entry>,
    /// Every study, likewise.
    #[serde(default)]
    studies: Vec<Entry>,
    /// The studies whose training has begun.
    #[serde(default)]
    measured: BTreeSet<String>,
    /// What was changed after that. Nothing is ever taken from this list.
    #[serde(default)]
    changed: Vec<PlanChange>,
    /// Whether there were finished cells but no plan.
    #[serde(skip)]
    lost: bool,
    /// The directory that it is kept in.
    #[serde(skip)]
    dir: PathBuf,
}

impl PlanFile {
    /// The plan of a text, which messages call `path`; an empty one if there is none. `measured` says
    /// whether runs were found beside it.
    ///
    /// # Errors
    /// If the text is no plan.
    pub fn read(path: &Path, text: Option<&str>, measured: bool) -> Result<Self, ExperimentError> {
        let dir = path.parent().unwrap_or(path).to_owned();
        let Some(text) = text else { return Ok(Self { lost: measured, dir, ..Self::default() }) };
        let failed = |source| ExperimentError::NotAPlan { path: path.to_owned(), source };
        serde_json::from_str(text).map(|plan| Self { dir, ..plan }).map_err(failed)
    }

    /// Brings in the plan of this call, given the studies that have finished cells. Returns for each
    /// claim, by its name, what was changed after measuring: nothing if its plan is the one from before.
    /// `now` is the time in UTC.
    ///
    /// # Errors
    /// If the plan of before is for other sizes.
    pub fn update(
        &mut self,
        plan: Entries,
        trained: BTreeSet<String>,
        now: Option<String>,
    ) -> Result<BTreeMap<String, Vec<String>>, ExperimentError> {
        if self.claims.is_empty() {
            (self.quick, self.written) = (plan.quick, now.clone());
        } else if self.quick != plan.quick {
            let (dir, planned_quick) = (self.dir.clone(), self.quick);
            return Err(ExperimentError::OtherSize { dir, planned_quick });
        }
        self.measured.extend(trained);
        for study in &plan.studies {
            let measured = self.measured.contains(plan_change::id(study));
            update(&mut self.studies, study, measured, (&mut self.changed, &now));
        }
        for claim in &plan.claims {
            self.update_claim(claim, &now);
        }
        let changes = |claim: &Entry| {
            (plan_change::id(claim).to_owned(), self.changes_of(claim, &plan.studies))
        };
        Ok(plan.claims.iter().map(changes).collect())
    }

    /// The predictions that the judge compares with: of each claim those that were planned last.
    ///
    /// # Errors
    /// If an entry's predictions cannot be read.
    pub fn predictions(&self) -> Result<Predictions, ExperimentError> {
        let of = |claim: &Entry| {
            let name = plan_change::id(claim);
            let planned = plan_change::latest(claim, PREDICTED, &self.changed);
            let planned = Vec::<PlannedPrediction>::deserialize(planned).map_err(|source| {
                ExperimentError::NotPredictions {
                    path: PLAN.into(),
                    claim: name.to_owned(),
                    source,
                }
            })?;
            Ok((name.to_owned(), planned))
        };
        let planned = self.claims.iter().filter(|claim| self.has_predictions(claim));
        planned.map(of).collect()
    }

    /// Claims that an older version planned, and that are not judged now, have none.
    fn has_predictions(&self, claim: &Entry) -> bool {
        !plan_change::latest(claim, PREDICTED, &self.changed).is_null()
    }

    fn update_claim(&mut self, claim: &Entry, now: &Option<String>) {
        let name = plan_change::id(claim);
        let known = self.claims.iter().find(|known| plan_change::id(known) == name);
        let of = |entry: &Entry| plan_change::text(entry, "study").to_owned();
        let studies = [Some(of(claim)), known.map(of)];
        let measured = studies.iter().flatten().any(|study| self.measured.contains(study));
        if known.is_none() && measured {
            let what = if self.lost { plan_change::LOST } else { plan_change::ADDED };
            self.changed.push(PlanChange::of_whole(name, what, now));
        }
        update(&mut self.claims, claim, measured, (&mut self.changed, now));
        if let Some(first) = self.claims.iter_mut().find(|known| plan_change::id(known) == name) {
            plan_change::complete(first, claim, (&mut self.changed, now));
        }
    }

    /// How a claim and its studies differ from what was planned before measuring.
    fn changes_of(&self, claim: &Entry, studies: &[Entry]) -> Vec<String> {
        let name = plan_change::id(claim);
        let whole = self.changed.iter().filter(|change| change.name == name);
        let mut all: Vec<String> = whole.filter_map(PlanChange::whole).collect();
        let since = |known: &[Entry], entry: &Entry, of: &str| -> Vec<String> {
            let known = known.iter().find(|known| plan_change::id(known) == plan_change::id(entry));
            let differ = known.map(|known| plan_change::differences(known, entry));
            differ.unwrap_or_default().into_iter().map(|text| format!("{of}{text}")).collect()
        };
        let mut differ = since(&self.claims, claim, "");
        for key in ["study", "against"] {
            let study = plan_change::text(claim, key);
            let planned = studies.iter().find(|entry| plan_change::id(entry) == study);
            let of = format!("study {study}: ");
            differ.extend(planned.map_or_else(Vec::new, |entry| since(&self.studies, entry, &of)));
        }
        if !differ.is_empty() {
            all.push(format!("changed after measuring: {}", differ.join("; ")));
        }
        all
    }

    /// Notes that training of a study begins; whether that is news.
    pub fn begin(&mut self, study: &str) -> bool {
        self.measured.insert(study.to_owned())
    }

    /// Claims that were planned, and whose studies were measured, but that are not among `judged`.
    pub fn left_out(&self, judged: &BTreeMap<String, Vec<String>>) -> Vec<String> {
        let measured = |claim: &&Entry| self.measured.contains(plan_change::text(claim, "study"));
        let names = self.claims.iter().filter(measured).map(plan_change::id);
        names.filter(|name| !judged.contains_key(*name)).map(str::to_owned).collect()
    }
}

/// Adds a new entry, or replaces the old one until it was measured; from then on only notes what
/// changed.
fn update(
    known: &mut Vec<Entry>,
    entry: &Entry,
    measured: bool,
    (changed, now): (&mut Vec<PlanChange>, &Option<String>),
) {
    match known.iter_mut().find(|known| plan_change::id(known) == plan_change::id(entry)) {
        None => known.push(entry.clone()),
        Some(first) if measured => plan_change::note(first, entry, changed, now),
        Some(first) => first.clone_from(entry),
    }
}

//! The plan as it was before measuring, kept in `plan.json` of a verification's directory.
//!
//! Until training of a study begins, whatever is planned of it may change. From then on the first
//! entry stays, changes are listed under it in the order in which they came, and every verdict names
//! its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::CommandError;
use crate::prediction::PlannedPrediction;
use crate::study::plan_change::{self, Change, PREDICTED};
use crate::study::predictions::Predictions;

/// The name of the file.
pub const PLAN: &str = "plan.json";

/// An entry of a plan: a claim or a study, with its `id`.
pub type Entry = serde_json::Map<String, Value>;

/// What is fixed before measuring, as JSON.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Entries {
    pub quick: bool,
    pub claims: Vec<Entry>,
    pub studies: Vec<Entry>,
}

/// The content of `plan.json`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct KeptPlan {
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
    changed: Vec<Change>,
    /// Whether there were finished cells and no plan.
    #[serde(skip)]
    lost: bool,
}

impl KeptPlan {
    /// The plan of a text, which messages call `path`; an empty one if there is none. `measured` says
    /// whether runs were found beside it.
    pub fn read(path: &Path, text: Option<&str>, measured: bool) -> Result<Self, CommandError> {
        let Some(text) = text else { return Ok(Self { lost: measured, ..Self::default() }) };
        serde_json::from_str(text).map_err(|error| {
            CommandError::Usage(format!(
                "{}: is no plan of a verification ({error}): restore it, or set --out to a new \
                 directory",
                path.display()
            ))
        })
    }

    /// Takes up the plan of this call, given the studies that have finished cells. What each claim
    /// must confess, by its name. `now` is the time in UTC: nothing if its plan is the one from before measuring.
    pub fn take_up(
        &mut self,
        plan: Entries,
        at_hand: BTreeSet<String>,
        now: Option<String>,
    ) -> Result<BTreeMap<String, Vec<String>>, CommandError> {
        if self.claims.is_empty() {
            (self.quick, self.written) = (plan.quick, now.clone());
        } else if self.quick != plan.quick {
            let size = |quick| if quick { "quick sizes" } else { "full size" };
            return Err(CommandError::Usage(format!(
                "--out holds a verification at {}, and this one is at {}: set it to another \
                 directory",
                size(self.quick),
                size(plan.quick)
            )));
        }
        self.measured.extend(at_hand);
        for study in &plan.studies {
            let measured = self.measured.contains(plan_change::id(study));
            take(&mut self.studies, study, measured, (&mut self.changed, &now));
        }
        for claim in &plan.claims {
            self.take_claim(claim, &now);
        }
        let confess = |claim: &Entry| {
            (plan_change::id(claim).to_owned(), self.confession(claim, &plan.studies))
        };
        Ok(plan.claims.iter().map(confess).collect())
    }

    /// The predictions that the judge compares with: of each claim those that were planned last.
    ///
    /// # Errors
    /// If an entry's predictions cannot be read.
    pub fn predictions(&self) -> Result<Predictions, CommandError> {
        let of = |claim: &Entry| {
            let name = plan_change::id(claim);
            let planned = plan_change::latest(claim, PREDICTED, &self.changed);
            let planned = Vec::<PlannedPrediction>::deserialize(planned).map_err(|error| {
                CommandError::Usage(format!("{PLAN}: claim {name}: {PREDICTED}: {error}"))
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

    fn take_claim(&mut self, claim: &Entry, now: &Option<String>) {
        let name = plan_change::id(claim);
        let known = self.claims.iter().find(|known| plan_change::id(known) == name);
        let of = |entry: &Entry| plan_change::text(entry, "study").to_owned();
        let studies = [Some(of(claim)), known.map(of)];
        let measured = studies.iter().flatten().any(|study| self.measured.contains(study));
        if known.is_none() && measured {
            let what = if self.lost { plan_change::LOST } else { plan_change::ADDED };
            self.changed.push(Change::of_whole(name, what, now));
        }
        take(&mut self.claims, claim, measured, (&mut self.changed, now));
        if let Some(first) = self.claims.iter_mut().find(|known| plan_change::id(known) == name) {
            plan_change::complete(first, claim, (&mut self.changed, now));
        }
    }

    /// How a claim and its studies differ from what was planned before measuring.
    fn confession(&self, claim: &Entry, studies: &[Entry]) -> Vec<String> {
        let name = plan_change::id(claim);
        let whole = self.changed.iter().filter(|change| change.name == name);
        let mut all: Vec<String> = whole.filter_map(Change::whole).collect();
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

/// Takes up one entry: a new one as it is, a known one in place of the old one until it was measured;
/// from then on only its changes are noted.
fn take(
    known: &mut Vec<Entry>,
    entry: &Entry,
    measured: bool,
    (changed, now): (&mut Vec<Change>, &Option<String>),
) {
    match known.iter_mut().find(|known| plan_change::id(known) == plan_change::id(entry)) {
        None => known.push(entry.clone()),
        Some(first) if measured => plan_change::note(first, entry, changed, now),
        Some(first) => first.clone_from(entry),
    }
}

//! What a verification said: its directory is found, and its tables read.

use std::fs;
use std::path::{Path, PathBuf};

use lora_report::{PageClaim, PageTest, VerdictCount, Verdicts};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::report::pictures;
use crate::report::provenance::PageCommands;
use crate::verdict::names::{CLAIMS, MANIFEST, TESTS};
use crate::verdict::rows::{self, ClaimRow, TestRow};
use crate::{AnalysisError, FileFault, NoVerdicts};
use lora_experiment::study::words::quantity;
use lora_store::digest::{self, Digests};
use lora_store::error::Remedy;

/// Directories beside a run's where a verification is looked for.
const BESIDE: [&str; 2] = ["verify", "verify-quick"];

/// The verdicts of the directory `named`, or else of the first place beside the run in `dir` that
/// has some.
///
/// # Errors
/// [`AnalysisError::NotAVerification`] for a directory that was named and has no verdicts;
/// [`AnalysisError::File`] for a table or figure that cannot be read.
pub fn find(
    dir: &Path,
    named: Option<&Path>,
    typed: &PageCommands,
) -> Result<Verdicts, AnalysisError> {
    if let Some(named) = named {
        check(named)?;
        return read(named);
    }
    let real = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let beside = real.parent().map(Path::to_owned);
    let beside = beside.iter().flat_map(|parent| BESIDE.map(|name| parent.join(name)));
    let mut places = std::iter::once(dir.to_owned()).chain(beside);
    match places.find(|dir: &PathBuf| dir.join(CLAIMS).is_file()) {
        Some(found) => read(&found),
        None => Ok(none(typed)),
    }
}

fn none(typed: &PageCommands) -> Verdicts {
    Verdicts::None {
        sentence: "No verification was found beside this run. This command measures every claim, \
                   with intervals, and says what holds. Make the report again afterwards."
            .to_owned(),
        command: typed.verify.to_owned(),
    }
}

/// Refuses what is no verification's directory.
fn check(dir: &Path) -> Result<(), AnalysisError> {
    let reason = if !dir.exists() {
        NoVerdicts::Missing
    } else if !dir.is_dir() {
        NoVerdicts::File
    } else if !dir.join(CLAIMS).is_file() {
        NoVerdicts::NoClaims
    } else {
        return Ok(());
    };
    Err(AnalysisError::NotAVerification { dir: dir.to_owned(), reason })
}

fn read(dir: &Path) -> Result<Verdicts, AnalysisError> {
    let mut origin = origin(dir)?;
    if !origin.digests.contains_key(CLAIMS) {
        // In a run's directory the manifest is the run's, and tells nothing of these files.
        origin.digests.clear();
    }
    let digests = &origin.digests;
    let claims: Vec<ClaimRow> = table(&dir.join(CLAIMS), digests)?;
    let path = dir.join(TESTS);
    let tests: Vec<TestRow> = if path.is_file() { table(&path, digests)? } else { Vec::new() };
    let claims: Vec<PageClaim> = claims.into_iter().map(PageClaim::from).collect();
    Ok(Verdicts::Some {
        about: about(&VerdictCount::of(&claims), &origin),
        quick: origin.quick,
        claims,
        tests: tests.into_iter().map(PageTest::from).collect(),
        pictures: pictures::of_verification(dir, digests)?,
    })
}

fn table<Row: DeserializeOwned>(path: &Path, digests: &Digests) -> Result<Vec<Row>, AnalysisError> {
    let bytes = fs::read(path).map_err(|error| spoilt(path, error))?;
    digest::check(digests, (path, &bytes), Remedy::VerifyAgain)?;
    rows::read(&bytes).map_err(|error| spoilt(path, error))
}

fn spoilt(path: &Path, fault: impl Into<FileFault>) -> AnalysisError {
    AnalysisError::File { path: path.to_owned(), fault: fault.into() }
}

/// What a verification's manifest says, as far as the page shows it.
#[derive(Debug, Default, Deserialize)]
struct VerificationOrigin {
    #[serde(default)]
    quick: bool,
    #[serde(default)]
    git_commit: Option<String>,
    #[serde(default)]
    git_dirty: Option<bool>,
    #[serde(default)]
    engine: Option<String>,
    #[serde(default)]
    judged_again: Option<serde_json::Value>,
    #[serde(default)]
    digests: Digests,
}

fn origin(dir: &Path) -> Result<VerificationOrigin, AnalysisError> {
    let path = dir.join(MANIFEST);
    if !path.is_file() {
        return Ok(VerificationOrigin::default());
    }
    let text = fs::read_to_string(&path).map_err(|error| spoilt(&path, error))?;
    serde_json::from_str(&text).map_err(|error| spoilt(&path, error))
}

fn about(count: &VerdictCount, origin: &VerificationOrigin) -> String {
    let mut about =
        format!("A verification tested {} claims, each on studies made for it", count.claims);
    if let Some(engine) = &origin.engine {
        about += &format!(" ({engine}");
        if let Some(commit) = &origin.git_commit {
            about += &format!(", commit {}", commit.get(..10).unwrap_or(commit));
            if origin.git_dirty == Some(true) {
                about += " with uncommitted changes";
            }
        }
        about += ")";
    }
    about += ". It is about the theory and the paper, not about this run alone.";
    if origin.judged_again.is_some() {
        about += " Its verdicts were judged again later, from its tables and without training.";
    }
    if origin.digests.is_empty() {
        about += " Its files have no digests by which they could be checked.";
    }
    about
}

impl From<ClaimRow> for PageClaim {
    fn from(row: ClaimRow) -> Self {
        Self {
            claim: row.claim,
            control: Some(row.control).filter(|wrong| !wrong.is_empty()),
            topic: row.topic,
            statement: row.statement,
            source: row.source,
            verdict: row.verdict,
            predicted: row.predicted,
            measured: row.measured,
            why: row.why,
        }
    }
}

impl From<TestRow> for PageTest {
    fn from(row: TestRow) -> Self {
        let rates = match row.rates() {
            None => String::new(),
            Some((a, b)) if a == b => a.to_string(),
            Some((a, b)) => format!("{a}; {b}"),
        };
        // A comparison has no exponent. Its claim has the ratio, and so does its test.
        let compared = row.estimate.is_none() && row.log_ratio.is_some();
        let name = quantity(row.quantity);
        let (quantity, [estimate, lower, upper]) = if compared {
            let logs = [row.log_ratio, row.log_ratio_lower, row.log_ratio_upper];
            (format!("{name} ratio"), logs.map(|log| log.map(f64::exp)))
        } else {
            (name.to_owned(), [row.estimate, row.lower, row.upper])
        };
        Self {
            claim: row.claim,
            init: row.init,
            quantity,
            rates,
            predicted: row.predicted_exact.map_or(String::new(), |gamma| gamma.to_string()),
            estimate,
            lower,
            upper,
            verdict: row.verdict,
        }
    }
}

//! What a verification said: its directory is found, and its tables read.

use std::fs;
use std::path::{Path, PathBuf};

use lora_figures::uncell;
use lora_report::{ClaimRow, Count, TestRow, Verdicts};
use lora_types::{Init, Quantity, Verdict};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::report::pictures;
use crate::verdict::kept_tables::quantity_cell;
use lora_experiment::error::CommandError;
use lora_experiment::study::words::quantity;
use lora_store::digest::{self, Digests};

const CLAIMS: &str = "claims.csv";
const TESTS: &str = "tests.csv";
const MANIFEST: &str = "manifest.json";

/// Directories beside a run's where a verification is looked for.
const BESIDE: [&str; 2] = ["verify", "verify-quick"];

/// The verdicts of a directory that was named, or of one that is at hand.
pub fn find(dir: &Path, named: Option<&Path>) -> Result<Verdicts, CommandError> {
    if let Some(named) = named {
        check(named)?;
        return read(named);
    }
    let real = fs::canonicalize(dir).unwrap_or_else(|_| dir.to_owned());
    let beside = real.parent().map(Path::to_owned);
    let beside = beside.iter().flat_map(|parent| BESIDE.map(|name| parent.join(name)));
    let mut at_hand = std::iter::once(dir.to_owned()).chain(beside);
    match at_hand.find(|dir: &PathBuf| dir.join(CLAIMS).is_file()) {
        Some(found) => read(&found),
        None => Ok(none()),
    }
}

fn none() -> Verdicts {
    Verdicts::None {
        sentence: "No verification was found beside this run. This command measures every claim, \
                   with intervals, and says what holds; make the report again after it."
            .to_owned(),
        command: "cargo run -p width-sweep -- verify".to_owned(),
    }
}

/// Refuses what is no verification's directory.
fn check(dir: &Path) -> Result<(), CommandError> {
    let reason = if !dir.exists() {
        "there is no such directory"
    } else if !dir.is_dir() {
        "is a file"
    } else if !dir.join(CLAIMS).is_file() {
        "has no claims.csv"
    } else {
        return Ok(());
    };
    Err(CommandError::Usage(format!(
        "--verify {}: {reason}, but must be the directory of a verification, which holds {CLAIMS}",
        dir.display()
    )))
}

fn read(dir: &Path) -> Result<Verdicts, CommandError> {
    let mut origin = origin(dir)?;
    if !origin.digests.contains_key(CLAIMS) {
        // In a run's directory the manifest is the run's, and tells nothing of these files.
        origin.digests.clear();
    }
    let mend =
        "put it back, or call verify again as before, which writes it anew of the cells it keeps";
    let digests = &origin.digests;
    let claims: Vec<Claim> = rows(&dir.join(CLAIMS), digests, mend)?;
    let path = dir.join(TESTS);
    let tests: Vec<Test> = if path.is_file() { rows(&path, digests, mend)? } else { Vec::new() };
    let claims: Vec<ClaimRow> = claims.into_iter().map(ClaimRow::from).collect();
    Ok(Verdicts::Some {
        about: about(&Count::of(&claims), &origin),
        quick: origin.quick,
        claims,
        tests: tests.into_iter().map(TestRow::from).collect(),
        pictures: pictures::of_verification(dir, digests, mend)?,
    })
}

fn rows<T: DeserializeOwned>(
    path: &Path,
    digests: &Digests,
    mend: &str,
) -> Result<Vec<T>, CommandError> {
    let bytes = fs::read(path).map_err(|error| CommandError::file(path, error))?;
    digest::check(digests, (path, &bytes), mend)?;
    let rows = csv::Reader::from_reader(bytes.as_slice()).into_deserialize();
    rows.collect::<Result<_, _>>().map_err(|error| CommandError::file(path, error))
}

/// What a verification's manifest says, as far as the page shows it.
#[derive(Debug, Default, Deserialize)]
struct Origin {
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

fn origin(dir: &Path) -> Result<Origin, CommandError> {
    let path = dir.join(MANIFEST);
    if !path.is_file() {
        return Ok(Origin::default());
    }
    let text = fs::read_to_string(&path).map_err(|error| CommandError::file(&path, error))?;
    serde_json::from_str(&text).map_err(|error| CommandError::file(&path, error))
}

fn about(count: &Count, origin: &Origin) -> String {
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

/// A row of `claims.csv`, as far as it is shown.
#[derive(Debug, Deserialize)]
struct Claim {
    claim: String,
    control: String,
    topic: String,
    statement: String,
    source: String,
    verdict: Verdict,
    predicted: String,
    measured: String,
    why: String,
}

/// A text of a table as its author wrote it.
fn text(cell: &str) -> String {
    uncell(cell).to_owned()
}

impl From<Claim> for ClaimRow {
    fn from(row: Claim) -> Self {
        Self {
            claim: text(&row.claim),
            control: (!row.control.is_empty()).then(|| text(&row.control)),
            topic: text(&row.topic),
            statement: text(&row.statement),
            source: text(&row.source),
            verdict: row.verdict,
            predicted: row.predicted,
            measured: row.measured,
            why: text(&row.why),
        }
    }
}

/// A row of `tests.csv`, as far as it is shown.
#[derive(Debug, Deserialize)]
struct Test {
    claim: String,
    init: Init,
    #[serde(with = "quantity_cell")]
    quantity: Option<Quantity>,
    gamma_a: String,
    gamma_b: String,
    predicted_exact: String,
    estimate: Option<f64>,
    lower: Option<f64>,
    upper: Option<f64>,
    log_ratio: Option<f64>,
    log_ratio_lower: Option<f64>,
    log_ratio_upper: Option<f64>,
    verdict: Verdict,
}

impl From<Test> for TestRow {
    fn from(row: Test) -> Self {
        let rates = match (row.gamma_a.as_str(), row.gamma_b.as_str()) {
            ("", _) => String::new(),
            (a, b) if a == b => a.to_owned(),
            (a, b) => format!("{a}; {b}"),
        };
        // A comparison has no exponent. Its claim tells the ratio, so its test does, too.
        let compared = row.estimate.is_none() && row.log_ratio.is_some();
        let (quantity, [estimate, lower, upper]) = if compared {
            let logs = [row.log_ratio, row.log_ratio_lower, row.log_ratio_upper];
            (format!("{} ratio", quantity(row.quantity)), logs.map(|log| log.map(f64::exp)))
        } else {
            (quantity(row.quantity).to_owned(), [row.estimate, row.lower, row.upper])
        };
        Self {
            claim: text(&row.claim),
            init: row.init,
            quantity,
            rates,
            predicted: row.predicted_exact,
            estimate,
            lower,
            upper,
            verdict: row.verdict,
        }
    }
}

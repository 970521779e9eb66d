//! The files that are written: the table, the figure, and the origin of both.

use std::collections::BTreeMap;

use lora_store::folder::{Folder, Known};
use lora_store::manifest::Manifest;
use serde::Serialize;
use sysinfo::System;
use width_sweep::error::CommandError;
use width_sweep::typed;

use crate::case::SEED;
use crate::cli::Cli;
use crate::figure;
use crate::table::{self, Row};

/// The origin of the numbers.
#[derive(Debug, Serialize)]
pub struct Origin {
    #[serde(flatten)]
    manifest: Manifest,
    command: String,
    versions: BTreeMap<String, String>,
    /// The machine's load over one minute, before the first round.
    load_before: Option<f64>,
    load_after: Option<f64>,
    notes: Vec<String>,
}

/// The machine's load over the last minute, if it is known.
fn load() -> Option<f64> {
    System::load_average().ok().map(|load| load.one)
}

impl Origin {
    /// The origin before the first round, with the engine in words. The commit is read here and not
    /// again, because files that are written later would count as changes of the source.
    pub fn before(cli: &Cli, engine: String) -> Self {
        let text = format!("{:?}", cli.cases());
        let manifest = Manifest::of("peers", cli.quick, (text.as_bytes(), vec![SEED]), engine, 0.0);
        Self {
            manifest,
            command: command(),
            versions: BTreeMap::new(),
            load_before: load(),
            load_after: None,
            notes: Vec::new(),
        }
    }

    /// After another case, which has used these versions; the seconds are of all so far.
    pub fn add(
        &mut self,
        versions: BTreeMap<String, String>,
        notes: Vec<String>,
        wall_seconds: f64,
    ) {
        self.manifest.end(wall_seconds);
        self.versions.extend(versions);
        self.notes.extend(notes);
        self.load_after = load();
    }

    fn sentence(&self, cli: &Cli) -> String {
        let versions: Vec<String> =
            self.versions.iter().map(|(library, version)| format!("{library} {version}")).collect();
        format!(
            "{}, {} threads each; ours: {}; {}. {} learning rates, {} steps of full-batch Adam, {} \
             rounds. Medians with ranges over rounds; times ours: the median of paired \
             ratios; others: the median share of the processors that other programs had meanwhile.",
            self.manifest.provenance.machine,
            cli.threads,
            self.manifest.provenance.engine,
            versions.join(", "),
            cli.learning_rates,
            cli.steps,
            cli.rounds,
        )
    }
}

/// What was typed, as far as cargo leaves that to be seen: of the profiles in `Cargo.toml`, release
/// alone has no debug assertions here.
fn command() -> String {
    let mut words = vec!["cargo", "run", "-p", "peer-bench"];
    if !cfg!(debug_assertions) {
        words.push("--release");
    }
    let given: Vec<String> = std::env::args().skip(1).collect();
    if !given.is_empty() {
        words.push("--");
    }
    words.extend(given.iter().map(String::as_str));
    typed::line(&words)
}

/// How a directory of these files is known.
const KNOWN: Known =
    Known { files: &[("peers.json", "\"versions\"")], alone: None, by: "peer-bench call" };

/// The folder that results go to; refused before anything is timed where it is not for them.
pub fn folder(cli: &Cli) -> Result<Folder, CommandError> {
    Ok(Folder::for_writing(&cli.folder(), &KNOWN)?)
}

/// Writes all files to the folder and returns the page.
pub fn write(
    folder: &Folder,
    rows: &[Row],
    origin: &Origin,
    cli: &Cli,
) -> Result<String, CommandError> {
    let mut page = format!("{}\n\n{}", origin.sentence(cli), table::markdown(rows));
    for note in &origin.notes {
        page.push_str(&format!("\n{note}\n"));
    }
    // First, since the folder is known by it.
    folder.write_json("peers.json", origin)?;
    folder.write("peers.md", page.as_bytes())?;
    folder.write("peers.csv", &table::csv(rows)?)?;
    figure::write(folder, rows, &origin.manifest.provenance.machine, cli.threads)?;
    Ok(page)
}

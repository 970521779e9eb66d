//! The origin of the numbers, which is written beside them.

use std::collections::BTreeMap;

use lora_store::folder::Known;
use lora_store::manifest::Manifest;
use serde::Serialize;
use sysinfo::System;
use width_sweep::typed;

/// How a directory of results is known.
pub const KNOWN: Known =
    Known { files: &[("peers.json", "\"versions\"")], alone: None, by: "peer-bench call" };

/// The origin of the numbers.
#[derive(Debug, Serialize)]
pub struct Origin {
    /// The program, the machine, and the time.
    #[serde(flatten)]
    pub manifest: Manifest,
    command: String,
    versions: BTreeMap<String, String>,
    /// The machine's load over one minute, before the first round.
    load_before: Option<f64>,
    load_after: Option<f64>,
    /// Who did not take part, and why.
    pub notes: Vec<String>,
}

/// The machine's load over the last minute, if it is known.
fn load() -> Option<f64> {
    System::load_average().ok().map(|load| load.one)
}

impl Origin {
    /// The origin before the first round, with the cases as text and the engine in words. The commit is
    /// read here and not again, because files that are written later would count as changes of the source.
    pub fn before(quick: bool, (cases, seed): (&str, u64), engine: String) -> Self {
        let manifest = Manifest::of("peers", quick, (cases.as_bytes(), vec![seed]), engine, 0.0);
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

    /// Who measured: the machine, the threads, the engine and the other libraries.
    pub fn who(&self, threads: usize) -> String {
        let versions: Vec<String> =
            self.versions.iter().map(|(library, version)| format!("{library} {version}")).collect();
        let provenance = &self.manifest.provenance;
        format!(
            "{}, {threads} threads each; ours: {}; {}.",
            provenance.machine,
            provenance.engine,
            versions.join(", "),
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

//! A directory to work in and the command to call there.

pub mod finished;
pub mod kept;
pub mod page;
pub mod sharded;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use lora_store::digest::Digest;
use serde_json::Value;
use tempfile::TempDir;

/// The four figures of a run.
pub const FIGURES: [&str; 4] = ["scaling", "norms", "curves", "phases"];

/// Files that depend on the experiment alone.
pub fn pure_files() -> Vec<String> {
    let results = ["plan.json", "experiment.toml", "runs.csv", "trajectories.csv", "summary.json"];
    results.iter().map(ToString::to_string).chain(pictures()).collect()
}

/// What is drawn, as pictures and as a table.
pub fn pictures() -> impl Iterator<Item = String> {
    let endings = ["png", "svg", "csv"];
    FIGURES.iter().flat_map(move |name| endings.map(|ending| format!("{name}.{ending}")))
}

/// The inputs of the tests.
pub fn inputs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/inputs")
}

/// A stranger's working directory, with tiny.toml in it.
pub struct Session {
    dir: TempDir,
}

impl Session {
    pub fn new() -> Self {
        let dir = TempDir::new().expect("a directory");
        fs::copy(inputs().join("good/tiny.toml"), dir.path().join("tiny.toml")).expect("a copy");
        Self { dir }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The command, called with words that hold no blanks.
    pub fn call(&self, words: &str) -> Output {
        self.call_with(&words.split_whitespace().collect::<Vec<_>>())
    }

    pub fn call_with(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().expect("it runs")
    }

    /// The command without arguments.
    pub fn command(&self) -> Command {
        let mut command = Command::cargo_bin("width-sweep").expect("the command is built");
        command.current_dir(&self.dir);
        command
    }

    /// Standard output of a call that must succeed and say nothing on standard error but which
    /// engine was taken and how much is kept.
    pub fn ok(&self, words: &str) -> String {
        let output = self.call(words);
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}: {told}");
        // On a slow machine a call may take more than the minute after which its progress is told.
        let expected = |line: &str| {
            ["engine: ", "kept: ", "progress: "].iter().any(|word| line.starts_with(word))
        };
        assert!(told.lines().all(expected), "{words}: {told}");
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).expect("UTF-8")
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.read(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Gives a changed table of a run the digest of what it is now, as if the run had written it.
    pub fn sign(&self, dir: &str, name: &str) {
        let mut manifest = self.json(&format!("{dir}/manifest.json"));
        let digest = Digest::of(&self.read(&format!("{dir}/{name}")));
        manifest["digests"][name] = serde_json::to_value(digest).expect("JSON");
        fs::write(self.path(dir).join("manifest.json"), manifest.to_string()).expect("a file");
    }

    /// The files in one of its directories, by name, without hidden ones.
    pub fn names(&self, dir: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(dir)).expect("a directory").flatten();
        let mut names: Vec<String> =
            entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.retain(|name| !name.starts_with('.'));
        names.sort();
        names
    }

    /// Both directories hold the same results and pictures, byte for byte.
    pub fn assert_same(&self, one: &str, other: &str) {
        for name in pure_files() {
            let (a, b) =
                (self.read(&format!("{one}/{name}")), self.read(&format!("{other}/{name}")));
            assert!(a == b, "{name} differs between {one} and {other}");
        }
    }
}

//! A sweep in shards.

use std::fs;
use std::process::{Command, Output};

use super::Session;
use super::kept::{database, told};

pub const TINY: &str = "run tiny.toml --engine cpu";

pub const SLOW: &str = "run slow.toml --engine cpu --threads 1";

/// Trains all shards of the tiny sweep, with a bit more on the command line.
pub fn train(session: &Session, of: usize, more: &str) {
    for number in 1..=of {
        session.ok(&format!("{TINY} --shard {number}/{of} {more}"));
    }
}

/// A shell's answer to a line in the session's directory.
pub fn shell(session: &Session, line: &str) -> Output {
    let mut command = Command::new("bash");
    command.args(["-e", "-c", line]).current_dir(session.path("")).output().expect("it runs")
}

/// Asserts that a call is refused in exactly these words.
pub fn refused(session: &Session, words: &str, code: i32, message: &str) {
    let output = session.call(words);
    assert_eq!(told(&output), format!("error: {message}\n"), "{words}");
    assert_eq!(output.status.code(), Some(code));
    assert!(output.stdout.is_empty());
}

pub fn program() -> String {
    assert_cmd::cargo::cargo_bin("width-sweep").display().to_string()
}

/// Every file of a directory with its contents.
pub fn contents(session: &Session, dir: &str) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(session.path(dir)).expect("a directory").flatten();
    let mut all: Vec<(String, Vec<u8>)> = entries
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (name, fs::read(entry.path()).expect("a file"))
        })
        .collect();
    all.sort();
    all
}

/// Every run's key and digest.
pub fn runs(session: &Session, dir: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let runs = database(&session.path(dir).join("runs.sqlite")).runs().expect("runs");
    runs.into_iter().map(|run| (run.key, run.digest)).collect()
}

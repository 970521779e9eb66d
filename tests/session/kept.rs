//! What a sweep's database holds, and sweeps that run while a test looks.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use lora_store::testing::{SqlError, SqlFile};

use super::{Session, inputs};

/// A database that a sweep has made, to be looked at or spoilt.
pub fn database(path: &Path) -> SqlFile {
    SqlFile::open(path).expect("a database")
}

impl Session {
    /// One with an experiment that takes a few seconds, too.
    pub fn with_slow() -> Self {
        let session = Self::new();
        fs::copy(inputs().join("slow.toml"), session.path("slow.toml")).expect("a copy");
        session
    }

    /// A number that a query on a directory's database gives.
    pub fn number(&self, dir: &str, sql: &str) -> i64 {
        let number = database(&self.path(dir).join("runs.sqlite")).number(sql);
        number.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Runs that are kept.
    pub fn kept(&self, dir: &str) -> i64 {
        self.number(dir, "SELECT count(*) FROM runs")
    }

    /// Runs that the last sweep trained.
    pub fn trained(&self, dir: &str) -> i64 {
        self.number(
            dir,
            "SELECT count(*) FROM runs WHERE session =
                 (SELECT id FROM sessions ORDER BY started DESC LIMIT 1)",
        )
    }

    /// Starts a command and does not wait for it.
    pub fn start(&self, words: &str) -> Child {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("width-sweep"));
        command.current_dir(self.path("")).args(words.split_whitespace());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("it starts")
    }

    /// Waits until a sweep in a directory has begun and keeps that many runs.
    pub fn await_kept(&self, dir: &str, runs: i64) {
        let until = Instant::now() + Duration::from_secs(60);
        while !self.has_begun(dir, runs).unwrap_or(false) {
            assert!(Instant::now() < until, "{dir} keeps no {runs} runs");
            sleep(Duration::from_millis(5));
        }
    }

    /// A look that does not mend what a killed process left: that is for the next one to do.
    fn has_begun(&self, dir: &str, runs: i64) -> Result<bool, SqlError> {
        let database = SqlFile::look(&self.path(dir).join("runs.sqlite"))?;
        let begun = database.number("SELECT count(*) FROM sessions")? > 0;
        Ok(begun && database.number("SELECT count(*) FROM runs")? >= runs)
    }
}

/// Sends a signal, such as "INT".
pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &child.id().to_string()]).status();
    assert!(sent.expect("kill is there").success());
}

/// What a command said on standard error.
pub fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

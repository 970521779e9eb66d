//! A finished run, and files that are changed after it.

use std::fs;

use super::Session;

pub const TINY: &str = "run tiny.toml --engine cpu --out out";

/// A finished run in out/, with its page.
pub fn finished() -> Session {
    let session = Session::new();
    session.ok(TINY);
    session.ok("report out");
    session
}

/// Puts a text in the place of another in a file.
pub fn replace(session: &Session, name: &str, old: &str, new: &str) {
    let text = session.text(name);
    assert!(text.contains(old), "{name} does not hold {old}");
    fs::write(session.path(name), text.replacen(old, new, 1)).expect("a file");
}

pub fn program() -> String {
    assert_cmd::cargo::cargo_bin("width-sweep").display().to_string()
}

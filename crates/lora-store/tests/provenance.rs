//! What the build script finds out about the source, in repositories of several states.

#[path = "../build/source.rs"]
mod source;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use source::{Source, source};
use tempfile::TempDir;

fn git(dir: &Path, words: &str) {
    let who = ["-c", "user.name=Test", "-c", "user.email=test@example.org"];
    let mut git = Command::new("git");
    let done = git.arg("-C").arg(dir).args(who).args(words.split_whitespace()).output();
    let output = done.expect("git is there");
    assert!(output.status.success(), "git {words}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A repository with one package in `crates/one`, all committed.
fn repository() -> (TempDir, PathBuf) {
    let dir = TempDir::new().expect("a directory");
    let package = dir.path().join("crates/one");
    fs::create_dir_all(package.join("src")).expect("directories");
    for (name, text) in [
        ("Cargo.toml", "[workspace]\n"),
        ("crates/one/Cargo.toml", "[package]\n"),
        ("crates/one/src/lib.rs", "// one\n"),
    ] {
        fs::write(dir.path().join(name), text).expect("a file");
    }
    git(dir.path(), "init --quiet");
    git(dir.path(), "add .");
    git(dir.path(), "commit --quiet --message one");
    (dir, package)
}

fn watches(source: &Source, end: &str) -> bool {
    source.watched.iter().any(|path| path.ends_with(end))
}

#[test]
fn a_clean_source_is_watched_and_an_edit_makes_it_dirty() {
    let (dir, package) = repository();
    let clean = source(&package);
    assert_eq!((clean.dirty, clean.commit.as_ref().map(String::len)), (Some(false), Some(40)));
    assert!(watches(&clean, "crates") && watches(&clean, "Cargo.toml"));
    assert!(watches(&clean, "HEAD") && watches(&clean, "index"));
    assert!(clean.watched.iter().all(|path| path.exists()), "{:?}", clean.watched);
    fs::write(package.join("src/lib.rs"), "// two\n").expect("a file");
    let edited = source(&package);
    assert_eq!((edited.dirty, edited.commit), (Some(true), clean.commit.clone()));
    assert!(!watches(&Source { commit: None, ..edited }, "crates"));
    git(dir.path(), "commit --quiet --all --message two");
    let next = source(&package);
    assert_eq!(next.dirty, Some(false));
    assert_ne!(next.commit, clean.commit);
}

#[test]
fn a_new_file_counts_where_it_would_be_compiled_and_nowhere_else() {
    let (dir, package) = repository();
    fs::create_dir(dir.path().join("runs")).expect("a directory");
    fs::write(dir.path().join("runs/runs.csv"), "1\n").expect("a file");
    assert_eq!(source(&package).dirty, Some(false));
    fs::write(package.join("src/two.rs"), "// two\n").expect("a file");
    assert_eq!(source(&package).dirty, Some(true));
}

#[test]
fn a_worktree_watches_files_of_its_own() {
    let (dir, _) = repository();
    git(dir.path(), "worktree add --quiet other -b other");
    let other = source(&dir.path().join("other/crates/one"));
    assert_eq!(other.dirty, Some(false));
    assert!(watches(&other, "worktrees/other/HEAD"), "{:?}", other.watched);
    assert!(watches(&other, "worktrees/other/index") && watches(&other, "refs/heads/other"));
}

#[test]
fn outside_a_checkout_nothing_is_known() {
    let (dir, _) = repository();
    // Neither in a repository, nor in one that does not hold the package.
    let foreign = dir.path().join("vendored");
    fs::create_dir(&foreign).expect("a directory");
    fs::write(foreign.join("Cargo.toml"), "[package]\n").expect("a file");
    let alone = TempDir::new().expect("a directory");
    for package in [foreign.as_path(), alone.path()] {
        let unknown = source(package);
        assert_eq!((unknown.commit, unknown.dirty), (None, None));
        assert!(unknown.watched.is_empty());
    }
}

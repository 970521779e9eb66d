//! The commit that is being compiled, and whether the source differs from it.
//!
//! Compiled twice: into the build script, and into the test of it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What the program is compiled from, seen from the root of the repository.
const COMPILED: [&str; 6] =
    ["crates", "experiments", "figures/limit", "figures/verify", "Cargo.toml", "Cargo.lock"];

/// Files of git that change with a commit, a checkout, a reset or a staged change.
const OF_GIT: [&str; 4] = ["HEAD", "logs/HEAD", "packed-refs", "index"];

/// Where the source that is being compiled comes from.
pub struct Source {
    /// The commit; none outside a checkout or without git.
    pub commit: Option<String>,
    /// Whether a file that is compiled differs from the commit, or is not part of it.
    pub dirty: Option<bool>,
    /// Files and directories on which the answer depends. All of them exist: cargo takes a missing one
    /// for a change, and would compile anew every time.
    pub watched: Vec<PathBuf>,
}

/// Of the package in a directory.
pub fn source(package: &Path) -> Source {
    let unknown = Source { commit: None, dirty: None, watched: Vec::new() };
    let tracked = git(package, &["ls-files", "--error-unmatch", "Cargo.toml"]).is_some();
    let root = git(package, &["rev-parse", "--show-toplevel"]).filter(|_| tracked);
    let (Some(root), Some(commit)) = (root, git(package, &["rev-parse", "HEAD"])) else {
        return unknown;
    };
    let root = PathBuf::from(root);
    let compiled = COMPILED.iter().filter(|path| root.join(path).exists());
    let mut status = vec!["--no-optional-locks", "status", "--porcelain", "--"];
    status.extend(compiled.clone());
    let dirty = git(&root, &status).is_none_or(|changes| !changes.is_empty());
    let mut watched: Vec<PathBuf> = OF_GIT.iter().filter_map(|name| of_git(&root, name)).collect();
    let branch = git(&root, &["symbolic-ref", "--quiet", "HEAD"]);
    watched.extend(branch.and_then(|branch| of_git(&root, &branch)));
    if !dirty {
        // The next edit must be noticed. Of later ones nothing new would be said, so they do not
        // compile this crate again: only git makes a changed source clean.
        watched.extend(compiled.map(|path| root.join(path)));
    }
    watched.retain(|path| path.exists());
    Source { commit: Some(commit), dirty: Some(dirty), watched }
}

/// A file of git's own. In a worktree these are in several places.
fn of_git(root: &Path, name: &str) -> Option<PathBuf> {
    git(root, &["rev-parse", "--git-path", name]).map(|path| root.join(path))
}

/// What git prints; none if it fails or is not installed.
fn git(dir: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(dir).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

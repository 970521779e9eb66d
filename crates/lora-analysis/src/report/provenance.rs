//! Where the results come from, and how to reproduce them.

use lora_report::{Fact, ShellStep, significant};

use lora_store::manifest::{Manifest, SweepCounts};

/// Lines that a reader of the page is told to type.
pub struct PageCommands {
    /// Trains, analyses and draws the experiment of the file `again.toml`.
    pub run: &'static str,
    /// Makes the page on what that wrote.
    pub report: &'static str,
    /// Measures every claim.
    pub verify: &'static str,
}

/// The manifest in words.
pub fn facts(manifest: &Manifest) -> Vec<Fact> {
    let mut facts = vec![
        fact("Experiment", &manifest.experiment),
        fact("SHA-256 of the experiment", &manifest.experiment_sha256),
        fact("Sizes", if manifest.quick { "quick" } else { "full" }),
        fact("Version", &format!("width-sweep {}", manifest.provenance.version)),
        fact("Commit", &commit(&manifest.provenance.git_commit, manifest.provenance.git_dirty)),
        fact("Machine", &manifest.provenance.machine),
        fact("Engine", &manifest.provenance.engine),
        fact("Threads", &manifest.provenance.threads.to_string()),
        fact("Seeds", &manifest.seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")),
    ];
    let checked = match manifest.digests.is_empty() {
        false => "checked against the digests that the run wrote",
        true => "not checked: they are without digests, since an older version wrote them",
    };
    facts.push(fact("Tables", checked));
    // The times of a merged sweep are those of the merge; no clock timed its training as a whole.
    let of = if manifest.merged.is_empty() { "" } else { ", merging" };
    let seconds = format!("{} s", significant(manifest.wall_seconds, 3));
    facts.push(fact(&format!("Wall time{of}"), &seconds));
    for (name, time) in [("Began", &manifest.started), ("Ended", &manifest.ended)] {
        facts.extend(time.as_ref().map(|time| fact(&format!("{name}{of}"), time)));
    }
    for part in &manifest.merged {
        let shard = part.shard.map_or("Merged from".to_owned(), |shard| format!("Shard {shard}"));
        let commit = commit(&part.provenance.git_commit, part.provenance.git_dirty);
        let value =
            format!("{}, on {}; commit {commit}", part.provenance.engine, part.provenance.machine);
        facts.push(fact(&shard, &value));
    }
    if let Some(SweepCounts { runs, kept }) = manifest.sweep {
        let of = match kept {
            0 => format!("{runs}, all trained by one call"),
            kept => format!("{runs}; earlier calls trained {kept}, which the wall time leaves out"),
        };
        facts.push(fact("Runs", &of));
    }
    facts
}

fn fact(name: &str, value: &str) -> Fact {
    Fact { name: name.to_owned(), value: value.to_owned() }
}

fn commit(commit: &Option<String>, dirty: Option<bool>) -> String {
    match (commit, dirty) {
        (None, _) => "unknown: built outside a checkout".to_owned(),
        (Some(commit), Some(true)) => format!("{commit}, with uncommitted changes"),
        (Some(commit), _) => commit.clone(),
    }
}

/// Steps that reproduce the numbers. The saved experiment holds every key, so the flags of the
/// original call do not matter.
pub fn commands(manifest: &Manifest, typed: &PageCommands) -> Vec<ShellStep> {
    let step = |does: &str, line: &str| ShellStep { does: does.to_owned(), line: line.to_owned() };
    let mut steps = Vec::new();
    // A reader pastes the command, so nothing but a hash may go into it.
    let hash = |commit: &&String| commit.bytes().all(|digit| digit.is_ascii_hexdigit());
    if let Some(commit) = manifest.provenance.git_commit.as_ref().filter(hash) {
        let line = format!("git checkout {commit}");
        let dirty = manifest.provenance.git_dirty == Some(true);
        let does = if dirty {
            "Check out the program’s source; this run had uncommitted changes, which no commit holds:"
        } else {
            "Check out the program’s source:"
        };
        steps.push(step(does, &line));
    }
    steps.extend([
        step("Save the experiment below as again.toml.", ""),
        step("Train, analyse and draw:", typed.run),
        step(
            "Write this page; measurements have the same bytes on one kind of machine with one \
             engine:",
            typed.report,
        ),
    ]);
    steps
}

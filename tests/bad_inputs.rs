//! Every bad experiment gets its one line, exit code 2 and nothing else.
//!
//! `inputs/bad/` holds the experiments and `inputs/bad/messages.txt` their messages, a line each
//! in the order of the files. `inputs/bad_set.txt` holds `--set` arguments, each over its message.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use tempfile::TempDir;

fn inputs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/inputs")
}

fn run(dir: &TempDir, arguments: &[&str]) -> Output {
    let mut command = Command::cargo_bin("width-sweep").expect("the command is built");
    command.current_dir(dir).arg("run").args(arguments).output().expect("it runs")
}

/// The files of a directory, by name.
fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).expect("a directory").flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// How much memory is needed and free is the machine's affair, and so is what limits it.
fn without_sizes(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let size = |i: usize| words.get(i + 1).is_some_and(|unit| *unit == "GiB");
    let kept = words.iter().enumerate().map(|(i, word)| if size(i) { "_" } else { word });
    let told = kept.collect::<Vec<_>>().join(" ");
    let limits = ["memory.max of its control group", "memory.limit_in_bytes of its control group"];
    limits.iter().chain(&["ulimit -v", "ulimit -d"]).fold(told, |told, limit| {
        told.replace(
            &format!("{limit} leaves _ GiB to this process"),
            "this machine has _ GiB free",
        )
    })
}

/// What is wrong with an answer to a bad request, if anything.
fn fault(output: &Output, message: &str) -> Option<String> {
    let told = String::from_utf8_lossy(&output.stderr);
    let expected = format!("error: {message}\n");
    if without_sizes(&told) != expected {
        return Some(format!("expected {expected}     got {told}"));
    }
    if output.status.code() != Some(2) || !output.stdout.is_empty() {
        return Some(format!("{message}: {:?}, printed {:?}", output.status, output.stdout));
    }
    None
}

fn assert_faultless(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_bad_file_gets_its_message() {
    let bad = inputs().join("bad");
    let messages = fs::read_to_string(bad.join("messages.txt")).expect("the messages");
    let files: Vec<String> =
        names(&bad).into_iter().filter(|name| name.ends_with(".toml")).collect();
    assert!(files.len() >= 100);
    assert_eq!(files.len(), messages.lines().count(), "a message for every file");
    let dir = TempDir::new().expect("a directory");
    let mut faults = Vec::new();
    for (file, message) in files.iter().zip(messages.lines()) {
        fs::copy(bad.join(file), dir.path().join(file)).expect("a copy");
        faults.extend(fault(&run(&dir, &[file]), message));
    }
    assert_faultless(&faults);
    assert_eq!(names(dir.path()), files, "nothing was written");
}

#[test]
fn every_bad_set_gets_its_message() {
    let cases = fs::read_to_string(inputs().join("bad_set.txt")).expect("the cases");
    let lines: Vec<&str> = cases.lines().filter(|line| !line.is_empty()).collect();
    let dir = TempDir::new().expect("a directory");
    fs::copy(inputs().join("good/tiny.toml"), dir.path().join("tiny.toml")).expect("a copy");
    let mut faults = Vec::new();
    for case in lines.chunks(2) {
        let mut arguments = vec!["tiny.toml"];
        for value in case[0].split(" --set ").map(|s| s.trim_start_matches("--set ")) {
            arguments.extend(["--set", value]);
        }
        faults.extend(fault(&run(&dir, &arguments), case[1]));
    }
    assert_faultless(&faults);
    assert_eq!(names(dir.path()), ["tiny.toml"], "nothing was written");
}

#[test]
fn what_is_no_experiment_file_is_named() {
    let dir = TempDir::new().expect("a directory");
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("experiments")).expect("a directory");
    fs::write(at("experiments/wide.toml"), "").expect("a file");
    fs::write(at("long.toml"), "# long\n".repeat(200_000)).expect("a file");
    let missing = "there is no such file; `width-sweep list` shows the experiments in a directory";
    let cases = [
        ("absent.toml", format!("absent.toml: {missing}")),
        ("nothing", format!("experiments/nothing.toml: {missing}")),
        ("widde", "experiments/widde.toml: there is no such file, did you mean wide?".into()),
        ("experiments", "experiments: is a directory, but must be an experiment file".into()),
        (".", ".: is a directory, but must be an experiment file".into()),
        ("long.toml", "long.toml: is longer than 1 MiB, but must be an experiment file".into()),
    ];
    let faults: Vec<String> =
        cases.iter().filter_map(|(name, message)| fault(&run(&dir, &[name]), message)).collect();
    assert_faultless(&faults);
    assert_eq!(names(dir.path()), ["experiments", "long.toml"], "nothing was written");
}

#[test]
fn a_folder_hides_no_experiment_of_its_name() {
    let dir = TempDir::new().expect("a directory");
    let at = |name: &str| dir.path().join(name);
    for folder in ["experiments", "wide", "paper"] {
        fs::create_dir(at(folder)).expect("a directory");
    }
    fs::write(at("experiments/wide.toml"), "title = \"beyond\"").expect("a file");
    for (name, told) in [("wide", "wide: beyond\n"), ("paper", "paper: ")] {
        let output = run(&dir, &[name, "--dry-run"]);
        let out = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && out.starts_with(told), "{out}");
    }
}

#[test]
fn a_bad_file_is_refused_whatever_overrides_its_fault() {
    let dir = TempDir::new().expect("a directory");
    fs::write(dir.path().join("bad.toml"), "[training]\nsteps = 0\n").expect("a file");
    let message = "bad.toml: training.steps = 0: must be a whole number from 1 to 2^31";
    for arguments in [&["bad.toml", "--quick"][..], &["bad.toml", "--set", "training.steps=5"]] {
        assert_eq!(fault(&run(&dir, arguments), message), None);
    }
}

#[test]
fn places_to_write_are_checked_before_anything_runs() {
    let dir = TempDir::new().expect("a directory");
    let at = |name: &str| dir.path().join(name);
    fs::copy(inputs().join("good/tiny.toml"), at("tiny.toml")).expect("a copy");
    fs::create_dir(at("mine")).expect("a directory");
    // A file of the user's that only has the name of a run's.
    fs::write(at("mine/experiment.toml"), "title = 'mine'").expect("a file");
    let before = names(dir.path());
    let cases = [
        ("tiny.toml", "--out tiny.toml: is a file, but must be a directory"),
        (
            "mine",
            "--out mine: holds other files and not the experiment.toml and manifest.json of a \
             run, but must be a new directory, an empty one, or one of an earlier run",
        ),
        (
            "tiny.toml/sub",
            "--out tiny.toml/sub: cannot be written to, but must be a directory that can: Not a \
             directory (os error 20)",
        ),
    ];
    let faults: Vec<String> = cases
        .iter()
        .filter_map(|(out, message)| fault(&run(&dir, &["tiny.toml", "--out", out]), message))
        .collect();
    assert_faultless(&faults);
    assert_eq!(names(dir.path()), before, "nothing was written");
    assert_eq!(names(&at("mine")), ["experiment.toml"]);
}

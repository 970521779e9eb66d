//! What a process may not have: memory beyond its limits, threads that do not start. Each is one line and
//! an exit code, and nothing is lost.
#![cfg(target_os = "linux")]

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Output;

use crate::session::Session;
use assert_cmd::Command;

/// The command with a limit of its shell, in KiB of address space.
fn limited(session: &Session, kib: u64, words: &str) -> Output {
    let command = assert_cmd::cargo::cargo_bin("width-sweep");
    let line = format!("ulimit -v {kib}; exec {} {words}", command.display());
    let mut shell = Command::new("sh");
    shell.current_dir(session.path("")).args(["-c", &line]).output().expect("it runs")
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// More than the program and its threads reserve, and less than the widths below need.
const LITTLE: u64 = 700_000;

#[test]
fn memory_is_what_the_address_space_leaves() {
    let session = Session::new();
    let wide = "run tiny.toml --threads 2 --set model.widths=[16,1048576]";
    for words in [format!("{wide} --out out"), format!("{wide} --dry-run")] {
        let output = limited(&session, LITTLE, &words);
        let told = told(&output);
        assert_eq!(output.status.code(), Some(2), "{told}");
        let message = "--set model.widths = [16, 1048576]: width 1048576 needs ";
        assert!(told.starts_with(&format!("error: {message}")), "{told}");
        assert!(told.contains(" of memory and ulimit -v leaves "), "{told}");
    }
    assert!(!session.path("out").exists(), "nothing was written");
}

/// What is said to fit does fit: the allocator's own reserves are no part of the promise.
#[test]
fn what_fits_into_the_address_space_is_trained_and_drawn() {
    let session = Session::new();
    let tiny = "run tiny.toml --threads 2 --engine cpu";
    let plan = limited(&session, LITTLE, &format!("{tiny} --dry-run"));
    let plan = String::from_utf8_lossy(&plan.stdout).into_owned();
    assert!(
        plan.contains("It fits. What is free is what ulimit -v leaves to this process."),
        "{plan}"
    );
    let output = limited(&session, LITTLE, &format!("{tiny} --out out"));
    assert!(output.status.success(), "{}", told(&output));
    assert!(session.path("out/phases.png").is_file());
}

#[test]
fn a_sweep_that_could_not_be_drawn_does_not_begin() {
    let session = Session::new();
    let output = limited(&session, 350_000, "run tiny.toml --threads 2 --out out");
    let told = told(&output);
    assert_eq!(output.status.code(), Some(2), "{told}");
    let message = "error: drawing the figures needs 128.0 MiB of memory and ulimit -v leaves ";
    assert!(told.starts_with(message), "{told}");
    assert!(!session.path("out").exists(), "nothing was written");
}

/// The command where no thread can be started: its user may have one process. A superuser may always have
/// more, so that nobody's rights are taken. None where this machine's tools cannot do so.
fn with_one_process(session: &Session, words: &str) -> Option<Output> {
    // Of a process of one's own the owner is oneself.
    let root = Path::new("/proc/self").metadata().is_ok_and(|own| own.uid() == 0);
    let nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups";
    let prefix = format!("{} prlimit --nproc=1:1", if root { nobody } else { "" });
    let command = assert_cmd::cargo::cargo_bin("width-sweep");
    let call = |words: &str| {
        let mut all = prefix.split_whitespace();
        let mut process = Command::new(all.next()?);
        process.args(all).arg(&command).args(words.split_whitespace());
        process.current_dir(session.path("")).output().ok()
    };
    let works = call("--version").is_some_and(|output| output.status.success());
    if !works {
        eprintln!("skipped: setpriv and prlimit cannot limit the processes here");
        return None;
    }
    call(words)
}

#[test]
fn threads_that_cannot_be_started_are_a_message() {
    let session = Session::new();
    let open = Permissions::from_mode(0o777);
    std::fs::set_permissions(session.path(""), open).expect("it is ours");
    for words in [
        "run tiny.toml --out out",
        "export-cell tiny.toml --out cell.npz",
        "verify --out verified",
        "merge out --out merged",
        "bench",
    ] {
        let Some(output) = with_one_process(&session, words) else { return };
        let told = told(&output);
        assert_eq!(output.status.code(), Some(1), "{words}: {told}");
        assert!(told.starts_with("error: no threads could be started: "), "{words}: {told}");
        assert_eq!(told.lines().count(), 1, "{words}: {told}");
    }
    assert_eq!(session.names(""), ["tiny.toml"], "nothing was written");
}

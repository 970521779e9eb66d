//! What can happen to the database of a sweep: nothing finished is lost or silently mixed, and the
//! message says what to do.

use std::fs;
#[cfg(unix)]
use std::process::Command;

use crate::session::Session;
use crate::session::kept::{database, told};

const TINY: &str = "run tiny.toml --engine cpu --out out";
#[cfg(unix)]
const SLOW: &str = "run slow.toml --engine cpu --threads 1 --out out";

/// What is said of a damaged database, around what SQLite says.
const DAMAGED: [&str; 2] = [
    "error: out/runs.sqlite: is damaged (",
    "): move it away, or start over with run --fresh, which deletes it\n",
];

fn is_damage(told: &str) -> bool {
    told.starts_with(DAMAGED[0]) && told.ends_with(DAMAGED[1])
}

#[cfg(unix)]
#[test]
fn a_second_process_is_told_who_is_at_work() {
    let session = Session::with_slow();
    let child = session.start(SLOW);
    session.await_kept("out", 1);
    for words in [SLOW, &format!("{TINY} --fresh")] {
        let output = session.call(words);
        let expected = format!(
            "error: --out out: process {} is running a sweep in it, but one at a time can; wait \
             until it has ended, or choose another --out\n",
            child.id()
        );
        assert_eq!(told(&output), expected);
        assert_eq!(output.status.code(), Some(2));
    }
    assert!(child.wait_with_output().expect("it ends").status.success());
    session.ok(&SLOW.replace("--out out", "--out alone"));
    session.assert_same("alone", "out");
}

/// The command as a user whom directories can refuse. Root is nobody for this, with a copy of the
/// program where nobody may read it.
#[cfg(unix)]
fn as_nobody(session: &Session) -> Command {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::os::unix::process::CommandExt;
    let program = session.path("program");
    if !program.exists() {
        // By another process: what is open for writing here, a child of another thread would keep
        // open, too, and nobody can start what is being written.
        let mut copy = Command::new("cp");
        copy.arg(assert_cmd::cargo::cargo_bin("width-sweep")).arg(&program);
        assert!(copy.status().expect("cp runs").success());
    }
    let dir = session.path("");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).expect("they are set");
    let mut command = Command::new(program);
    command.current_dir(&dir);
    if dir.metadata().expect("a directory").uid() == 0 {
        command.uid(65534).gid(65534);
    }
    command
}

#[cfg(unix)]
#[test]
fn a_directory_that_takes_nothing_is_refused_before_anything_is_trained() {
    use std::os::unix::fs::PermissionsExt;
    let session = Session::new();
    session.ok(TINY);
    let before = session.names("out");
    let mut command = as_nobody(&session);
    let allow = |mode| {
        fs::set_permissions(session.path("out"), fs::Permissions::from_mode(mode)).expect("set");
    };
    allow(0o555);
    let output = command.args(TINY.split(' ')).output().expect("it runs");
    let status = as_nobody(&session).args(["status", "out"]).output().expect("it runs");
    allow(0o755);
    let reason = "cannot be written to, but must be a directory that can: Permission denied";
    assert_eq!(told(&output), format!("error: --out out: {reason} (os error 13)\n"));
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(session.names("out"), before);
    assert!(status.status.success(), "{}", told(&status));
}

#[cfg(unix)]
#[test]
fn what_a_full_disk_leaves_is_gone_on_with() {
    let session = Session::new();
    session.ok(&TINY.replace("--out out", "--out whole"));
    let program = assert_cmd::cargo::cargo_bin("width-sweep");
    // No file may grow beyond so many KiB; the signal for that is ignored, so writing fails.
    let limited = |kib: usize| {
        let script = format!("trap '' XFSZ; ulimit -f {kib}; exec {} {TINY}", program.display());
        let mut command = Command::new("bash");
        command.args(["-c", &script]).current_dir(session.path("")).output().expect("it runs")
    };
    let mut kept = 0;
    for kib in [60, 110, 200] {
        let output = limited(kib);
        let told = told(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("error: out/runs.sqlite: cannot be "), "{told}");
        let go_on =
            "What was finished before is kept: put that right and run the same again to go on";
        assert!(told.ends_with(&format!("{go_on}\n")), "{told}");
        let now = session.kept("out");
        assert!(now > kept, "{kib} KiB keep {now} runs");
        kept = now;
    }
    // The database fits, a picture does not.
    let output = limited(400);
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains(".png: "), "{}", told(&output));
    session.ok(TINY);
    session.assert_same("whole", "out");
}

#[test]
fn a_truncated_database_is_named_and_left_alone() {
    let session = Session::new();
    session.ok(TINY);
    session.ok(&TINY.replace("--out out", "--out whole"));
    let whole = session.read("out/runs.sqlite");
    let length = whole.len();
    for cut in [0, 50, 1000, 4096, 5000, length / 2, length - 4096, length - 100] {
        fs::write(session.path("out/runs.sqlite"), &whole[..cut]).expect("a file");
        for words in [TINY, &format!("{TINY} --dry-run")] {
            let output = session.call(words);
            assert!(is_damage(&told(&output)), "{cut}: {}", told(&output));
            assert_eq!(output.status.code(), Some(1));
        }
        assert_eq!(session.read("out/runs.sqlite"), whole[..cut], "it is as it was");
    }
    session.ok(&format!("{TINY} --fresh"));
    session.assert_same("whole", "out");
}

#[test]
fn a_flipped_bit_is_found_or_changes_no_result() {
    let session = Session::new();
    session.ok(TINY);
    let kept = session.kept("out");
    let whole = session.read("out/runs.sqlite");
    let dry = format!("{TINY} --dry-run");
    let (mut found, turns) = (0, 80);
    for turn in 0..turns {
        let mut bytes = whole.clone();
        // Anywhere; some of them in the first page, which says what the file is.
        let span = if turn % 4 == 0 { 512 } else { whole.len() };
        let place = (turn * 7_919_333) % span;
        bytes[place] ^= 1 << (turn % 8);
        fs::write(session.path("out/runs.sqlite"), bytes).expect("a file");
        let output = session.call(&dry);
        let told = told(&output);
        assert!(!told.contains("panicked"), "{place}: {told}");
        if output.status.success() {
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(
                printed.contains(&format!("kept: {kept} of {kept} runs")),
                "{place}: {printed}"
            );
        } else {
            let named = told.starts_with("error: out/runs.sqlite: ") && told.lines().count() == 1;
            assert!(named, "{place}: {told}");
            found += 1;
        }
    }
    // Most of the file is trajectories, each with its digest.
    assert!(found > turns / 2, "{found} of {turns}");
}

#[test]
fn a_result_that_was_tampered_with_is_found() {
    let session = Session::new();
    session.ok(TINY);
    // A whole trajectory, but another run's.
    database(&session.path("out/runs.sqlite"))
        .change(
            "UPDATE runs SET trajectory = (SELECT trajectory FROM runs WHERE rowid = 2)
             WHERE rowid = 1",
        )
        .expect("an update");
    for words in [TINY, "status out"] {
        let output = session.call(words);
        assert!(is_damage(&told(&output)), "{}", told(&output));
    }
}

#[test]
fn results_of_other_numerics_are_refused_by_name() {
    let session = Session::new();
    session.ok(TINY);
    let connection = database(&session.path("out/runs.sqlite"));
    let ours = connection.text("SELECT numerics FROM settings LIMIT 1").expect("a setting");
    connection.change("UPDATE settings SET numerics = 'abacus-1'").expect("an update");
    drop(connection);
    let before = session.read("out/runs.sqlite");
    for words in [TINY, &format!("{TINY} --dry-run")] {
        let output = session.call(words);
        let expected = format!(
            "error: out/runs.sqlite: holds runs of numerics \"abacus-1\", but this engine's are \
             \"{ours}\", and the two must not be mixed: choose another --out, or start over with \
             --fresh, which deletes those runs\n"
        );
        assert_eq!(told(&output), expected);
        assert_eq!(output.status.code(), Some(2));
    }
    assert_eq!(session.read("out/runs.sqlite"), before);
    session.ok(&format!("{TINY} --fresh"));
}

#[test]
fn the_database_of_another_program_or_version_is_never_touched() {
    let session = Session::new();
    for (pragma, reason) in [
        ("application_id = 7", "is the database of another program: move it away"),
        (
            "user_version = 2",
            "has tables of version 2, but this program knows version 1: use the program that wrote \
             it",
        ),
    ] {
        session.ok(&format!("{TINY} --fresh"));
        let path = session.path("out/runs.sqlite");
        database(&path).change(&format!("PRAGMA {pragma}")).expect("it is set");
        let before = session.read("out/runs.sqlite");
        for words in [TINY, &format!("{TINY} --fresh")] {
            let output = session.call(words);
            let expected = format!("error: out/runs.sqlite: {reason}, or choose another --out\n");
            assert_eq!(told(&output), expected);
            assert_eq!(output.status.code(), Some(2));
        }
        assert_eq!(session.read("out/runs.sqlite"), before);
        fs::remove_file(path).expect("it is there");
    }
}

#[test]
fn a_directory_that_a_killed_process_left_is_taken() {
    let session = Session::new();
    fs::create_dir(session.path("out")).expect("a directory");
    let hidden = [".trial.part", ".runs.lock", ".runs.sqlite.part", ".runs.sqlite.part-journal"];
    // The last is left where somebody took the database away.
    for scrap in hidden.into_iter().chain(["runs.sqlite-journal"]) {
        fs::write(session.path("out").join(scrap), "scrap").expect("a file");
    }
    session.ok(TINY);
}

#[test]
fn status_names_what_is_no_sweep() {
    let session = Session::new();
    fs::create_dir(session.path("empty")).expect("a directory");
    let must = "but must be the directory of a sweep, which holds runs.sqlite";
    for (dir, reason) in
        [("absent", "there is no such directory"), ("empty", "has no runs that are kept")]
    {
        let output = session.call(&format!("status {dir}"));
        assert_eq!(told(&output), format!("error: {dir}: {reason}, {must}\n"));
        assert_eq!(output.status.code(), Some(2));
    }
}

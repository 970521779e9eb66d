//! A sweep whose directory, database or lock goes away while it runs says what happened.
#![cfg(target_os = "linux")] // which tells where an open directory is

use std::fs::{self, File};
use std::io::Write;

use crate::session::Session;
use crate::session::kept::told;

const SLOW: &str = "run slow.toml --engine cpu --threads 1 --out out";

/// What a sweep says of what is done to its directory when it keeps something.
fn told_after(session: &Session, words: &str, happens: impl FnOnce()) -> String {
    let child = session.start(words);
    session.await_kept("out", 1);
    happens();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(output.stdout.is_empty());
    let all = told(&output);
    let lines: Vec<&str> = all.lines().collect();
    assert_eq!(lines.len(), 1, "{all}");
    lines[0].to_owned()
}

#[test]
fn a_directory_that_was_deleted_is_said_to_be_lost() {
    let session = Session::with_slow();
    let message = told_after(&session, SLOW, || {
        // A journal may come and go meanwhile.
        while session.path("out").exists() {
            let _ = fs::remove_dir_all(session.path("out"));
        }
    });
    let expected = "error: out: was deleted while this command worked in it, which stops here; the runs \
                    that were kept in it are lost: run the same again to start over";
    assert_eq!(message, expected);
    assert!(!session.path("out").exists(), "nothing of it comes back");
}

#[test]
fn a_directory_that_was_moved_is_found_and_gone_on_with() {
    let session = Session::with_slow();
    session.ok(&SLOW.replace("--out out", "--out whole"));
    for another in [false, true] {
        let message = told_after(&session, &format!("{SLOW} --fresh"), || {
            fs::rename(session.path("out"), session.path("elsewhere")).expect("a move");
            if another {
                // Of the same name, but not the same.
                fs::create_dir(session.path("out")).expect("a directory");
            }
        });
        let place = fs::canonicalize(session.path("elsewhere")).expect("it is there");
        let expected = format!(
            "error: out: was moved to {} while this command worked in it, which stops here; what was \
             finished before is kept there: move it back, or give --out the new place, and run the same again to \
             go on",
            place.display()
        );
        assert_eq!(message, expected);
        let output = session.call(&SLOW.replace("--out out", "--out elsewhere"));
        assert!(told(&output).starts_with("kept: "), "{}", told(&output));
        session.assert_same("whole", "elsewhere");
        fs::remove_dir_all(session.path("elsewhere")).expect("it was there");
    }
}

#[test]
fn a_database_that_was_deleted_is_named() {
    let session = Session::with_slow();
    let message = told_after(&session, SLOW, || {
        fs::remove_file(session.path("out/runs.sqlite")).expect("it was there");
    });
    let expected = "error: out/runs.sqlite: was deleted or moved while this command wrote to it, which \
                    stops here; ";
    assert!(message.starts_with(expected), "{message}");
}

#[test]
fn a_lock_that_was_deleted_is_taken_anew() {
    let session = Session::with_slow();
    let child = session.start(SLOW);
    session.await_kept("out", 1);
    let kept = session.kept("out");
    fs::remove_file(session.path("out/.runs.lock")).expect("it was there");
    session.await_kept("out", kept + 1);
    let running = format!("running: process {}\n", child.id());
    assert!(session.ok("status out").contains(&running));
    assert!(child.wait_with_output().expect("it ends").status.success());
}

#[test]
fn two_sweeps_that_a_deleted_lock_lets_meet_are_told_of_each_other() {
    let session = Session::with_slow();
    let lock = session.path("out/.runs.lock");
    let mut other = None;
    let message = told_after(&session, SLOW, || {
        fs::remove_file(&lock).expect("it was there");
        let mut file = File::create_new(&lock).expect("a file");
        file.try_lock().expect("nobody has it");
        writeln!(file, "process 123456").expect("it is signed");
        other = Some(file);
    });
    let expected = "error: out: process 123456 is running a sweep in it, too, since .runs.lock, by which \
                    each knows of the other, was deleted; this one stops, and what it finished is kept: \
                    wait until the other has ended, and run the same again to go on";
    assert_eq!(message, expected);
    drop(other);
    let output = session.call(SLOW);
    assert!(told(&output).starts_with("kept: ") && output.status.success(), "{}", told(&output));
}

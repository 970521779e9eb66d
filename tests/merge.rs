//! `merge`: what cannot be merged is refused by name, and what was merged can be added to.
#![cfg(unix)] // links

use std::fs;

use crate::session::Session;
use crate::session::kept::{database, told};
use crate::session::sharded::{TINY, contents, refused, runs, train};
use sha2::{Digest, Sha256};

#[test]
fn parts_of_different_sweeps_are_refused() {
    let session = Session::new();
    session.ok(&format!("{TINY} --shard 1/2 --out a"));
    let different = |what: &str, [a, b]: [&str; 2]| {
        let message = format!(
            "a/shard-1-of-2 and b/shard-2-of-2 are of different sweeps: {what} is {a} in the first and \
             {b} in the second; only parts of one sweep can be merged"
        );
        refused(&session, "merge a b --out out", 2, &message);
        assert!(!session.path("out").exists(), "nothing was written");
        fs::remove_dir_all(session.path("b")).expect("it was there");
    };
    session.ok(&format!("{TINY} --shard 2/2 --out b --set training.steps=11"));
    different("training.steps", ["10", "11"]);
    session.ok(&format!("{TINY} --shard 2/2 --out b --set model.widths=[16]"));
    different("model.widths", ["[16, 32, 64]", "[16]"]);
    fs::copy(session.path("tiny.toml"), session.path("small.toml")).expect("a copy");
    session.ok("run small.toml --engine cpu --shard 2/2 --out b");
    different("the name", ["\"tiny\"", "\"small\""]);
    session.ok(&format!("{TINY} --shard 2/2 --out b --quick"));
    different("the size", ["full", "quick"]);
    session.ok(&format!("{TINY} --shard 2/2 --out b"));
    let other = database(&session.path("b/shard-2-of-2/runs.sqlite"));
    let ours = other.text("SELECT numerics FROM sessions").expect("numerics");
    other
        .change("UPDATE sessions SET numerics = 'gpu-9'; UPDATE settings SET numerics = 'gpu-9'")
        .expect("changed");
    different("the engine's numerics", [&format!("\"{ours}\""), "\"gpu-9\""]);
}

#[test]
fn what_is_no_shards_directory_is_refused() {
    let session = Session::new();
    fs::create_dir(session.path("empty")).expect("a directory");
    let must = "but must be the directory of a shard, which holds runs.sqlite, or of shards";
    for (dir, reason) in
        [("absent", "there is no such directory"), ("empty", "has no runs that are kept")]
    {
        refused(
            &session,
            &format!("merge {dir} --out out"),
            2,
            &format!("{dir}: {reason}, {must}"),
        );
    }
    session.ok(&format!("{TINY} --shard 1/1"));
    let shard = "runs/tiny/shard-1-of-1";
    fs::write(session.path("empty/mine.txt"), "mine").expect("written");
    let told = told(&session.call(&format!("merge {shard} --out empty")));
    assert!(told.starts_with("error: --out empty: holds other files and not "), "{told}");
    assert_eq!(session.names("empty"), ["mine.txt"]);
}

#[test]
fn a_merge_into_one_of_its_parts_is_refused_by_whatever_name() {
    let session = Session::new();
    train(&session, 2, "");
    let (first, second) = ("runs/tiny/shard-1-of-2", "runs/tiny/shard-2-of-2");
    std::os::unix::fs::symlink(first, session.path("link")).expect("a link");
    let before = [contents(&session, first), contents(&session, second)];
    let absolute = session.path(second).display().to_string();
    for (dirs, out, part) in [
        (first, first, first),
        ("runs/tiny", first, first),
        ("runs/tiny", "link", first),
        ("runs/tiny", "./runs/../runs/tiny/shard-2-of-2/", second),
        (&format!("{first} {second}"), &absolute, second),
        (&format!("{second} link"), first, "link"),
    ] {
        let message =
            format!("--out {out}: is what is merged ({part}), but must be another directory");
        refused(&session, &format!("merge {dirs} --out {out}"), 2, &message);
    }
    assert!(before == [contents(&session, first), contents(&session, second)]);
}

/// Changes a bit of one run's trajectory; gives it the digest of what it is then, or leaves that.
fn spoil(session: &Session, dir: &str, sign: bool) -> String {
    let database = database(&session.path(dir).join("runs.sqlite"));
    let mut run = database.runs().expect("runs").swap_remove(0);
    run.trajectory[8] ^= 1;
    if sign {
        let digest = Sha256::new().chain_update(&run.key).chain_update(&run.trajectory);
        run.digest = digest.finalize().to_vec();
    }
    database.replace(&run).expect("changed");
    format!("n = {}, seed {}, Init[{}], η = {:e}", run.width, run.seed, run.init, run.lr)
}

#[test]
fn two_results_of_one_run_are_refused() {
    let session = Session::new();
    train(&session, 2, "--out a");
    session.ok(&format!("{TINY} --shard 2/2 --out b"));
    // The same twice is no conflict.
    session.ok("merge a b --out out");
    let before = runs(&session, "out");
    let run = spoil(&session, "b/shard-2-of-2", true);
    let conflict = |one: &str| {
        format!(
            "{one}/runs.sqlite and b/shard-2-of-2/runs.sqlite hold different results of one run \
             ({run}), though an engine of their numerics gives one: train the shard of one of them \
             anew, with --fresh, where it can be trusted"
        )
    };
    refused(&session, "merge a b --out new", 1, &conflict("a/shard-2-of-2"));
    assert!(!session.path("new").exists(), "nothing was written");
    refused(&session, "merge a/shard-1-of-2 b --out out", 1, &conflict("out"));
    assert_eq!(runs(&session, "out"), before);
    spoil(&session, "b/shard-2-of-2", false);
    let output = session.call("merge a b --out new");
    let damaged = "error: b/shard-2-of-2/runs.sqlite: is damaged (a run in it does not have the digest \
                   that was written): ";
    assert!(told(&output).starts_with(damaged), "{}", told(&output));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn merging_adds_to_a_sweep_that_is_there() {
    let session = Session::new();
    session.ok(&format!("{TINY} --out whole"));
    // Seed 0 is there already, and runs of an experiment that has nothing to do with it.
    session.ok(&format!("{TINY} --out out --set training.seeds=[0]"));
    session.ok(&format!("{TINY} --out out --set training.steps=4 --set training.seeds=[0]"));
    let there = session.kept("out");
    train(&session, 3, "");
    // It holds what the first shard would give.
    session.ok("merge runs/tiny/shard-2-of-3 runs/tiny/shard-3-of-3 --out out");
    session.assert_same("whole", "out");
    let new = session.kept("runs/tiny/shard-2-of-3") + session.kept("runs/tiny/shard-3-of-3");
    assert_eq!(session.kept("out"), there + new, "what was there stays");
    // A run goes on with it and has nothing to do.
    session.ok(&format!("{TINY} --out out"));
    assert_eq!(session.trained("out"), 0);
    session.assert_same("whole", "out");
}

#[test]
fn a_merge_that_is_killed_leaves_what_can_be_merged_again() {
    let session = Session::new();
    session.ok(&format!("{TINY} --out whole"));
    train(&session, 3, "");
    let needed = session.kept("whole");
    let mut kills = 0;
    for turn in 0..12 {
        let mut child = session.start("merge runs/tiny --out out");
        std::thread::sleep(std::time::Duration::from_millis(turn * 3));
        kills += i32::from(child.try_wait().expect("a child").is_none());
        child.kill().expect("it is killed, if it has not ended");
        child.wait().expect("it ends");
        if session.path("out/runs.sqlite").exists() {
            let kept = session.kept("out");
            assert!([0, needed].contains(&kept), "{kept} of {needed}: all or nothing");
        }
    }
    assert!(kills >= 3, "{kills} kills");
    session.ok("merge runs/tiny --out out");
    session.assert_same("whole", "out");
}

//! Sweeps that are stopped, by whatever it is, and go on.
#![cfg(unix)] // signals

use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::session::Session;
use crate::session::kept::{signal, told};

const SLOW: &str = "run slow.toml --engine cpu --threads 1";
const TINY: &str = "run tiny.toml --engine cpu";

#[test]
fn a_sweep_killed_at_many_moments_gives_the_same_bytes() {
    let session = Session::with_slow();
    session.ok(&format!("{SLOW} --out whole"));
    let needed = session.kept("whole");
    let (mut kills, mut halfway) = (0, 0);
    for turn in 0..13 {
        let mut child = session.start(&format!("{SLOW} --out out"));
        // First before anything is kept, then further and further, at last in the figures.
        if turn > 2 {
            session.await_kept("out", needed * (turn - 2) / 10);
        }
        sleep(Duration::from_millis(turn as u64 * 7 % 23));
        kills += i32::from(child.try_wait().expect("a child").is_none());
        child.kill().expect("it is killed, if it has not ended");
        let output = child.wait_with_output().expect("it ends");
        // What the one before left.
        halfway += i32::from(told(&output).contains(" of about "));
    }
    assert!(kills >= 8 && halfway >= 4, "{kills} kills, {halfway} halfway");
    session.ok(&format!("{SLOW} --out out"));
    session.assert_same("whole", "out");
    assert_eq!(session.kept("whole"), session.kept("out"), "what was finished was kept");
    assert!(session.ok("status out").contains("\nall runs are done\n"));
    let counts = &session.json("out/manifest.json")["sweep"];
    assert_eq!(counts["runs"], session.kept("out"));
    assert!(counts["kept"].as_i64() > Some(0), "{counts}");
}

#[test]
fn ctrl_c_finishes_the_batch_and_says_how_to_go_on() {
    let session = Session::with_slow();
    session.ok(&format!("{SLOW} --out whole"));
    for (out, name) in [("c", "INT"), ("term", "TERM")] {
        let child = session.start(&format!("{SLOW} --fresh --out {out}"));
        session.await_kept(out, 1);
        let running = format!("running: process {}\n", child.id());
        let status = session.ok(&format!("status {out}"));
        assert!(status.contains(&running), "{status}");
        signal(&child, name);
        let output = child.wait_with_output().expect("it ends");
        let told = told(&output);
        assert_eq!(output.status.code(), Some(130), "{told}");
        assert!(output.stdout.is_empty());
        let kept = session.kept(out);
        let lines: Vec<&str> = told.lines().collect();
        let [.., stopped, go_on] = lines[..] else { panic!("{told}") };
        assert!(stopped.starts_with(&format!("stopped: {kept} of about ")), "{told}");
        assert!(
            stopped.ends_with(&format!("kept, in {out}/runs.sqlite; this command continues it:"))
        );
        assert!(session.ok(&format!("status {out}")).contains("\nstopped: "));
        assert!(go_on.ends_with(&format!("width-sweep {SLOW} --out {out}")), "{told}");
        let output = Command::new("sh").args(["-c", go_on]).current_dir(session.path("")).output();
        let output = output.expect("it runs");
        assert!(output.status.success(), "{output:?}");
        let resumed = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(resumed.starts_with(&format!("kept: {kept} of about ")), "{resumed}");
        session.assert_same("whole", out);
    }
}

#[test]
fn a_second_ctrl_c_ends_at_once() {
    let session = Session::with_slow();
    // One batch takes minutes.
    let child = session.start(&format!("{SLOW} --out out --set training.steps=3000000"));
    session.await_kept("out", 0);
    signal(&child, "INT");
    sleep(Duration::from_millis(300));
    let started = Instant::now();
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(output.status.code(), Some(130));
    let expected = "stopping when this batch is done; Ctrl-C again ends at once, without it\n";
    assert_eq!(told(&output), expected);
    // What it began is in nobody's way.
    session.ok(&format!("{TINY} --out out"));
}

#[test]
fn a_finished_sweep_trains_nothing_and_writes_the_same() {
    let session = Session::with_slow();
    session.ok(&format!("{TINY} --out whole"));
    session.ok(&format!("{TINY} --out out"));
    let output = session.call(&format!("{TINY} --out out --threads 1"));
    let kept = session.kept("out");
    assert_eq!(told(&output), format!("kept: {kept} of {kept} runs, in out/runs.sqlite\n"));
    assert_eq!(session.trained("out"), 0);
    session.assert_same("whole", "out");
    assert_eq!(session.json("out/manifest.json")["sweep"]["kept"], kept);
    let planned = session.ok(&format!("{TINY} --out out --dry-run"));
    assert!(planned.contains(&format!("kept: {kept} of {kept} runs")), "{planned}");
    assert!(planned.ends_with("\nto train: 0 runs\n"), "{planned}");
    // Nor does anything that training never reads.
    let planned = session.ok(&format!("{TINY} --out out --dry-run --set search.basin=0.5"));
    assert!(planned.ends_with("\nto train: 0 runs\n"), "{planned}");
    let planned = session.ok(&format!("{TINY} --out out --dry-run --set training.seeds=[0,7]"));
    assert!(planned.contains("\nto train: about "), "{planned}");
    // Starting over is said in so many words.
    session.ok(&format!("{TINY} --out out --fresh"));
    assert_eq!((session.trained("out"), session.kept("out")), (kept, kept));
}

#[test]
fn a_changed_experiment_trains_exactly_what_is_new() {
    let session = Session::with_slow();
    session.ok(&format!("{TINY} --out out"));
    let first = session.kept("out");
    let count = |of: &str| session.number("out", &format!("SELECT count(*) FROM runs WHERE {of}"));
    let ran = |set: &str| {
        session.ok(&format!("{TINY} --out out {set}"));
        session.trained("out")
    };
    let alone = |set: &str| {
        session.ok(&format!("{TINY} --out alone --fresh {set}"));
        session.assert_same("out", "alone");
        session.kept("alone")
    };
    let seeds = ran("--set training.seeds=[0,1,2,3]");
    assert_eq!((seeds, seeds), (session.kept("out") - first, count("seed = 3")));
    let widths = ran("--set model.widths=[16,48]");
    assert_eq!(widths, count("width = 48"));
    alone("--set model.widths=[16,48]");
    assert_eq!(ran("--set training.inits=[\"B\"] --set training.seeds=[2]"), 0);
    // Which width has W_h drawn entry by entry decides only for the widths that it changes.
    assert_eq!(ran("--set model.explicit_hidden_up_to=64"), 0);
    let sampled = ran("--set model.explicit_hidden_up_to=32");
    assert_eq!(sampled, count("width = 64 AND explicit_hidden = 0"));
    // Another grid shares some learning rates, on its coarse points.
    let other = "--set search.coarse_factor=16";
    let (new, needed) = (ran(other), alone(other));
    assert!(0 < new && new < needed, "{new} of {needed}");
    let other = "--set training.steps=11";
    assert_eq!(ran(other), alone(other));
    assert_eq!(ran(""), 0, "and the first is still there");
}

//! What `slurm --submit` calls, and what its jobs do, with stand-ins for the programs of Slurm.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use crate::session::Session;
use crate::session::kept::told;

/// A job of the array, as Slurm starts it, with stand-ins for what it asks Slurm.
fn start_job(session: &Session, script: &str, state: &str) -> Child {
    stand_in(session, "squeue", &format!("echo {state}"));
    stand_in(session, "scontrol", "echo \"$@\" >>requeued");
    let path =
        format!("{}:{}", session.path("bin").display(), std::env::var("PATH").expect("a path"));
    let mut command = Command::new("bash");
    command.arg(session.path(script)).current_dir(session.path("")).env("PATH", path);
    command.envs([("SLURM_ARRAY_JOB_ID", "7"), ("SLURM_ARRAY_TASK_ID", "1")]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Of its own, as the processes of a job are.
    command.process_group(0);
    command.spawn().expect("it starts")
}

/// Sends a signal to the shell of a job, or to all of the job.
fn send(job: &Child, name: &str, all: bool) {
    let to = if all { format!("-{}", job.id()) } else { job.id().to_string() };
    let sent = Command::new("kill").args(["-s", name, "--", &to]).status();
    assert!(sent.expect("kill is there").success());
}

#[test]
fn a_job_that_hears_its_time_limit_come_is_queued_again_and_goes_on() {
    let session = Session::with_slow();
    session.ok("slurm slow.toml --nodes 2 --out out --engine cpu --set training.steps=3000");
    let (script, shard) = ("out/sweep.sbatch", "out/shard-1-of-2");
    let mut kept = 0;
    let once = "requeue 7_1\n";
    let twice = once.repeat(2);
    for (name, all, state, requeued) in [
        // What scancel does.
        ("TERM", true, "COMPLETING", None),
        // What precedes the time limit.
        ("USR1", false, "RUNNING", Some(once)),
        // What precedes a preemption.
        ("TERM", true, "RUNNING", Some(&twice)),
    ] {
        let job = start_job(&session, script, state);
        session.await_kept(shard, kept + 1);
        send(&job, name, all);
        let output = job.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(130), "{name}: {}", told(&output));
        assert!(told(&output).contains("\nstopped: "), "{name}: {}", told(&output));
        let log = fs::read_to_string(session.path("out/requeued")).ok();
        assert_eq!(log.as_deref(), requeued, "{name}");
        kept = session.kept(shard);
    }
    let output = start_job(&session, script, "RUNNING").wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", told(&output));
    assert!(told(&output).starts_with("kept: "), "{}", told(&output));
}

#[test]
fn a_job_that_finishes_no_batch_in_its_time_is_not_queued_again() {
    let session = Session::new();
    session.ok("slurm tiny.toml --nodes 2 --out out");
    // A program that keeps no run until it is told to stop, though it writes.
    stand_in(
        &session,
        "program",
        "[ \"$1\" = run ] || exit 1\n\
         mkdir -p shard-1-of-2; echo tables >shard-1-of-2/runs.sqlite\n\
         trap 'exit 130' TERM; echo >begun; for i in $(seq 300); do sleep 0.1; done",
    );
    let path = session.path("out/sweep.sbatch");
    let program = assert_cmd::cargo::cargo_bin("width-sweep").display().to_string();
    let other = session.path("bin/program").display().to_string();
    fs::write(&path, session.text("out/sweep.sbatch").replace(&program, &other)).expect("written");
    let job = start_job(&session, "out/sweep.sbatch", "RUNNING");
    while !session.path("out/begun").exists() {
        sleep(Duration::from_millis(20));
    }
    send(&job, "USR1", false);
    let output = job.wait_with_output().expect("it ends");
    let expected = "shard 1/2: the time limit is too short for one batch; give more --time\n";
    assert!(told(&output).ends_with(expected), "{}", told(&output));
    assert_eq!(output.status.code(), Some(130));
    assert!(!session.path("out/requeued").exists());
}

/// A stand-in for a program of Slurm, in bin/.
fn stand_in(session: &Session, name: &str, body: &str) {
    let path = session.path("bin").join(name);
    fs::create_dir_all(session.path("bin")).expect("a directory");
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("set");
}

/// The command with those stand-ins first, or alone.
fn with_path(session: &Session, alone: bool) -> assert_cmd::Command {
    let mut command = session.command();
    let path = std::env::var("PATH").expect("a path");
    let bin = session.path("bin").display().to_string();
    command.env("PATH", if alone { bin } else { format!("{bin}:{path}") });
    command
}

#[test]
fn submitting_calls_sbatch_twice_and_says_how_to_watch() {
    let session = Session::new();
    stand_in(
        &session,
        "sbatch",
        "for word in \"$@\"; do printf '<%s>' \"$word\"; done >>calls; echo >>calls\n\
         echo \"$(wc -l <calls);cluster\"",
    );
    let words = ["slurm", "tiny.toml", "--nodes", "2", "--out", "my runs", "--submit"];
    let output = with_path(&session, false).args(words).output().expect("it runs");
    assert!(output.status.success(), "{}", told(&output));
    let dir = session.path("my runs").display().to_string();
    assert_eq!(
        session.text("calls"),
        format!(
            "<--parsable><{dir}/sweep.sbatch>\n<--parsable><--kill-on-invalid-dep=yes>\
             <--dependency=afterok:1><{dir}/merge.sbatch>\n"
        )
    );
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let program = assert_cmd::cargo::cargo_bin("width-sweep");
    let expected = format!(
        "\nsubmitted: job 1, the shards, and job 2, their merge\n\nTo watch them:\n  squeue --jobs \
         1,2\n  {} status '{dir}'\n  tail -f '{dir}/logs'/*.log\nTables and figures will be in \
         {dir}/merged\n",
        program.display()
    );
    assert!(said.ends_with(&expected), "{said}");
}

#[test]
fn what_sbatch_cannot_do_is_told() {
    let session = Session::new();
    let words = ["slurm", "tiny.toml", "--nodes", "2", "--out", "out", "--submit"];
    let refused = |alone, message: &str| {
        let output = with_path(&session, alone).args(words).output().expect("it runs");
        assert_eq!(told(&output), format!("error: {message}\n"));
        assert_eq!(output.status.code(), Some(1));
    };
    let dir = session.path("out").display().to_string();
    refused(
        true,
        &format!(
            "sbatch: there is no such program here, but --submit needs it; the scripts are in {dir}: \
             without --submit the commands for a machine that has it are printed"
        ),
    );
    stand_in(&session, "sbatch", "echo 'error: no such partition' >&2; exit 1");
    refused(false, "sbatch: error: no such partition");
    stand_in(
        &session,
        "sbatch",
        "case $2 in *sweep*) echo 7;; *) echo 'no more' >&2; exit 1; esac",
    );
    refused(false, "sbatch: no more; job 7 is submitted: take it back with `scancel 7`");
}

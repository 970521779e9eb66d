//! What `slurm` writes and prints: the scripts word for word, whatever is in paths and options.
#![cfg(unix)]

mod session;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use lora_experiment::experiment::{Source, load};
use session::Session;
use session::kept::told;

const SCRIPTS: [&str; 2] = ["sweep.sbatch", "merge.sbatch"];

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/slurm/golden").join(name)
}

/// A script with the machine's own paths replaced.
fn script(session: &Session, path: &str) -> String {
    let program = assert_cmd::cargo::cargo_bin("width-sweep");
    let dir = session.path("");
    let [program, dir] = [&program, &dir].map(|path| path.to_str().expect("UTF-8"));
    session.text(path).replace(program, "PROGRAM").replace(dir, "/DIR/")
}

/// Compares scripts with those that are committed, writes those anew if RENEW is set, and has them
/// read by bash and, where there is one, by shellcheck.
fn check(session: &Session, out: &str, name: &str) {
    for file in SCRIPTS {
        let (written, path) =
            (script(session, &format!("{out}/{file}")), golden(&format!("{name}-{file}")));
        if std::env::var_os("RENEW").is_some() {
            fs::write(&path, &written).expect("written");
        }
        let expected = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(written, expected, "{}", path.display());
        let checkers: [&[&str]; 2] = [&["bash", "-n"], &["shellcheck", "--severity=warning"]];
        for words in checkers {
            let call =
                Command::new(words[0]).args(&words[1..]).arg(session.path(out).join(file)).output();
            match call {
                Ok(output) => assert!(
                    output.status.success(),
                    "{words:?}: {}{}",
                    String::from_utf8_lossy(&output.stdout),
                    told(&output)
                ),
                Err(_) => assert_eq!(words[0], "shellcheck", "bash is here"),
            }
        }
    }
}

#[test]
fn a_plain_call() {
    let session = Session::new();
    let printed = session.ok("slurm tiny.toml --nodes 3");
    let dir = session.path("runs/tiny-slurm");
    let dir = dir.display();
    assert_eq!(
        printed,
        format!(
            "tiny: Tiny: everything once\n9 problems in 3 shards; tiny.toml, sweep.sbatch and \
             merge.sbatch are in runs/tiny-slurm\n\nThis submits them:\n  job=$(sbatch --parsable \
             {dir}/sweep.sbatch)\n  sbatch --kill-on-invalid-dep=yes \
             --dependency=afterok:\"${{job%%;*}}\" {dir}/merge.sbatch\n"
        )
    );
    let names = ["logs", "merge.sbatch", "sweep.sbatch", "tiny.toml"];
    assert_eq!(session.names("runs/tiny-slurm"), names);
    check(&session, "runs/tiny-slurm", "plain");
}

/// Words that no shell, and not Slurm either, may take apart.
const HOSTILE: &str = "it's a \"$(touch spoilt)\" `touch spoilt` ;& #1";

fn hostile(session: &Session, more: &[&str]) -> std::process::Output {
    let name = format!("{HOSTILE}.toml");
    fs::copy(session.path("tiny.toml"), session.path(&name)).expect("a copy");
    let comment = format!("--comment={HOSTILE} \\");
    let mut words = vec!["slurm", &name, "--nodes", "2", "--out", HOSTILE, "--quick"];
    words.extend(["--partition", "a b", "--time", "1-12:30:00", "--cpus-per-task", "8"]);
    words.extend(["--mem", "16G", "--gres", "gpu:1", "--gres", "disk:2", "--engine", "cuda"]);
    words.extend(["--set", "training.steps=9", "--sbatch", &comment, "--sbatch=--exclusive"]);
    words.extend(more);
    session.call_with(&words)
}

#[test]
fn hostile_paths_and_options_stay_what_they_are() {
    let session = Session::new();
    let output = hostile(&session, &[]);
    assert!(output.status.success(), "{}", told(&output));
    check(&session, HOSTILE, "hostile");
    let copy = session.path(HOSTILE).join(format!("{HOSTILE}.toml"));
    let asked = |file, set: &[&str]| {
        let set = set.iter().map(ToString::to_string).collect();
        load(&Source { file: Some(file), set, quick: true }).expect("it loads").experiment
    };
    let expected = asked(session.path("tiny.toml"), &["training.steps=9"]);
    assert_eq!(asked(copy, &[]), expected);
}

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
fn queued_jobs_keep_their_experiment() {
    let session = Session::new();
    session.ok("slurm tiny.toml --nodes 2 --out out");
    let before = session.text("out/tiny.toml");
    let output = session.call("slurm tiny.toml --nodes 2 --out out --set training.steps=9");
    let reason = "is another experiment, which jobs of an earlier call may still train";
    let advice = "choose another --out, or remove the file";
    assert_eq!(told(&output), format!("error: out/tiny.toml: {reason}: {advice}\n"));
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(session.text("out/tiny.toml"), before);
    session.ok("slurm tiny.toml --nodes 3 --out out");
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

#[test]
fn what_cannot_be_asked_of_slurm_is_refused() {
    let session = Session::new();
    let help = "\n\nFor more information, try '--help'.";
    for (words, message) in [
        (
            vec!["--nodes", "0"],
            format!("invalid value '0' for '--nodes <K>': 0 is not in 1..=65536{help}"),
        ),
        (
            vec!["--nodes", "2", "--time", "soon"],
            format!(
                "invalid value 'soon' for '--time <T>': must be a time as sbatch takes it, such as 90 \
                 (minutes), 1:30:00 or 2-12{help}"
            ),
        ),
        (
            vec!["--nodes", "2", "--sbatch", "account=x"],
            format!(
                "invalid value 'account=x' for '--sbatch <OPTION>': must be one option with its value, \
                 such as --account=physics{help}"
            ),
        ),
        (
            vec!["--nodes", "2", "--sbatch", "--array=1-8%2"],
            format!(
                "invalid value '--array=1-8%2' for '--sbatch <OPTION>': the scripts have a --array of \
                 their own, which they need{help}"
            ),
        ),
        (
            vec!["--nodes", "2", "--mem", "1\n2"],
            format!("invalid value '1\n2' for '--mem <M>': must be on one line{help}"),
        ),
        (
            vec!["--nodes", "2", "--out", "50%"],
            "--out 50%: must not hold % or \\, which Slurm takes for something else".to_owned(),
        ),
    ] {
        let words: Vec<&str> = ["slurm", "tiny.toml"].into_iter().chain(words).collect();
        let output = session.call_with(&words);
        assert_eq!(told(&output), format!("error: {message}\n"));
        assert_eq!(output.status.code(), Some(2));
    }
    fs::create_dir(session.path("mine")).expect("a directory");
    fs::write(session.path("mine/thesis.tex"), "mine").expect("written");
    let told = told(&session.call("slurm tiny.toml --nodes 2 --out mine"));
    assert!(told.starts_with("error: --out mine: holds other files and not "), "{told}");
    assert_eq!(session.names("."), ["mine", "tiny.toml"], "nothing was written");
}

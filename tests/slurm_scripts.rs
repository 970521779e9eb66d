//! What `slurm` writes and prints: the scripts word for word, whatever is in paths and options.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::session::Session;
use crate::session::kept::told;
use lora_experiment::experiment::{Source, load};

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

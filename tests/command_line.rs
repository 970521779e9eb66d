//! A stranger's session: run, look, draw again, mistype, ask for help.

use std::fs;
use std::process::{Command, Stdio};

use crate::session::{FIGURES, Session, pictures, pure_files};

#[test]
fn a_run_writes_every_documented_file_and_names_them() {
    let session = Session::new();
    let printed = session.ok("run tiny.toml --out out");
    let mut expected = pure_files();
    expected.extend(["manifest.json", "runs.sqlite"].map(str::to_owned));
    expected.extend(FIGURES.map(|name| format!("{name}.json")));
    expected.sort();
    assert_eq!(session.names("out"), expected);
    for figure in FIGURES {
        assert!(printed.contains(&format!("out/{figure}.png")), "{printed}");
        assert!(session.read(&format!("out/{figure}.png")).starts_with(b"\x89PNG"));
        assert!(session.text(&format!("out/{figure}.svg")).contains("</svg>"));
        assert_eq!(session.json(&format!("out/{figure}.json"))["figure"], figure);
    }
    assert!(printed.starts_with("tiny: Tiny: everything once\n"), "{printed}");
    assert_eq!(session.json("out/manifest.json")["quick"], false);
}

#[test]
fn results_and_pictures_are_the_same_bytes_again_and_with_any_number_of_threads() {
    let session = Session::new();
    session.ok("tiny.toml --out first");
    for (out, threads) in [("again", ""), ("t1", "--threads 1"), ("t7", "--threads 7")] {
        session.ok(&format!("run tiny.toml --out {out} {threads}"));
        session.assert_same("first", out);
    }
    assert_eq!(session.json("t7/manifest.json")["threads"], 7);
    session.ok("run tiny.toml --out t2 --threads 2");
    session.assert_same("first", "t2");
}

#[test]
fn plot_draws_again_without_training() {
    let session = Session::new();
    let ran = session.ok("run tiny.toml --out out");
    session.ok("run tiny.toml --out kept");
    for name in pictures().chain(["summary.json".to_owned()]) {
        fs::remove_file(session.path("out").join(name)).expect("it was there");
    }
    let manifest = session.read("out/manifest.json");
    let (of_run, of_figure) = (session.json("out/manifest.json"), session.json("out/curves.json"));
    let text = of_figure["experiment_text"].as_str().expect("a text");
    assert_eq!(text.as_bytes(), session.read("out/experiment.toml"));
    let time = |key: &str| of_run[key].as_str().expect("a text").to_owned();
    assert!(time("started") <= time("ended") && time("ended").ends_with('Z'), "{of_run}");
    for key in of_run.as_object().expect("an object").keys() {
        assert_eq!(of_figure[key], of_run[key], "{key}");
    }
    let drawn = session.ok("plot out");
    assert!(ran.starts_with(&drawn), "the same table, without the time");
    session.assert_same("out", "kept");
    assert_eq!(session.read("out/manifest.json"), manifest);
}

#[test]
fn plot_refuses_what_is_no_run() {
    let session = Session::new();
    fs::create_dir(session.path("empty")).expect("a directory");
    let must = "but must be the directory of a run, which holds experiment.toml, runs.csv, \
                trajectories.csv and manifest.json";
    for (dir, reason) in [
        ("absent", "there is no such directory"),
        ("tiny.toml", "is a file"),
        ("empty", "has no experiment.toml"),
    ] {
        let output = session.call(&format!("plot {dir}"));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(told, format!("error: {dir}: {reason}, {must}\n"));
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn a_second_run_replaces_the_files_of_the_first() {
    let session = Session::new();
    session.ok("run tiny.toml --out out");
    session.ok("run tiny.toml --out out --set training.steps=4");
    session.ok("run tiny.toml --out fresh --set training.steps=4");
    assert_eq!(session.names("out"), session.names("fresh"));
    session.assert_same("out", "fresh");
}

#[test]
fn a_reader_that_has_gone_is_no_failure() {
    let session = Session::new();
    let run = ["run", "tiny.toml", "--out", "out", "--engine", "cpu"];
    for arguments in [&["predict"][..], &run, &["--help"]] {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin("width-sweep"));
        command.current_dir(session.path("")).args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{arguments:?}");
    }
    assert!(session.path("out/phases.png").is_file());
}

#[test]
fn unknown_words_and_flags_are_the_callers_fault() {
    let session = Session::new();
    for (words, hint) in [
        ("frobnicate", "there is no such file"),
        ("predct", "did you mean the command `width-sweep predict`?"),
        ("papr", "did you mean paper?"),
        (
            "runn paper",
            "runn: is neither a command nor an experiment, did you mean `width-sweep run`?",
        ),
        ("predct --init A", "did you mean `width-sweep predict`?"),
        ("paper run", "the command comes first, as in `width-sweep run paper`"),
        ("run --fast", "unexpected argument '--fast'"),
        ("run tiny.toml --threads 0", "0 is not in 1..=1024"),
        ("run tiny.toml --engine gpu", "[possible values: auto, cpu, cuda]"),
        ("verify --engine rocm", "[possible values: auto, cpu, cuda]"),
        ("run tiny.toml --threads many", "invalid value 'many'"),
        ("plot", "<DIR>"),
        ("predict --init C", "[possible values: A, B, AB]"),
        ("predict --optimizer lion", "[possible values: adam, adamw, sign-sgd, sgd]"),
    ] {
        let output = session.call(words);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(told.contains(hint), "{words}: {told}");
        assert!(output.stdout.is_empty(), "{words}");
    }
    assert_eq!(session.names(""), ["tiny.toml"], "nothing was written");
}

#[test]
fn help_tells_commands_defaults_and_files() {
    let session = Session::new();
    let help = session.ok("--help");
    let commands = ["run", "status", "predict", "plot", "export-cell", "list", "verify", "bench"];
    for word in commands.into_iter().chain(["Examples:", "Exit codes:"]) {
        assert!(help.contains(word), "{word}");
    }
    let help = session.ok("run --help");
    for word in [
        "[default: paper]",
        "[default: auto]",
        "[default: all cores]",
        "runs/NAME",
        "trajectories.csv",
    ] {
        assert!(help.contains(word), "{word}: {help}");
    }
    let verify = session.ok("verify --help");
    assert!(verify.contains("the LoRA layer alone is always computed on the CPU"), "{verify}");
    assert!(session.ok("predict --help").contains("[default: 1/2]"));
    assert!(session.ok("list --help").contains("[default: experiments]"));
}

//! Experiment files: what `--set` and `--quick` change in them, and what `list` says of them.

use std::fs;
use std::time::{Duration, Instant};

use crate::session::{FIGURES, Session, inputs};
use lora_experiment::experiment::{Source, load, load_resolved};

#[test]
fn set_changes_one_key_and_leaves_the_others() {
    let session = Session::new();
    let base = load_resolved(&inputs().join("good/tiny.toml")).expect("it loads");
    let mut expected = base.clone();
    expected.training.steps = 3;
    expected.model.activation = lora_sim::spec::Activation::Tanh;
    for (out, text) in [("bare", "tanh"), ("quoted", "\"tanh\"")] {
        let activation = format!("model.activation={text}");
        let steps = "training.steps = 3";
        let output =
            session.call_with(&["tiny.toml", "--out", out, "--set", steps, "--set", &activation]);
        assert!(output.status.success());
        let resolved = session.path(out).join("experiment.toml");
        assert_eq!(load_resolved(&resolved).expect("it loads"), expected);
    }
    session.assert_same("bare", "quoted");
}

#[test]
fn quick_is_quick_and_says_so() {
    let session = Session::new();
    let started = Instant::now();
    // No experiment named, and no experiments/ here: the paper's, compiled in.
    let printed = session.ok("--quick");
    // README's few seconds are for a machine of one's own; this one may be shared.
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    assert!(printed.contains("(quick: small sizes, do not quote)"), "{printed}");
    assert_eq!(session.json("runs/paper-quick/summary.json")["quick"], true);
    assert_eq!(session.json("runs/paper-quick/manifest.json")["quick"], true);
    for figure in FIGURES {
        let svg = session.text(&format!("runs/paper-quick/{figure}.svg"));
        assert!(svg.contains("quick run"), "{figure}");
    }
}

#[test]
fn quick_makes_nothing_larger_and_heeds_the_files_own_sizes() {
    let quick = |file: &str| {
        let file = Some(inputs().join("good").join(file));
        load(&Source { file, quick: true, ..Source::default() }).expect("it loads").experiment
    };
    let tiny = load_resolved(&inputs().join("good/tiny.toml")).expect("it loads");
    assert_eq!(quick("tiny.toml"), tiny);
    let own = quick("quick.toml");
    assert_eq!((own.model.widths.to_vec(), own.model.points, own.model.rank), (vec![8, 16], 12, 8));
    assert_eq!((own.training.steps, own.training.seeds), (5, vec![3]));
}

#[test]
fn good_files_load_and_their_full_form_is_the_same_experiment() {
    let folders = [inputs().join("good"), inputs().join("../../experiments")];
    let files: Vec<_> = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).expect("a directory").flatten())
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .collect();
    assert!(files.len() >= 6);
    let session = Session::new();
    for path in files {
        let source = Source { file: Some(path.clone()), ..Source::default() };
        let loaded = load(&source).unwrap_or_else(|error| panic!("{error}"));
        let full = toml::to_string(&loaded.experiment).expect("it is a table");
        fs::write(session.path("full.toml"), full).expect("a file");
        let again = load_resolved(&session.path("full.toml")).expect("it loads");
        assert_eq!(again, loaded.experiment, "{}", path.display());
    }
}

#[test]
fn the_default_experiment_states_every_default() {
    let paper = inputs().join("../../experiments/paper.toml");
    let mut paper = load_resolved(&paper).expect("it loads");
    paper.title.clear();
    assert_eq!(paper, lora_experiment::experiment::Experiment::default());
}

#[test]
fn list_has_a_line_for_every_file_and_tells_what_is_unusable() {
    let session = Session::new();
    fs::create_dir(session.path("experiments")).expect("a directory");
    fs::write(session.path("experiments/notes.txt"), "no experiment").expect("a file");
    fs::write(session.path("experiments/a_bad_one.toml"), "steps = 1").expect("a file");
    fs::write(session.path("experiments/untitled.toml"), "").expect("a file");
    fs::copy(session.path("tiny.toml"), session.path("experiments/tiny.toml")).expect("a copy");
    let printed = session.ok("list");
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), 3, "{printed}");
    let bad = "a_bad_one  not usable: experiments/a_bad_one.toml: steps = 1: there is no such key, \
               did you mean training.steps?";
    assert!(lines[0].starts_with(bad), "{printed}");
    assert_eq!(lines[1], "tiny       Tiny: everything once");
    assert_eq!(lines[2], "untitled   (no title)");
    assert_eq!(session.call("list absent").status.code(), Some(2));
    assert_eq!(session.ok(&format!("list {}", inputs().join("good").display())).lines().count(), 6);
}

#[test]
fn list_tells_topics_of_claims_and_how_they_are_measured() {
    let session = Session::new();
    fs::create_dir(session.path("topics")).expect("a directory");
    fs::copy(inputs().join("verify/tiny.toml"), session.path("topics/tiny.toml")).expect("a copy");
    fs::copy(inputs().join("verify/bad/unknown_key.toml"), session.path("topics/bad.toml"))
        .expect("a copy");
    fs::copy(session.path("tiny.toml"), session.path("topics/sweep.toml")).expect("a copy");
    let printed = session.ok("list topics");
    let lines: Vec<&str> = printed.lines().collect();
    assert!(
        lines[0].starts_with("bad    not usable: topics/bad.toml: study[0].abouts: "),
        "{printed}"
    );
    assert_eq!(lines[1], "sweep  Tiny: everything once");
    assert_eq!(lines[2], "tiny   Tiny: 2 claims, 1 negative control, 1 study");
    assert!(printed.ends_with("with --list it shows what is predicted.\n"), "{printed}");
    assert!(printed.contains("as in `width-sweep verify topics/"), "{printed}");
    let built_in = inputs().join("../../experiments/verify");
    let printed = session.ok(&format!("list {}", built_in.display()));
    assert!(printed.contains("theorems     Theorems 1 and 2: ") && !printed.contains("not usable"));
}

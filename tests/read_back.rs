//! What is read back from a directory is what was written there, or is refused by name.

use std::fs;
use std::path::Path;

use crate::session::finished::{finished, program, replace};
use crate::session::kept::told;
use crate::session::{FIGURES, Session};

/// Asserts that both commands which read a run refuse it in these words, and write nothing.
fn assert_refused(session: &Session, message: &str) {
    let files = |session: &Session| -> Vec<(String, Vec<u8>)> {
        let names = session.names("out").into_iter();
        names.map(|name| (name.clone(), session.read(&format!("out/{name}")))).collect()
    };
    let before = files(session);
    for words in ["plot out", "report out"] {
        let output = session.call(words);
        assert_eq!(told(&output), format!("error: {message}\n"), "{words}");
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(output.stdout.is_empty());
    }
    assert!(files(session) == before, "something was written");
}

#[test]
fn a_key_that_training_reads_is_refused_with_both_values() {
    let session = finished();
    let whole = session.text("out/experiment.toml");
    for (key, old, new) in [
        ("model.rank", "rank = 4", "rank = 8"),
        ("model.activation", "activation = \"relu\"", "activation = \"tanh\""),
        ("training.steps", "steps = 10", "steps = 11"),
        ("search.stability_bound", "stability_bound = 10.0", "stability_bound = 5.0"),
    ] {
        replace(&session, "out/experiment.toml", old, new);
        let [then, now] = [old, new].map(|line| line.split(" = ").nth(1).expect("a value"));
        let program = program();
        assert_refused(
            &session,
            &format!(
                "out/experiment.toml: {key} is {now}, but the run was made with {then}; of a finished \
                 run only title, search.basin and the keys of [figures] may be changed: put {then} back, \
                 or train what is new: {program} run out/experiment.toml --out NEW"
            ),
        );
        let output = session.call("plot out --rebuild");
        assert_eq!(output.status.code(), Some(2), "nor are tables made for another {key}");
        fs::write(session.path("out/experiment.toml"), &whole).expect("a file");
    }
    session.ok("plot out");
}

#[test]
fn what_analysis_and_figures_read_may_be_changed() {
    let session = finished();
    let tables = ["runs.csv", "trajectories.csv", "manifest.json"];
    let before = tables.map(|name| session.read(&format!("out/{name}")));
    let basin = |session: &Session| {
        session.json("out/summary.json")["inits"]["A"]["widths"][0]["basin"].clone()
    };
    let narrow = basin(&session);
    // A comment is no change, and a title is one for the figures.
    let text = session.text("out/experiment.toml");
    let text = text
        .replace("title = \"Tiny: everything once\"", "# mine\ntitle = \"Another title\"")
        .replace("basin = 0.1", "basin = 0.5")
        .replace("norm_widths = []", "norm_widths = [32]");
    fs::write(session.path("out/experiment.toml"), text).expect("a file");
    // The figures were drawn before.
    let output = session.call("report out");
    let expected = format!(
        "error: out/scaling.svg: was drawn before the experiment or the tables beside it were changed; \
         this draws it again: {} plot out\n",
        program()
    );
    assert_eq!((told(&output), output.status.code()), (expected, Some(2)));
    session.ok("plot out");
    session.ok("report out");
    assert!(session.text("out/report.html").contains("<h1>Another title</h1>"));
    assert!(basin(&session) != narrow);
    assert!(before == tables.map(|name| session.read(&format!("out/{name}"))));
    // A figure says what it was drawn with; and training with it finds everything kept.
    let (figure, run) = (session.json("out/curves.json"), session.json("out/manifest.json"));
    assert!(figure["experiment_text"].as_str().expect("a text").contains("basin = 0.5"));
    assert_ne!(figure["experiment_sha256"], run["experiment_sha256"]);
    session.ok("run out/experiment.toml --engine cpu --out out");
    assert_eq!(session.trained("out"), 0);
    assert!(
        before[..2] == ["runs.csv", "trajectories.csv"].map(|n| session.read(&format!("out/{n}")))
    );
}

#[test]
fn a_figure_that_was_changed_or_is_of_another_run_is_refused() {
    let session = finished();
    let whole = session.read("out/norms.svg");
    replace(&session, "out/norms.svg", "</svg>", " </svg>");
    let output = session.call("report out");
    let told_of = told(&output);
    assert!(
        told_of.starts_with("error: out/norms.svg: was changed after it was written: ")
            && told_of.ends_with(&format!("; this draws it again: {} plot out\n", program())),
        "{told_of}"
    );
    assert_eq!(output.status.code(), Some(2));
    fs::write(session.path("out/norms.svg"), whole).expect("a file");
    session.ok("report out");
    // The figures of a run that was killed before it drew its own.
    session.ok("run tiny.toml --engine cpu --out other --set training.steps=4");
    for end in ["svg", "json"] {
        fs::copy(
            session.path(&format!("other/norms.{end}")),
            session.path(&format!("out/norms.{end}")),
        )
        .expect("a copy");
    }
    let refused = || {
        let told = told(&session.call("report out"));
        assert!(told.starts_with("error: out/norms.svg: was drawn before "), "{told}");
    };
    refused();
    // Of one without a manifest nobody knows what it was drawn from.
    fs::remove_file(session.path("out/norms.json")).expect("a file");
    refused();
    session.ok("plot out");
    session.ok("report out");
}

#[test]
fn a_manifest_whose_experiment_was_changed_is_refused() {
    let session = finished();
    replace(&session, "out/manifest.json", "rank = 4", "rank = 8");
    let output = session.call("plot out");
    let told = told(&output);
    let expected =
        "error: out/manifest.json: its experiment_text does not have the SHA-256 beside it, ";
    assert!(told.starts_with(expected), "{told}");
    assert_eq!(output.status.code(), Some(2));
}

/// A run as versions wrote it that noted no digests.
fn of_an_older_version(session: &Session, with_text: bool) {
    for name in
        FIGURES.map(|name| format!("{name}.json")).iter().chain(&["manifest.json".to_owned()])
    {
        let name = format!("out/{name}");
        let mut json = session.json(&name);
        let object = json.as_object_mut().expect("an object");
        object.remove("digests");
        object.remove("drawn");
        if !with_text {
            object.remove("experiment_text");
        }
        fs::write(session.path(&name), json.to_string()).expect("a file");
    }
}

#[test]
fn a_run_of_an_older_version_is_taken_with_a_note() {
    for with_text in [true, false] {
        let session = finished();
        of_an_older_version(&session, with_text);
        let note = "note: out/manifest.json holds no digests, since an older version wrote it: the \
                    tables beside it are taken as they are\n";
        for words in ["plot out", "report out"] {
            let output = session.call(words);
            assert_eq!((told(&output).as_str(), output.status.code()), (note, Some(0)), "{words}");
        }
        let page = session.text("out/report.html");
        assert!(page.contains("without digests, since an older version wrote them"));
        // Its experiment has a hash, which is held against it.
        replace(&session, "out/experiment.toml", "rank = 4", "rank = 8");
        let output = session.call("plot out");
        let expected = match with_text {
            true => "error: out/experiment.toml: model.rank is 8, but the run was made with 4; ",
            false => {
                "error: out/experiment.toml: was changed after the run: its SHA-256 is not that "
            }
        };
        assert!(told(&output).starts_with(expected), "{}", told(&output));
        replace(&session, "out/experiment.toml", "rank = 8", "rank = 4");
        // Made again, it has digests.
        session.call("plot out --rebuild");
        assert!(session.json("out/manifest.json")["digests"]["runs.csv"].is_object());
        session.ok("plot out");
    }
}

#[test]
fn the_committed_runs_are_what_their_manifests_say() {
    let session = Session::new();
    for name in ["paper", "mup-readout"] {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../figures").join(name);
        let words = ["report", &dir.display().to_string(), "--out", "page.html"];
        let output = session.call_with(&words);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    }
}

#[test]
fn a_verification_that_was_changed_is_refused() {
    let session = finished();
    let words = "verify --quick --only theorem-1-stable --engine cpu --out checked";
    session.call(words);
    let manifest = session.json("checked/manifest.json");
    for name in ["claims.csv", "tests.csv", "verdicts.json", "slopes.csv", "values.csv"] {
        assert!(manifest["digests"][name].is_object(), "{name}");
    }
    session.ok("report out --verify checked --out page.html");
    let claims = session.text("checked/claims.csv");
    let other = claims.replacen("holds", "wrong", 1);
    for (name, changed) in [("claims.csv", other), ("tests.csv", "claim\n".to_owned())] {
        let file = format!("checked/{name}");
        let whole = session.read(&file);
        assert!(changed.as_bytes() != whole);
        fs::write(session.path(&file), changed).expect("a file");
        let output = session.call("report out --verify checked --out page.html");
        let told = told(&output);
        let expected = format!("error: {file}: was changed after it was written: ");
        assert!(
            told.starts_with(&expected) && told.contains("; put it back, or call verify again")
        );
        assert_eq!(output.status.code(), Some(2));
        fs::write(session.path(&file), whole).expect("a file");
    }
    session.ok("report out --verify checked --out page.html");
}

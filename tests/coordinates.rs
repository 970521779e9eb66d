//! The coordinate check of a run: learning rates that follow the width, slopes of features with a verdict each, and
//! two figures more.

use std::collections::BTreeMap;
use std::fs;

use crate::session::{Session, inputs};
use lora_figures::read_drawn;
use serde_json::Value;

/// The theory's largest stable learning rates with muP's readout, and both too large by 1/4.
const STABLE: &str = r#"search.lr_exponent={A="-1/2",B="-1"}"#;
const TOO_LARGE: &str = r#"search.lr_exponent={A="-1/4",B="-3/4"}"#;

/// Ten steps at five widths, which take a second.
const CHECK: [&str; 12] = [
    "model.readout_exponent=1",
    "model.widths=[64,128,256,512,1024]",
    "model.points=64",
    "model.test_points=8",
    "training.record_every=1",
    "training.epsilon=1e-12",
    "search.lr_min=0.02",
    "search.lr_max=0.08",
    "search.bracket_factor=4",
    "search.max_extensions=0",
    "training.steps=10",
    "training.seeds=[0,1,2]",
];

fn run(session: &Session, out: &str, more: &[&str]) -> String {
    let set = CHECK.iter().chain(more).flat_map(|set| ["--set", set]);
    let words: Vec<&str> = ["run", "tiny.toml", "--out", out].into_iter().chain(set).collect();
    let output = session.call_with(&words);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The verdicts after the last step, by init and feature.
fn verdicts(session: &Session, out: &str) -> BTreeMap<String, String> {
    let summary = session.json(&format!("{out}/summary.json"));
    let features = summary["coordinates"]["features"].as_array().expect("features");
    let text = |of: &Value, key: &str| of[key].as_str().expect("a text").to_owned();
    let last = features.iter().filter(|of| of["step"] == 10);
    last.map(|of| (format!("{} {}", text(of, "init"), text(of, "feature")), text(of, "flat")))
        .collect()
}

/// The committed experiment at its quick sizes.
fn check(session: &Session, out: &str, more: &[&str]) -> String {
    let file = inputs().join("../../experiments/coordinate-check.toml");
    let file = file.to_str().expect("UTF-8");
    let words = ["run", file, "--quick", "--out", out];
    let output = session.call_with(&[&words, more].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn features_are_flat_at_the_theorys_rates_and_not_at_larger_ones() {
    let session = Session::new();
    let printed = check(&session, "at", &[]);
    let at = verdicts(&session, "at");
    for flat in ["A zb_rms", "B zb_rms", "B za_rms"] {
        assert_eq!(at[flat], "holds", "{flat}: {printed}");
    }
    assert_eq!(at["A za_rms"], "refuted", "the paper's exploding inner features: {printed}");
    assert!(printed.contains("Coordinate check at η = c (n/64)^γ with c = 1.00e-2, after step 10"));

    // The negative control.
    let printed = check(&session, "beyond", &["--set", TOO_LARGE]);
    let beyond = verdicts(&session, "beyond");
    for not_flat in ["A za_rms", "A zb_rms", "B za_rms", "B zb_rms"] {
        assert_eq!(beyond[not_flat], "refuted", "{not_flat}: {printed}");
    }
}

#[test]
fn learning_rates_follow_the_width_for_each_init() {
    let session = Session::new();
    run(&session, "out", &[STABLE, "training.seeds=[0]"]);
    let mut reader = csv::Reader::from_path(session.path("out/runs.csv")).expect("a table");
    let rows: Vec<BTreeMap<String, String>> =
        reader.deserialize().map(|row| row.expect("a row")).collect();
    assert_eq!(rows.len(), 2 * 5 * 2);
    for row in rows {
        let number = |column: &str| row[column].parse::<f64>().expect("a number");
        let gamma = if row["init"] == "A" { -0.5 } else { -1.0 };
        let c = [0.02, 0.08][number("lr_index") as usize];
        let expected = c * (number("width") / 64.0).powf(gamma);
        assert!((number("lr") / expected - 1.0).abs() < 1e-12, "{row:?}");
    }
}

/// The key is one of the figures: a finished run has the check after `plot`, and its runs stay valid.
#[test]
fn a_finished_run_is_checked_without_training() {
    let session = Session::new();
    let printed = run(&session, "out", &[STABLE]);
    assert!(!printed.contains("Coordinate check"), "{printed}");
    assert!(!session.path("out/coordinates.png").exists());
    let file = session.path("out/experiment.toml");
    let text = fs::read_to_string(&file).expect("a file");
    let with = text.replace("[figures]\n", "[figures]\ncoordinates_lr = 0.05\n");
    assert_ne!(with, text);
    fs::write(&file, with).expect("a file");
    let plotted = session.ok("plot out");
    assert!(plotted.contains("with c = 8.00e-2"), "the nearest of the grid: {plotted}");

    let rows = read_drawn(&session.path("out/coordinates.csv")).expect("a table");
    let steps = session.text("out/trajectories.csv");
    let mut reader = csv::Reader::from_reader(steps.as_bytes());
    let steps = reader.deserialize().map(|row| row.expect("a row"));
    let zb: Vec<f64> = steps
        .filter(|row: &BTreeMap<String, String>| {
            let of = ["init", "width", "lr_index", "step"].map(|column| row[column].as_str());
            of == ["B", "256", "1", "7"]
        })
        .map(|row| row["zb_rms"].parse().expect("a number"))
        .collect();
    assert_eq!(zb.len(), 3, "seeds");
    let mean = zb.iter().product::<f64>().powf(1.0 / 3.0);
    let drawn = rows.iter().find(|row| {
        (row.panel.as_str(), row.series.as_str(), row.label.as_str())
            == ("zb_rms", "Init[B]", "step 7")
            && row.x == Some(256.0)
    });
    let drawn = drawn.and_then(|row| row.y).expect("it is drawn");
    assert!((drawn / mean - 1.0).abs() < 1e-6, "{drawn}, not {mean}");
    for figure in ["coordinates", "convergence"] {
        for end in ["png", "svg", "csv", "json"] {
            assert!(session.path(&format!("out/{figure}.{end}")).is_file(), "{figure}.{end}");
        }
    }
    session.ok("report out");
    let report = session.text("out/report.html");
    assert!(report.contains("Coordinate check: features against width"));
    let covers = "learning rates from 0.020 to 0.080, times (n/64)<sup>γ</sup> with γ = −1/2 for Init[A], −1 for Init[B]";
    let told = report.split_once("the search covers").map(|(_, rest)| rest.chars().take(200));
    assert!(report.contains(covers), "{:?}", told.map(String::from_iter));

    let again = run(&session, "out", &[STABLE, "figures.coordinates_lr=0.05"]);
    assert!(again.contains("Coordinate check"), "{again}");
    assert_eq!(
        session.json("out/manifest.json")["sweep"]["kept"],
        2 * 5 * 3 * 2,
        "nothing is trained again"
    );

    // Without the key the figures of the check go.
    fs::write(&file, text).expect("a file");
    session.ok("plot out");
    for figure in ["coordinates", "convergence"] {
        for end in ["png", "svg", "csv", "json"] {
            assert!(!session.path(&format!("out/{figure}.{end}")).exists(), "{figure}.{end}");
        }
    }
}

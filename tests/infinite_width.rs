//! The limit n → ∞ as one more width of an experiment: solved once, kept, and beside the widths in every table.

use std::collections::BTreeSet;
use std::fs;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::session::kept::{signal, told};
use crate::session::{Session, pure_files};
use lora_store::limits::LimitRow;

/// Two widths and two seeds, few neurons, and a search that ends early.
const SMALL: &str = "tiny.toml --set training.seeds=[0,1] --set search.bracket_factor=2 --set search.limit_neurons=16";

/// The same with the limit.
const LIMIT: &str = r#"--set model.widths=[16,32,"inf"]"#;

fn run(session: &Session, rest: &str) -> String {
    session.ok(&format!("run {SMALL} {LIMIT} {rest}"))
}

/// The rows of a table, each as its cells by column.
fn rows(session: &Session, table: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let text = session.text(table);
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize();
    rows.map(|row| row.expect("a row")).collect()
}

fn limits(session: &Session, dir: &str) -> Vec<LimitRow> {
    let text = session.text(&format!("{dir}/limits.csv"));
    csv::Reader::from_reader(text.as_bytes())
        .into_deserialize()
        .map(|r| r.expect("a row"))
        .collect()
}

/// What an experiment with the limit writes beside what every experiment writes.
fn files() -> Vec<String> {
    let own = ["limits.csv", "curves-in-c.png", "curves-in-c.svg", "curves-in-c.csv"];
    pure_files().into_iter().chain(own.map(str::to_owned)).collect()
}

fn assert_same(session: &Session, one: &str, other: &str) {
    for name in files() {
        let [a, b] = [one, other].map(|dir| session.read(&format!("{dir}/{name}")));
        assert!(a == b, "{name} differs between {one} and {other}");
    }
}

#[test]
fn the_limit_is_solved_once_and_the_same_at_any_number_of_threads() {
    let session = Session::new();
    let printed = run(&session, "--out one --threads 1");
    run(&session, "--out four --threads 4");
    assert_same(&session, "one", "four");

    // Each init's table ends with n = ∞.
    let last = printed.lines().filter(|line| line.trim_start().starts_with("∞ ")).count();
    assert_eq!(last, 2, "{printed}");
    assert!(printed.contains("n = ∞ is the limit, coupled to the runs of n = 32"), "{printed}");
    let summary = session.json("one/summary.json");
    for (init, gamma) in [("A", "-3/4"), ("B", "-1")] {
        let found = &summary["limit"]["inits"][init];
        assert_eq!(found["gamma"], gamma);
        assert!(found["c_opt"].as_f64().is_some_and(|c| c > 0.0), "{found}");
        assert!(found["loss"]["quadrature_error"].is_number(), "{found}");
    }

    // Both figures show it.
    for (figure, layers) in
        [("curves-in-c", &["seed", "mean", "optimum"][..]), ("scaling", &["limit", "limit point"])]
    {
        let rows = rows(&session, &format!("one/{figure}.csv"));
        for layer in layers {
            let of_limit = rows.iter().filter(|row| {
                row["layer"] == **layer && (row["width"] == "inf" || *layer == "limit")
            });
            assert!(of_limit.count() > 0, "{figure}: {layer}");
        }
    }

    // A second call finds everything, and so do those that only read.
    let again = session.call(&format!("run {SMALL} {LIMIT} --out one"));
    let said = told(&again);
    assert!(again.status.success() && !said.contains("limit"), "{said}");
    assert_same(&session, "one", "four");
    session.ok("plot one --rebuild");
    assert_same(&session, "one", "four");
    session.ok("report one");
    let runs = limits(&session, "one").len();
    let status = session.ok("status one");
    assert!(
        status.contains(&format!("n = ∞: {runs} of {runs} runs of the limit are kept")),
        "{status}"
    );
}

#[test]
fn adding_the_limit_trains_nothing_again_and_leaves_the_rows_of_runs_as_they_are() {
    let session = Session::new();
    session.ok(&format!("run {SMALL} --set model.widths=[16,32] --out out"));
    let before = rows(&session, "out/runs.csv");
    let output = session.call(&format!("run {SMALL} {LIMIT} --out out"));
    let count = before.len();
    let kept = format!("kept: {count} of {count} runs");
    assert!(told(&output).contains(&kept), "{}", told(&output));

    let after = rows(&session, "out/runs.csv");
    let gamma = |init: &str| if init == "A" { -0.75f64 } else { -1.0 };
    let number = |text: &str| text.parse::<f64>().expect("a number");
    let (limit, finite): (Vec<_>, Vec<_>) = after.iter().partition(|row| row["width"] == "inf");
    for (row, was) in finite.iter().zip(&before) {
        assert!(was.iter().all(|(column, cell)| row[column] == *cell), "{row:?} was {was:?}");
        let (n, gamma) = (number(&row["width"]), gamma(&row["init"]));
        assert_eq!(number(&row["gamma"]), gamma);
        let lr = number(&row["c"]) * n.powf(gamma);
        assert!((lr / number(&row["lr"]) - 1.0).abs() < 1e-12, "{row:?}");
    }
    assert_eq!(finite.len(), before.len());
    let searched = limits(&session, "out").iter().filter(|row| row.neurons == 16).count();
    assert_eq!(limit.len(), searched);
    for row in limit {
        assert!(row["lr"].is_empty() && number(&row["c"]) > 0.0, "{row:?}");
        assert_eq!(number(&row["gamma"]), gamma(&row["init"]));
        // Z_B is of order one under Init[B] alone, and falls with n under Init[A].
        let diverged = !row["diverged_at"].is_empty();
        assert!(diverged || (row["init"] == "A") == row["zb_rms"].is_empty(), "{row:?}");
    }

    // A table of anybody's is judged by its finite widths.
    let judged = session.call("judge out/runs.csv --out judged");
    assert!(judged.status.success(), "{}", told(&judged));
    let said = told(&judged) + &String::from_utf8_lossy(&judged.stdout);
    assert!(said.replace('\n', " ").contains("of n = ∞ and left out"), "{said}");

    // Without the limit the folder is what it was.
    session.ok(&format!("run {SMALL} --set model.widths=[16,32] --out out"));
    assert_eq!(rows(&session, "out/runs.csv"), before);
    assert!(!session.path("out/limits.csv").exists());
    for end in ["png", "svg", "csv", "json"] {
        assert!(!session.path(&format!("out/curves-in-c.{end}")).exists(), "{end}");
    }
}

#[test]
fn what_is_missing_or_of_other_neurons_is_solved_again() {
    let session = Session::new();
    run(&session, "--out out");
    let [whole, summary] =
        ["limits.csv", "summary.json"].map(|name| session.text(&format!("out/{name}")));
    // As after a call that was killed.
    let lines: Vec<&str> = whole.lines().collect();
    let half = lines[..lines.len() / 2].join("\n") + "\n";
    fs::write(session.path("out/limits.csv"), half).expect("a file");
    let drawn = session.call("plot out");
    assert_eq!(drawn.status.code(), Some(2), "{}", told(&drawn));
    assert!(told(&drawn).contains("limits.csv"), "{}", told(&drawn));
    let status = session.ok("status out");
    assert!(status.contains(" of about "), "{status}");
    let output = session.call(&format!("run {SMALL} {LIMIT} --out out"));
    assert!(told(&output).contains(" runs of the limit n → ∞"), "{}", told(&output));
    assert_eq!(session.text("out/limits.csv"), whole);
    assert_eq!(session.text("out/summary.json"), summary);

    // Other neurons: no row of before is used.
    let keys =
        || -> BTreeSet<String> { limits(&session, "out").into_iter().map(|row| row.key).collect() };
    let before = keys();
    run(&session, "--out out --set search.limit_neurons=32");
    assert!(keys().is_disjoint(&before));
    assert!(limits(&session, "out").iter().all(|row| row.neurons >= 32));
    assert_eq!(session.json("out/summary.json")["limit"]["neurons"], 32);
}

#[test]
fn shards_train_and_their_merge_solves() {
    let session = Session::new();
    run(&session, "--out whole");
    for shard in ["1/2", "2/2"] {
        run(&session, &format!("--out sweep --shard {shard}"));
    }
    assert!(!session.path("sweep/shard-1-of-2/limits.csv").exists());
    let status = session.ok("status sweep");
    assert!(status.contains("no shard solves the limit; `merge` does"), "{status}");
    session.ok("merge sweep --out merged");
    assert_same(&session, "merged", "whole");
    let dry = session.ok(&format!("run {SMALL} {LIMIT} --out new --dry-run"));
    assert!(
        dry.contains("n = ∞: about ")
            && dry.contains("runs of the limit, coupled to runs of n = 32"),
        "{dry}"
    );
    assert!(!session.path("new").exists());
}

/// Ctrl-C while the limit is solved, which is after the training has listened to it: what is solved is kept, and the
/// same call goes on.
#[test]
fn a_limit_that_is_stopped_goes_on() {
    let session = Session::new();
    let words = format!(
        "run {SMALL} {LIMIT} --out out --set training.steps=100 --set search.limit_neurons=8192"
    );
    let child = session.start(&words);
    let begun = Instant::now();
    while !session.path("out/limits.csv").exists() && begun.elapsed() < Duration::from_secs(120) {
        sleep(Duration::from_millis(20));
    }
    signal(&child, "INT");
    let output = child.wait_with_output().expect("it ends");
    let said = told(&output);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(
        said.contains("runs of the limit n → ∞ are kept, in out; this command continues it:"),
        "{said}"
    );
    assert!(!session.path("out/summary.json").exists());
    assert!(!limits(&session, "out").is_empty());
}

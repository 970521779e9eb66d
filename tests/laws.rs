//! `laws`: the exponents of several finished runs, side by side.

use std::collections::BTreeMap;
use std::path::Path;

use crate::session::Session;

type Row = BTreeMap<String, String>;

fn committed(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../figures").join(name).display().to_string()
}

fn rows(session: &Session, file: &str) -> Vec<Row> {
    let text = session.text(file);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.expect("a row")).collect()
}

fn find<'r>(rows: &'r [Row], run: &str, init: &str, quantity: &str) -> &'r Row {
    let same = |row: &&Row| {
        (row["run"].as_str(), row["init"].as_str(), row["quantity"].as_str())
            == (run, init, quantity)
            && row["module"].is_empty()
    };
    rows.iter().find(same).expect("a row")
}

fn number(row: &Row, key: &str) -> f64 {
    row[key].parse().unwrap_or_else(|_| panic!("{key} of {row:?}"))
}

/// Runs of the synthetic network: its readout exponent is given, and all predictions are exact. The exponents are those
/// of the runs' own summaries.
#[test]
fn committed_runs_are_set_side_by_side() {
    let session = Session::new();
    let dirs = ["paper", "mup-readout"].map(committed);
    let told = session.ok(&format!("laws {} --out laws", dirs.join(" ")));
    assert!(told.contains("laws/laws.csv") && told.contains("laws/exponents.png"), "{told}");
    assert!(!session.path("laws/modules.png").exists(), "no transformer, no modules");
    let rows = rows(&session, "laws/laws.csv");
    assert_eq!(
        rows.len(),
        2 * 3 * 6,
        "runs, inits and their ratio, and all quantities but the readout"
    );
    for (dir, name) in dirs.iter().zip(["paper", "mup-readout"]) {
        let summary = std::fs::read_to_string(format!("{dir}/summary.json")).expect("a summary");
        let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
        for init in ["A", "B"] {
            for quantity in ["eta_opt", "eta_stable"] {
                let (row, of) =
                    (find(&rows, name, init, quantity), &summary["inits"][init][quantity]);
                assert_eq!(number(row, "exponent"), of["exponent"].as_f64().expect("a number"));
                assert_eq!(number(row, "predicted"), of["predicted"].as_f64().expect("a number"));
                if of["not_a_power_law"].is_null() {
                    let words = if row["agreement"] == "too wide to tell" {
                        "too-wide"
                    } else {
                        &row["agreement"]
                    };
                    assert_eq!(words, of["agreement"].as_str().expect("a word"), "{row:?}");
                }
            }
        }
    }
    // At one glance: a marker on the bar of a run for each learning rate that has an exponent.
    let glance = self::rows(&session, "laws/glance.csv");
    let markers: Vec<&Row> = glance.iter().filter(|row| row["layer"] == "measured").collect();
    assert_eq!(markers.len(), 7, "{markers:?}");
    let marker = markers.iter().find(|row| {
        (&row["panel"][..], &row["series"][..], &row["label"][..])
            == ("mup-readout, a = 1", "Init[B]", "eta_opt")
    });
    let exponent = number(find(&rows, "mup-readout", "B", "eta_opt"), "exponent");
    assert_eq!(number(marker.expect("a marker"), "x"), exponent);
    // Under Init[B] and muP's readout η_stable follows no power law, so that the ratio does not either.
    let ratio = find(&rows, "mup-readout", "A/B", "eta_stable");
    assert!(
        !ratio["not_a_power_law"].is_empty() && ratio["agreement"] == "no interval",
        "{ratio:?}"
    );
    let ratio = find(&rows, "paper", "A/B", "eta_opt");
    assert_eq!((number(ratio, "predicted"), ratio["quick"].as_str()), (0.25, "false"));
    // At the optimum Z_A grows like n^1/4 with the standard readout and like n^1/2 with muP's.
    assert_eq!(number(find(&rows, "paper", "A", "za_rms"), "predicted"), 0.25);
    assert_eq!(number(find(&rows, "mup-readout", "A", "za_rms"), "predicted"), 0.5);
    // The same call writes the same bytes.
    let table = session.text("laws/laws.csv");
    session.ok(&format!("laws {} --out laws", dirs.join(" ")));
    assert_eq!(session.text("laws/laws.csv"), table);
}

/// The figures of single runs show the bound, and where the run's own summary has η_stable. Those of earlier laws go.
#[test]
fn figures_of_stability_mark_where_z_b_passes_the_bound() {
    let session = Session::new();
    let paper = committed("paper");
    session.ok(&format!("laws {paper} --out laws --stability"));
    let summary = std::fs::read_to_string(format!("{paper}/summary.json")).expect("a summary");
    let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
    let drawn = rows(&session, "laws/stability-paper.csv");
    for init in ["A", "B"] {
        let panel = format!("Init[{init}]");
        let of = |layer: &str| {
            let same = |row: &&Row| row["layer"] == layer && row["panel"] == panel;
            drawn.iter().filter(same).collect::<Vec<&Row>>()
        };
        let [level] = of("level")[..] else { panic!("one bound") };
        assert_eq!((number(level, "y"), number(level, "y_to")), (10.0, 10.0));
        let widths = summary["inits"][init]["widths"].as_array().expect("widths");
        let marks = of("optimum");
        assert!(!marks.is_empty());
        for mark in marks {
            let of =
                |row: &&serde_json::Value| row["width"].as_f64() == Some(number(mark, "width"));
            let eta = &widths.iter().find(of).expect("a width")["eta_stable"]["value"];
            let off = (number(mark, "x") / eta.as_f64().expect("a number") - 1.0).abs();
            let bound = (number(mark, "y") - 10.0).abs() < 1e-9;
            assert!(off < 1e-9 && bound, "{mark:?}, but {eta} in the summary");
        }
        // A stable run lies below the bound, an unstable one above it.
        let dots = of("seed").into_iter().filter(|row| row["drawn"] == "true");
        assert!(dots.filter(|row| number(row, "y") > 10.0).count() > 10);
    }
    // B cannot move by more than Adam lets it, and does not stand still.
    let moves = rows(&session, "laws/moves-paper.csv");
    let dots = moves.iter().filter(|row| row["layer"] == "seed" && row["drawn"] == "true");
    let largest = dots.map(|row| number(row, "y")).fold(0.0, f64::max);
    let steps = summary_steps(&paper);
    assert!(largest > 1.0 && largest < 2.0 * steps, "{largest} of {steps} steps");
    session.ok(&format!("laws {paper} --out laws"));
    let of_run = ["stability-paper.csv", "stability-paper.png", "moves-paper.svg"];
    assert!(of_run.iter().all(|file| !session.path(&format!("laws/{file}")).exists()));
}

fn summary_steps(dir: &str) -> f64 {
    let text = std::fs::read_to_string(format!("{dir}/experiment.toml")).expect("an experiment");
    let experiment: toml::Table = text.parse().expect("TOML");
    experiment["training"]["steps"].as_integer().expect("steps") as f64
}

/// `figures/laws` is what today's command says of the folders beside it. Logarithms may differ in their last bits between
/// systems.
#[test]
fn the_committed_laws_are_those_of_the_committed_runs() {
    let session = Session::new();
    let dirs = ["paper", "mup-readout", "transformer-widths"].map(committed);
    session.ok(&format!("laws {} --out laws", dirs.join(" ")));
    let kept = std::fs::read_to_string(committed("laws/laws.csv")).expect("the committed table");
    std::fs::write(session.path("kept.csv"), kept).expect("a copy");
    // The calculus stands at the measured a, in decimals.
    let glance = session.text("laws/glance.csv");
    assert!(glance.contains("−0.72 η_{opt}") && glance.contains("−3/4 η_{opt}"), "{glance}");
    let (today, kept) = (rows(&session, "laws/laws.csv"), rows(&session, "kept.csv"));
    assert_eq!(today.len(), kept.len());
    for (row, kept) in today.iter().zip(&kept) {
        for (key, cell) in row {
            let same = match (cell.parse::<f64>(), kept[key].parse::<f64>()) {
                (Ok(one), Ok(other)) => (one - other).abs() <= 1e-9 * one.abs().max(1.0),
                _ => *cell == kept[key],
            };
            assert!(same, "{key}: {cell}, but {} is committed in {kept:?}", kept[key]);
        }
    }
}

/// Transformers with random weights that make one step: all that counts are the gradients there.
const RANDOM: &str = r#"
[model]
kind = "transformer"
widths = [32, 64, 128, 256]
rank = 4

[transformer]
depth = 1
head_dim = 16
vocabulary = 257
base_width = 32
context = 16
pretrain_steps = 0
batch = 8
test_sequences = 2
bases = "bases"

[training]
seeds = [0, 1, 2]
steps = 1
record_every = 1

[search]
lr_min = 1e-3
lr_max = 1e-2
coarse_factor = 10.0
bracket_factor = 10.0
max_extensions = 0
score = "test-final"
"#;

/// Random weights with the head of each parametrisation. Their backward signals are known: n^-1/2 with the standard one,
/// and n^-1 with muP's, whose head has entries of the order n^-1.
#[test]
fn a_transformer_shows_the_readout_exponent_that_its_head_was_drawn_with() {
    let session = Session::new();
    std::fs::write(session.path("random.toml"), RANDOM).expect("a file");
    // It tells of its bases as it draws them.
    let run = |parametrisation: &str, out: &str| {
        let set = format!("--set transformer.parametrisation={parametrisation}");
        let output = session.call(&format!("run random.toml --out {out} {set}"));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    run("standard", "standard");
    run("mup", "mup");
    let told = session.ok("laws standard mup --out laws");
    assert!(told.contains("laws/modules.png"), "{told}");
    let rows = rows(&session, "laws/laws.csv");
    let found = |name: &str, init: &str| find(&rows, name, init, "readout");
    for init in ["A", "B"] {
        let [standard, mup] = ["standard", "mup"].map(|name| number(found(name, init), "exponent"));
        // One batch of 128 tokens leaves some noise. The two differ by their heads alone, so that it cancels.
        assert!((standard - 0.5).abs() < 0.2, "{init}: a = {standard}");
        assert!((mup - standard - 0.5).abs() < 0.05, "{init}: {standard} and {mup}");
        assert_eq!(found("mup", init)["agreement"], "no prediction");
    }
    // The calculus is asked at the measured a: under Init[A] η_opt goes like n^-(2 − a)/2 for a from 1/2 to 1.
    let row = find(&rows, "mup", "A", "eta_opt");
    let (a, predicted) = (number(row, "readout"), number(row, "predicted"));
    assert!((0.5..1.0).contains(&a) && (predicted - (a / 2.0 - 1.0)).abs() < 0.01, "{row:?}");
    let modules: Vec<&Row> = rows.iter().filter(|row| row["module"] == "down_proj").collect();
    assert_eq!(modules.len(), 4, "runs and inits");
}

/// All seeds share the base of a width: the scatter of widths about their line counts where it is the wider.
#[test]
fn intervals_of_transformers_hold_the_scatter_of_their_bases() {
    let session = Session::new();
    session.ok(&format!("laws {} --out laws", committed("transformer-widths")));
    let rows = rows(&session, "laws/laws.csv");
    let summary =
        std::fs::read_to_string(committed("transformer-widths/summary.json")).expect("a summary");
    let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
    let over_seeds = &summary["inits"]["A"]["eta_stable"];
    let row = find(&rows, "transformer-widths", "A", "eta_stable");
    assert_eq!(number(row, "exponent"), over_seeds["exponent"].as_f64().expect("a number"));
    // Its local slopes go from -1.3 to 1.6, at every seed.
    let width = |lower: f64, upper: f64| upper - lower;
    let ends = ["lower", "upper"].map(|end| over_seeds[end].as_f64().expect("a number"));
    let (wide, narrow) =
        (width(number(row, "lower"), number(row, "upper")), width(ends[0], ends[1]));
    assert!(wide > 5.0 * narrow, "{wide} {narrow}");
}

/// A figure of all exponents of many runs could not be read, or not even be drawn. That of earlier laws does not stay.
#[test]
fn many_runs_have_no_figure_of_all_exponents() {
    let session = Session::new();
    let names = [
        "bare",
        "norm",
        "residual",
        "minibatch",
        "outputs",
        "outputs-4",
        "layers-2",
        "trained-base",
        "all",
    ];
    let dirs = names.map(|name| committed(&format!("ingredients/{name}")));
    session.ok(&format!("laws {} --out laws", dirs[..8].join(" ")));
    assert!(session.path("laws/exponents.png").exists());
    let told = session.ok(&format!("laws {} --out laws", dirs.join(" ")));
    assert!(told.contains("laws/rates.png") && !told.contains("exponents.png"), "{told}");
    for ending in ["png", "svg", "csv"] {
        assert!(!session.path(&format!("laws/exponents.{ending}")).exists());
    }
}

#[test]
fn quick_runs_are_marked() {
    let session = Session::new();
    session.ok("run paper --quick --out quick");
    session.ok("laws quick --out laws");
    assert!(rows(&session, "laws/laws.csv").iter().all(|row| row["quick"] == "true"));
    assert!(session.text("laws/exponents.svg").contains("do not quote"));
}

#[test]
fn what_cannot_be_set_side_by_side_is_refused_in_one_line() {
    let session = Session::new();
    session.ok("run tiny.toml --out one --set model.widths=[16]");
    for (dirs, said) in [
        ("one", "error: laws: one: has the width 16 alone, but must have two or more\n"),
        ("one one", "error: laws: one: is named twice\n"),
        ("nowhere", "nowhere"),
    ] {
        let output = session.call(&format!("laws {dirs} --out laws"));
        let refused = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{refused}");
        assert!(refused.contains(said) && refused.lines().count() == 1, "{refused}");
        assert!(!session.path("laws").exists());
    }
}

//! One vocabulary: what the theory, the figures, the page and the help call a thing, and how they paint it.

use std::collections::BTreeSet;

use crate::session::Session;
use lora_experiment::experiment::TransformerSection;
use lora_figures::{DrawnRow, Width, read_drawn, regime_color};
use lora_theory::{FeatureRegime, Init, Rational, Regime, Setting, analyse};

fn drawn(session: &Session, name: &str) -> Vec<DrawnRow> {
    read_drawn(&session.path(name)).expect("a table of a figure")
}

/// A run of three widths and three seeds, whose predicted exponents are −5/8 and −3/4.
fn three_quarters() -> Session {
    let session = Session::new();
    session.ok("run tiny.toml --out out --set model.readout_exponent=3/4");
    session
}

/// The bar of the layer alone under Init[A] holds three regimes, and a fourth at γ = −1/2 alone.
#[test]
fn figures_and_page_paint_every_regime_alike_and_call_it_by_the_theorys_name() {
    let session = three_quarters();
    session.ok("report out");
    let (svg, page) = (session.text("out/phases.svg"), session.text("out/report.html"));
    let shown = [
        Regime::NoLearning,
        Regime::Learning,
        Regime::InternallyUnstable,
        Regime::LearningInternallyUnstable,
        Regime::Unstable,
    ];
    assert_eq!(shown, Regime::ALL, "a new regime must be looked at here");
    for regime in shown {
        let color = regime_color(regime).hex();
        assert!(svg.contains(&color), "{regime}: no {color} in the figure");
        assert!(page.contains(&format!("--regime-{}:{color};", regime.key())), "{regime}");
        assert!(svg.contains(&format!(">{regime}<")) || svg.contains(&format!("\n{regime}\n")));
        assert!(page.contains(&format!("<strong>{regime}</strong>")), "{regime}");
    }
}

#[test]
fn a_mark_of_the_figure_says_what_predict_says_there() {
    let session = three_quarters();
    let marks = drawn(&session, "out/phases.csv");
    let marks = marks.iter().filter(|row| row.layer == "critical" && row.panel.contains("alone"));
    let mut seen = BTreeSet::new();
    for mark in marks {
        let letter = if mark.series == "Init[A]" { "A" } else { "B" };
        let gamma = mark.label.split(' ').next().expect("an exponent").replace('−', "-");
        let printed = session.ok(&format!("predict --layer --init {letter} --lr-exponent {gamma}"));
        assert!(printed.contains(&format!("η = n^{gamma}: {}.", mark.note)), "{printed}");
        seen.insert(mark.note.clone());
    }
    assert!(seen.contains("learning, internally unstable") && seen.contains("learning"));
}

/// docs/method.md lists the regimes for readers; the list is the theory's.
#[test]
fn the_documentation_lists_every_regime() {
    let method = include_str!("../docs/method.md");
    let row = |name: String, means: &str| format!("| {name} | {} |", means.trim_end_matches('.'));
    for regime in Regime::ALL {
        let row = row(regime.to_string(), regime.describe());
        assert!(method.contains(&row), "not in docs/method.md: {row}");
    }
    for regime in FeatureRegime::ALL {
        let row = row(regime.to_string(), regime.describe());
        assert!(method.contains(&row), "not in docs/method.md: {row}");
    }
}

/// docs/experiments.md lists the keys for readers; the list is that of the paper's experiment.
#[test]
fn the_documentation_lists_every_key() {
    let page = include_str!("../docs/experiments.md");
    let (mut section, mut keys) = ("", 0);
    for line in include_str!("../experiments/paper.toml").lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if let (false, Some((key, _))) = (section.is_empty(), line.split_once(" = ")) {
            let row = format!("| `{section}.{key}` |");
            assert!(page.contains(&row), "not in docs/experiments.md: {row}");
            keys += 1;
        }
    }
    assert!(keys > 30, "{keys} keys");
}

#[test]
fn the_documentation_lists_every_key_of_a_transformer_with_its_default() {
    let page = include_str!("../docs/experiments.md");
    let keys = toml::Table::try_from(TransformerSection::default()).expect("a table");
    let later = TransformerSection::later_keys().map(|(key, value)| (key.to_owned(), value));
    for (key, value) in keys.into_iter().chain(later) {
        let name = format!("| `transformer.{key}` | ");
        let row = page.lines().find_map(|line| line.strip_prefix(&name));
        let shown = row.and_then(|row| row.split(" | ").next());
        let shown = shown.unwrap_or_else(|| panic!("not in docs/experiments.md: {name}"));
        let shown = shown.trim_matches('`');
        let is_same = match shown.parse::<f64>() {
            Ok(number) => [value.as_float(), value.as_integer().map(|whole| whole as f64)]
                .contains(&Some(number)),
            Err(_) => {
                read(shown).as_ref() == Some(&value)
                    || shown == value.to_string()
                    || (shown == "none" && is_empty(&value))
            }
        };
        assert!(is_same, "transformer.{key} is {value} by default, not {shown}");
    }
}

/// A value as TOML spells it.
fn read(shown: &str) -> Option<toml::Value> {
    toml::from_str::<toml::Table>(&format!("value = {shown}")).ok()?.remove("value")
}

fn is_empty(value: &toml::Value) -> bool {
    match value {
        toml::Value::String(text) => text.is_empty(),
        toml::Value::Array(all) => all.is_empty(),
        toml::Value::Table(all) => all.is_empty(),
        _ => false,
    }
}

/// δ1, δ2 and δ3 carry s everywhere, so that ΔZ_B is their sum.
#[test]
fn predict_names_the_parts_of_a_step_as_the_tables_do() {
    let printed = Session::new().ok("predict");
    for name in ["δ1 ", "δ2 ", "δ3 ", "ΔZ_B "] {
        assert!(
            printed.lines().any(|line| line.trim_start().starts_with(name)),
            "{name}: {printed}"
        );
    }
    assert!(!printed.contains("s δ"), "{printed}");
}

#[test]
fn the_guides_are_the_predicted_exponents_printed_exactly() {
    let session = three_quarters();
    let rows = drawn(&session, "out/scaling.csv");
    let label = |panel: &str, init: Init| {
        let own = |row: &&DrawnRow| row.layer == "predicted" && row.panel == panel;
        let mut own = rows.iter().filter(own).filter(|row| row.series.contains(&init.to_string()));
        own.next().map(|row| row.label.clone())
    };
    for init in [Init::A, Init::B] {
        let setting = Setting::network(init, Rational::new(3, 4));
        let critical = analyse(&setting).expect("a good setting").critical;
        let named = |gamma: Option<Rational>| {
            gamma.map(|gamma| format!("n^{{{}}}", gamma.to_string().replace('-', "−")))
        };
        assert_eq!(label("eta_opt", init), named(critical.optimal.gamma()));
        assert_eq!(label("eta_stable", init), named(critical.stable.gamma()));
    }
    assert_eq!(label("eta_opt", Init::A).as_deref(), Some("n^{−5/8}"));
    // Beside them the paper's, each once.
    let others = rows.iter().filter(|row| row.layer == "guide" && row.panel == "eta_opt");
    let others: Vec<&str> = others.map(|row| row.label.as_str()).collect();
    assert_eq!(others, ["n^{−1}", "n^{−1/2}"]);
}

#[test]
fn norms_show_every_seed_and_the_means_of_the_summary() {
    let session = three_quarters();
    let rows = drawn(&session, "out/norms.csv");
    let seeds: BTreeSet<u64> = rows.iter().filter_map(|row| row.seed).collect();
    assert_eq!(seeds, BTreeSet::from([0, 1, 2]));
    assert!(session.text("out/norms.svg").contains("Thin lines: all 3 seeds."));
    let summary = session.json("out/summary.json");
    for (key, init) in [("A", "Init[A]"), ("B", "Init[B]")] {
        for (feature, quantity) in [("z_a", "za_norm"), ("z_b", "zb_norm")] {
            let own = rows.iter().filter(|row| row.layer == "mean" && row.panel == feature);
            let own = own.filter(|row| row.series == init && row.width == Some(Width::Finite(64)));
            let last = own.max_by(|a, b| a.x.partial_cmp(&b.x).expect("numbers"));
            let last = last.and_then(|row| row.y).expect("a mean");
            let widest = &summary["inits"][key]["widths"][2];
            let stated = widest[quantity]["value"].as_f64().expect("a mean");
            // Trajectories are kept in f32.
            assert!((last / stated - 1.0).abs() < 1e-6, "{init}, {feature}: {last}, {stated}");
        }
    }
    session.ok("run tiny.toml --out two --set figures.norm_seeds=2");
    let svg = session.text("two/norms.svg");
    assert!(svg.contains("Thin lines: 2 of 3 seeds. Thick: the geometric mean over all 3."));
}

#[test]
fn a_mark_is_explained_only_where_it_is_drawn() {
    let session = three_quarters();
    let rows = drawn(&session, "out/curves.csv");
    let carets = rows.iter().any(|row| row.note.contains("caret"));
    let svg = session.text("out/curves.svg");
    assert_eq!(svg.contains("loss above the axis"), carets);
    assert!(!svg.contains("Carets"), "the caption does not know what is drawn");
}

/// Times are measured, and stand in README and book alone.
#[test]
fn help_states_no_times() {
    let session = Session::new();
    let commands = ["", "run", "predict", "transfer", "status", "merge", "slurm", "plot", "export"];
    for command in
        commands.into_iter().chain(["report", "export-cell", "export-adapter", "list", "verify"])
    {
        let help = session.ok(&format!("{command} --help"));
        for unit in ["seconds", "minute", "hour"] {
            assert!(!help.contains(unit), "{command} --help: {unit}");
        }
    }
}

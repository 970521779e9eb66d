//! `report`: what the page holds for its scripts, the measured curves and the map of the theory.

use std::fs;

use crate::session::Session;
use crate::session::page::{data, of_init, tiny};
use lora_theory::{Init, OptimizerKind, Rate, Rational, Scope, Setting, analyse, parse_rational};
use serde_json::Value;

#[test]
fn what_lies_on_the_edge_of_the_search_is_a_bound() {
    let session = Session::new();
    let narrow = "search.lr_min=1e-5 search.lr_max=4e-5 search.max_extensions=0";
    let set: String = narrow.split(' ').map(|pair| format!(" --set {pair}")).collect();
    session.ok(&format!("run tiny.toml --out out{set}"));
    session.ok("report out");
    let page = session.text("out/report.html");
    let run = data(&page, "data-run");
    let summary = session.json("out/summary.json");
    assert_eq!(summary["inits"]["A"]["widths"][0]["eta_opt"]["bracketed"], false);
    assert_eq!(of_init(&run["optima"], "Init[A]", 16)[0]["bound"], true);
    let points = of_init(&run["scaling"], "Init[A]", 16);
    for key in ["eta_opt", "loss", "test_loss", "za_rms", "zb_norm"] {
        let point = points.iter().find(|point| point["quantity"] == key).expect(key);
        assert_eq!(point["bound"], true, "{key}");
    }
    assert!(page.contains("learning rates from 1.0 × 10⁻⁵ to 4.0 × 10⁻⁵. It looks"));
    let (_, wide) = tiny();
    assert!(wide.contains("beyond an end that left the answer open"));
    let bound = |row: &Value| row["bound"] == true;
    let wide = data(&wide, "data-run");
    assert!(!wide["optima"].as_array().expect("a list").iter().all(bound));
}

#[test]
fn a_seed_without_a_best_run_is_counted_out_of_a_trajectory() {
    let (session, _) = tiny();
    let runs = session.text("out/runs.csv");
    let header: Vec<&str> = runs.lines().next().expect("a header").split(',').collect();
    let column = |name: &str| header.iter().position(|known| *known == name).expect(name);
    let (score, diverged) = (column("score"), column("diverged_at"));
    let spoilt: String = runs
        .lines()
        .map(|line| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if line.starts_with("A,16,1,") {
                (cells[score], cells[diverged]) = ("", "1");
            }
            cells.join(",") + "\n"
        })
        .collect();
    assert!(spoilt != runs);
    fs::write(session.path("out/runs.csv"), spoilt).expect("a file");
    fs::remove_file(session.path("out/runs.sqlite")).expect("a file");
    session.sign("out", "runs.csv");
    session.ok("plot out");
    session.ok("report out");
    let run = data(&session.text("out/report.html"), "data-run");
    let curve = of_init(&run["steps"], "Init[A]", 16)[0];
    assert_eq!((&curve["seeds"], &curve["of"]), (&Value::from(2), &Value::from(3)));
    // No mean without the seed: the line has a gap there, and the row says where.
    let means = of_init(&run["means"], "Init[A]", 16);
    assert!(!means.is_empty());
    assert!(
        means.iter().all(|row| row["values"]
            .as_array()
            .expect("values")
            .iter()
            .all(Value::is_null))
    );
}

/// A setting of the page's table, by the index on every axis.
fn setting(table: &Value, chosen: &[usize]) -> Setting {
    let axes = table["axes"].as_array().expect("axes");
    let tick = |key: &str| {
        let place = axes.iter().position(|axis| axis["key"] == key).expect("an axis");
        axes[place]["ticks"][chosen[place]]["text"].as_str().expect("text").to_owned()
    };
    let exact = |key: &str| parse_rational(&tick(key)).expect("a fraction");
    Setting {
        init: tick("init").parse::<Init>().expect("an init").into(),
        // Also for SignSGD: the table says that it is as Adam.
        optimizer: if tick("optimizer") == "SGD" {
            OptimizerKind::Sgd
        } else {
            OptimizerKind::SignSgd
        },
        scope: if tick("scope") == "layer alone" { Scope::Layer } else { Scope::Network },
        readout: exact("readout"),
        rate_b: Rate::Scanned(exact("ratio")),
        rank: exact("rank"),
        multiplier_rank: exact("multiplier-rank"),
        multiplier_width: exact("multiplier-width"),
        ..Setting::default()
    }
}

/// Where a curve of the table is after some steps, in its units; `None` for an exact zero.
fn at(curve: &Value, index: usize) -> Option<i64> {
    let numbers: Vec<i64> = curve.as_array()?.iter().filter_map(Value::as_i64).collect();
    let steps =
        numbers[1..].chunks(2).flat_map(|pair| std::iter::repeat_n(pair[0], pair[1] as usize));
    Some(numbers[0] + steps.take(index).sum::<i64>())
}

#[test]
fn the_map_says_what_the_theory_says() {
    let (_, page) = tiny();
    let table = data(&page, "data-theory");
    let counts: Vec<usize> = table["axes"]
        .as_array()
        .expect("axes")
        .iter()
        .map(|axis| axis["ticks"].as_array().map_or(0, Vec::len))
        .collect();
    let settings: usize = counts.iter().product();
    assert_eq!(table["settings"].as_array().map(Vec::len), Some(settings));
    let denominator = table["denominator"].as_i64().expect("a number");
    let gammas = table["gammas"].as_array().expect("a list");
    let regimes = &table["curves"]["regimes"];
    // A stride that meets every value of every axis.
    for place in (0..settings).step_by(127) {
        let mut rest = place;
        let mut chosen: Vec<usize> =
            counts.iter().rev().map(|count| (rest % count, rest /= count).0).collect();
        chosen.reverse();
        let analysis = analyse(&setting(&table, &chosen)).expect("an analysis");
        let row = &table["rows"][table["settings"][place].as_u64().expect("a row") as usize];
        assert_eq!(row[3][0], analysis.critical.optimal.to_string());
        assert_eq!(row[3][1], analysis.critical.stable.to_string());
        for index in [0, 17, 20, gammas.len() - 1] {
            let gamma =
                parse_rational(gammas[index]["text"].as_str().expect("text")).expect("a fraction");
            let snapshot = analysis.at(gamma).expect("a snapshot");
            let exponents = [
                snapshot.z_a,
                snapshot.z_b,
                snapshot.delta1,
                snapshot.delta2,
                snapshot.delta3,
                snapshot.delta_z_b,
            ];
            for (which, exponent) in
                exponents.map(Some).into_iter().chain([snapshot.output]).enumerate()
            {
                let Some(exponent) = exponent else {
                    assert!(row[0][which].is_null());
                    continue;
                };
                let curve = &table["curves"]["exponents"]
                    [row[0][which].as_u64().expect("a curve") as usize];
                let tabulated = at(curve, index).map(|units| Rational::new(units, denominator));
                assert_eq!(tabulated, exponent.power(), "{chosen:?}, γ = {gamma}, {which}");
            }
            let digits =
                regimes[row[1].as_u64().expect("a regime") as usize].as_str().expect("digits");
            let digit = digits[index..=index].parse::<usize>().expect("a digit");
            assert_eq!(table["regimes"][digit]["name"], snapshot.regime.to_string());
        }
    }
}

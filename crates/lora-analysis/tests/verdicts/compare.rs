//! Verdicts on planted comparisons, seeds paired.

use std::collections::BTreeMap;

use lora_experiment::cells::Cell;
use lora_sim::spec::Init;
use lora_stats::Verdict;

use crate::planted::{measured, noise, run};
use lora_analysis::verdict::compare::same;
use lora_analysis::verdict::judge::judge;
use lora_analysis::verdict::run_summary::RunSummary;
use lora_analysis::verdict::tested::All;
use lora_analysis::verdict::values::Measurements;
use lora_experiment::study::plan::plan;
use lora_experiment::study::suite::Suite;

/// The seeds of one study stand at other positions than those of the other.
const TOPIC: &str = r#"
title = "paired"
alternatives = { step = "1/4" }
reason = "planted"

[[study]]
id = "variant"
about = "a search"
at = "2^7..2^13"
seeds = 8
first_seed = 2
inits = ["A"]
goal = "optimum"

[[study]]
id = "base"
about = "a search"
at = "2^7..2^13"
seeds = 12
inits = ["A"]
goal = "optimum"

[[claim]]
id = "alike"
says = "x"
source = "planted"
study = "variant"
test = "same"
init = "A"
against = "base"
quantity = "eta-opt"
"#;

/// A curve with its lowest score at a place on the grid.
fn curve(lowest: f64) -> Vec<RunSummary> {
    let score = |k: i64| 1.0 + (k as f64 - lowest).powi(2) / 4.0;
    (4..28).map(|k| RunSummary { score: Some(score(k)), ..run(Init::A, k, 1.0) }).collect()
}

/// The width of the interval of the ratio's exponent, where a seed's luck moves an optimum ten
/// times as far as what the variant changes. The base draws by the seed's number plus `other`.
fn width_of_interval(other: u64) -> f64 {
    let suite = Suite::of(&[("paired", TOPIC)], false).expect("a good topic");
    let luck = |x, seed| noise(x, seed, 3.0);
    let mut all = All::new();
    for (study, (drawn, own)) in suite.studies.iter().zip([(0, 1000), (other, 2000)]) {
        let lowest = |x, seed| 16.0 + luck(x, seed + drawn) + noise(x, seed + own, 0.3);
        let rows = |cell: Cell| {
            let x = study.x(cell);
            ((x, cell.seed), curve(lowest(x, cell.seed)))
        };
        let cells: BTreeMap<_, _> = study.cells(0).into_iter().map(rows).collect();
        all.insert(study.id.clone(), Measurements { study, cells });
    }
    let predictions = plan(&suite, false).predictions();
    let tested = same(&suite.claims[0], &all["variant"], &all, &predictions);
    let tested = tested.expect("measured");
    let chosen = tested.fit.expect("a fit").all;
    assert_eq!(chosen.seeds_used, 8);
    chosen.upper.expect("an end") - chosen.lower.expect("an end")
}

#[test]
fn seeds_that_share_their_draws_are_paired_by_number() {
    let (paired, unpaired) = (width_of_interval(0), width_of_interval(100));
    assert!(4.0 * paired < unpaired, "{paired} against {unpaired}");
}

/// Runs beside their limits, right and wrong.
fn limits() -> String {
    let study = |id: &str, more: &str| {
        format!(
            "[[study]]\nid = \"{id}\"\nabout = \"x\"\nat = \"2^7..2^13\"\nseeds = 8\n\
             inits = [\"A\"]\ngammas = [\"-3/4\"]\n{more}"
        )
    };
    let studies = [
        study("runs", ""),
        study("right", "limit = \"whole\"\n"),
        study("wrong", "limit = \"first-gradients\"\n"),
    ];
    let claim = "[[claim]]\nid = \"nearer\"\nsays = \"x\"\nsource = \"planted\"\nstudy = \"runs\"\n\
                 test = \"nearer\"\ninit = \"A\"\nagainst = \"right\"\nthan = \"wrong\"\n";
    format!("title = \"x\"\nreason = \"planted\"\n{}{claim}", studies.concat())
}

/// The verdict where the distance to the right limit is `ratio` times that to the wrong one at the three
/// widest points, and ten times that elsewhere, under luck that both share and luck of one of them.
fn nearer_with(ratio: f64, own_luck: f64) -> (Verdict, f64) {
    let text = limits();
    let suite = Suite::of(&[("planted", &text)], false).expect("a good topic");
    let predictions = plan(&suite, false).predictions();
    let all = measured(&suite, |study, n, seed| {
        let narrow = if n < 2048 { 10.0 } else { 1.0 };
        let off = 1e-3 * noise(n, seed, 2.0).exp();
        let off = match study {
            "right" => off * ratio * narrow * noise(n, seed + 50, own_luck).exp(),
            "wrong" => off,
            _ => 0.0,
        };
        let losses = vec![2.0, 1.0 + 0.5 * off, 0.5 - off];
        vec![RunSummary { losses, ..run(Init::A, 0, 1.0) }]
    });
    let judged = judge(&suite.claims[0], &all, &predictions).expect("measured");
    (judged.verdict, judged.tested[0].interval.expect("an interval").estimate.exp())
}

#[test]
fn the_nearer_limit_is_told_by_the_ratio_of_the_distances_seed_by_seed() {
    let (verdict, ratio) = nearer_with(0.8, 0.05);
    assert_eq!(verdict, Verdict::Holds);
    assert!((ratio - 0.8).abs() < 0.05, "{ratio}");
    assert_eq!(nearer_with(1.25, 0.05).0, Verdict::Refuted);
    assert_eq!(nearer_with(0.99, 0.5).0, Verdict::Undecided);
}

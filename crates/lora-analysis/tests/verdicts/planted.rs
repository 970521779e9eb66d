//! Verdicts on planted measurements.

use std::collections::BTreeMap;

use lora_sim::spec::Init;
use lora_stats::Verdict;
use lora_theory::Rational;

use lora_analysis::verdict::judge::judge;
use lora_analysis::verdict::run_summary::RunSummary;
use lora_analysis::verdict::tested::All;
use lora_analysis::verdict::values::Measurements;
use lora_experiment::cells::Cell;
use lora_experiment::prediction::{PlannedPrediction, Predicted};
use lora_experiment::study::claim::Quantity;
use lora_experiment::study::definition::Study;
use lora_experiment::study::plan::plan;
use lora_experiment::study::predictions::Predictions;
use lora_experiment::study::suite::Suite;

const TOPIC: &str = r#"
title = "planted"
alternatives = { step = "1/4" }
reason = "planted"

[[study]]
id = "given"
about = "given rates"
scope = "layer"
at = "2^8..2^16"
seeds = 8
inits = ["A", "B"]
gammas = ["-1/2", "-1"]

[[study]]
id = "searched"
about = "a search"
at = "2^8..2^16"
seeds = 8
inits = ["A", "B"]
goal = "optimum"
"#;

/// A claim on one of the studies.
pub fn claim(id: &str, rest: &str) -> String {
    format!("[[claim]]\nid = \"{id}\"\nsays = \"x\"\nsource = \"planted\"\n{rest}\n")
}

/// A run that moves nothing.
pub fn run(init: Init, lr_index: i64, za: f64) -> RunSummary {
    RunSummary {
        init,
        lr_index,
        lr_a: 1.0,
        lr_b: 1.0,
        score: Some(1.0),
        first_loss: 1.0,
        last_loss: 0.5,
        za,
        zb: za,
        peak_za: za,
        peak_zb: Some(za),
        peak_delta1: za,
        peak_delta2: za,
        peak_delta3: za,
        least_gradient: None,
        diverged_at: None,
        losses: Vec::new(),
    }
}

/// Noise of a seed at a point: the same number each time, within ± `size`.
pub fn noise(x: usize, seed: u64, size: f64) -> f64 {
    let mixed =
        (x as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ seed.wrapping_mul(0xd134_2543_de82_ef95);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    size * ((mixed >> 40) as f64 / f64::from(1u32 << 23) - 1.0)
}

/// Both studies, with claims on them.
pub fn suite(claims: &str) -> Suite {
    Suite::of(&[("planted", &format!("{TOPIC}\n{claims}"))], false).expect("a good topic")
}

/// The verdict on one claim whose study measured `rows`.
fn verdict(claim: &str, rows: impl Fn(usize, u64) -> Vec<RunSummary>) -> Verdict {
    verdict_by_study(claim, |_, x, seed| rows(x, seed))
}

/// The same where each study measured its own, by its name.
pub fn verdict_by_study(
    claim: &str,
    rows: impl Fn(&str, usize, u64) -> Vec<RunSummary>,
) -> Verdict {
    let suite = suite(claim);
    let predictions = plan(&suite, false).predictions();
    judge(&suite.claims[0], &measured(&suite, rows), &predictions).expect("measured").verdict
}

/// What every study of a suite measured, by its name.
pub fn measured(suite: &Suite, rows: impl Fn(&str, usize, u64) -> Vec<RunSummary>) -> All<'_> {
    let of = |study: &Study, cell: Cell| {
        let x = study.x(cell);
        ((x, cell.seed), rows(&study.id, x, cell.seed))
    };
    let one = |study| {
        let cells = Study::cells(study, 0).into_iter().map(|cell| of(study, cell));
        let cells: BTreeMap<_, _> = cells.collect();
        (study.id.clone(), Measurements { study, cells })
    };
    suite.studies.iter().map(one).collect()
}

/// Rows at both given rates, with Z_A = n^γ under noise.
fn powers(gamma: f64, size: f64) -> impl Fn(usize, u64) -> Vec<RunSummary> {
    move |x, seed| {
        let za = (gamma * (x as f64).ln() + noise(x, seed, size)).exp();
        vec![run(Init::A, 0, za), run(Init::A, 1, za), run(Init::B, 0, za), run(Init::B, 1, za)]
    }
}

/// Under Init[A] the layer's Z_A is n^1/2 at γ = −1/2 and n^0 at γ = −1.
const TABLE: &str = "study = \"given\"\ntest = \"table\"\ninit = \"A\"\nquantities = [\"za\"]\n";

#[test]
fn one_refuted_exponent_refutes_a_table() {
    let table = claim("table", TABLE);
    assert_eq!(verdict(&table, powers(0.5, 0.1)), Verdict::Refuted);
    let right = |x: usize, seed| {
        let za = |gamma: f64| (gamma * (x as f64).ln() + noise(x, seed, 0.1)).exp();
        vec![run(Init::A, 0, za(0.5)), run(Init::A, 1, za(0.0))]
    };
    assert_eq!(verdict(&table, right), Verdict::Holds);
}

/// The judge compares with what was planned; a plan without a prediction decides nothing, and one that
/// says nothing of a number is an error.
#[test]
fn the_verdict_is_on_the_planned_prediction() {
    let suite = suite(&claim("table", TABLE));
    let all = measured(&suite, |_, x, seed| powers(0.5, 0.1)(x, seed));
    let verdict = |predictions: [Predicted; 2]| {
        let rates = [(-1, 2), (-1, 1)].map(|(n, d)| Rational::new(n, d));
        let entry = |(gamma, predicted)| {
            PlannedPrediction::new(Some(Quantity::Za), Some((gamma, gamma)), predicted)
        };
        let planned = rates.into_iter().zip(predictions).map(entry).collect();
        let predictions = [("table".to_owned(), planned)].into_iter().collect();
        judge(&suite.claims[0], &all, &predictions).expect("planned")
    };
    let half = || Predicted::Exponent(Rational::new(1, 2));
    assert_eq!(verdict([half(), half()]).verdict, Verdict::Holds);
    let zero = Predicted::Exponent(Rational::default());
    assert_eq!(verdict([half(), zero]).verdict, Verdict::Refuted);
    let undecided = verdict([half(), Predicted::nothing("it is planted")]);
    assert_eq!(undecided.verdict, Verdict::Undecided);
    let reason = &undecided.deciding().expect("a test").decision.reason;
    assert_eq!(reason, "no prediction, because it is planted");
    assert!(judge(&suite.claims[0], &all, &Predictions::default()).is_err());
}

#[test]
fn a_table_with_a_wide_interval_or_a_missing_value_is_undecided() {
    let table = claim("table", TABLE);
    let wide = |x: usize, seed| {
        let za = |gamma: f64, size| (gamma * (x as f64).ln() + noise(x, seed, size)).exp();
        vec![run(Init::A, 0, za(0.5, 2.0)), run(Init::A, 1, za(0.0, 0.1))]
    };
    assert_eq!(verdict(&table, wide), Verdict::Undecided);
    let missing = |x: usize, _| vec![run(Init::A, 0, (x as f64).sqrt())];
    assert_eq!(verdict(&table, missing), Verdict::Undecided);
}

#[test]
fn a_control_that_shifts_the_prediction_is_refuted() {
    let flat = |x: usize, seed| vec![run(Init::A, 1, noise(x, seed, 0.1).exp())];
    let at_one = "study = \"given\"\ntest = \"table\"\ninit = \"A\"\nquantities = [\"za\"]\n\
                  shift = \"1/4\"\ncontrol = \"shifted\"\n";
    assert_eq!(verdict(&claim("control", at_one), flat), Verdict::Refuted);
}

/// Losses with a minimum in the grid's middle, at `level`.
fn curve(init: Init, level: f64) -> Vec<RunSummary> {
    let loss = |k: i64| level * (1.0 + (k as f64 - 16.0).powi(2) / 100.0);
    (8..24).map(|k| RunSummary { score: Some(loss(k)), ..run(init, k, 1.0) }).collect()
}

#[test]
fn the_lower_loss_needs_an_interval_on_its_side() {
    let lower =
        claim("lower", "study = \"searched\"\ntest = \"lower\"\ninit = \"A\"\nagainst = \"B\"\n");
    let losses = |ratio: f64, size: f64| {
        move |x: usize, seed: u64| {
            let level = ratio * noise(x / 7, seed, size).exp();
            [curve(Init::A, level), curve(Init::B, 1.0)].concat()
        }
    };
    assert_eq!(verdict(&lower, losses(0.5, 0.1)), Verdict::Holds);
    assert_eq!(verdict(&lower, losses(2.0, 0.1)), Verdict::Refuted);
    assert_eq!(verdict(&lower, losses(1.0, 0.5)), Verdict::Undecided);
}

/// At one width, by another quantity than the loss: what the other widths say does not matter.
#[test]
fn inits_are_compared_at_one_width_by_the_quantity_that_is_named() {
    let smaller = |point: usize| {
        let text = "study = \"searched\"\ntest = \"lower\"\ninit = \"B\"\nagainst = \"A\"";
        claim("smaller", &format!("{text}\nquantity = \"za\"\npoint = {point}\n"))
    };
    let rows = |x: usize, seed: u64| {
        let of_a = if x == 1 << 12 { 3.0 } else { 0.3 } * noise(x, seed, 0.1).exp();
        let with = |init, za| curve(init, 1.0).into_iter().map(move |run| RunSummary { za, ..run });
        with(Init::A, of_a).chain(with(Init::B, 1.0)).collect::<Vec<_>>()
    };
    assert_eq!(verdict(&smaller(1 << 12), rows), Verdict::Holds);
    assert_eq!(verdict(&smaller(1 << 13), rows), Verdict::Refuted);
}

/// Seeds are paired: noise that both studies share, far above the difference, does not hide it.
#[test]
fn the_steeper_law_needs_an_interval_on_its_side() {
    let steeper = "[[study]]\nid = \"other\"\nabout = \"another search\"\nat = \"2^8..2^16\"\n\
                   seeds = 8\ninits = [\"A\"]\ngoal = \"optimum\"\n"
        .to_owned()
        + &claim(
            "steeper",
            "study = \"searched\"\ntest = \"steeper\"\ninit = \"A\"\nagainst = \"other\"\n\
             quantity = \"za\"\n",
        );
    let laws = |gamma: f64, own_noise: f64| {
        move |study: &str, x: usize, seed: u64| {
            let shared = noise(x, seed, 3.0) - (x as f64).ln();
            let own = gamma * (x as f64).ln() + noise(x + 1, seed, own_noise);
            let za = if study == "searched" { shared + own } else { shared };
            let rows = curve(Init::A, 1.0).into_iter();
            rows.map(|row| RunSummary { za: za.exp(), ..row }).collect()
        }
    };
    assert_eq!(verdict_by_study(&steeper, laws(-0.1, 0.1)), Verdict::Holds);
    assert_eq!(verdict_by_study(&steeper, laws(0.1, 0.1)), Verdict::Refuted);
    assert_eq!(verdict_by_study(&steeper, laws(-0.1, 3.0)), Verdict::Undecided);
}

#[test]
fn a_loss_that_only_halves_is_not_trained() {
    let trains = claim("trains", "study = \"searched\"\ntest = \"trains\"\ninit = \"A\"\n");
    let losses = |level: f64| move |_: usize, _: u64| curve(Init::A, level);
    assert_eq!(verdict(&trains, losses(0.01)), Verdict::Holds);
    assert_eq!(verdict(&trains, losses(0.5)), Verdict::Refuted);
}

/// At γ = −1/2 and −1 under Init[A] the calculus says efficient, and features that do not move.
#[test]
fn a_map_is_refuted_by_one_point_in_another_regime() {
    let map = claim("map", "study = \"given\"\ntest = \"map\"\ninit = \"A\"\n");
    let sizes = |efficient: f64, lazy: f64| {
        move |x: usize, seed: u64| {
            let size = |gamma: f64| (gamma * (x as f64).ln() + noise(x, seed, 0.1)).exp();
            vec![run(Init::A, 0, size(efficient)), run(Init::A, 1, size(lazy))]
        }
    };
    assert_eq!(verdict(&map, sizes(0.0, -1.0)), Verdict::Holds);
    assert_eq!(verdict(&map, sizes(0.5, -1.0)), Verdict::Refuted);
    assert_eq!(verdict(&map, sizes(0.0, 0.0)), Verdict::Refuted);
    assert_eq!(verdict(&map, sizes(0.125, -1.0)), Verdict::Undecided);
}

/// Parts of ΔZ_B that f32 rounds away at the wide points must not bend the exponent.
#[test]
fn what_f32_cannot_resolve_is_not_measured() {
    let steep = claim(
        "steep",
        "study = \"given\"\ntest = \"table\"\ninit = \"B\"\nquantities = [\"delta2\"]\n",
    );
    // Under Init[B] δ2 is n^0 at γ = −1/2 and n^-1 at γ = −1; below 2^-20 of Z_B it is lost.
    let rows = |lost: f64| {
        move |x: usize, seed: u64| {
            let size = |gamma: f64| (gamma * (x as f64).ln() + noise(x, seed, 0.1)).exp();
            let z_b = f64::from(1 << 6);
            let small =
                |delta: f64| if delta < z_b / f64::from(1 << 20) { lost * delta } else { delta };
            let row = |rate, delta: f64| RunSummary {
                peak_delta2: small(delta),
                peak_zb: Some(z_b),
                ..run(Init::B, rate, 1.0)
            };
            vec![row(0, size(0.0)), row(1, size(-1.0))]
        }
    };
    assert_eq!(verdict(&steep, rows(1e-6)), Verdict::Holds);
}

//! Verdicts on planted distances.

use std::collections::BTreeMap;

use crate::planted::{noise, run};
use lora_analysis::verdict::judge::judge;
use lora_analysis::verdict::run_summary::RunSummary;
use lora_analysis::verdict::tested::All;
use lora_analysis::verdict::values::Measurements;
use lora_experiment::cells::Cell;
use lora_experiment::study::plan::plan;
use lora_experiment::study::suite::Suite;
use lora_sim::spec::Init;
use lora_types::Verdict;

const TOPIC: &str = r#"
title = "planted"
alternatives = { step = "1/4" }
reason = "planted"

[[study]]
id = "full"
about = "given rates"
at = "2^7..2^13"
seeds = 8
inits = ["A"]
gammas = ["-3/4"]

[[study]]
id = "linear"
about = "the same, linearised"
at = "2^7..2^13"
seeds = 8
inits = ["A"]
gammas = ["-3/4"]
set = ["model.linearised=true"]

[[claim]]
id = "lazy"
says = "D is Θ(n^{predicted})."
source = "planted"
study = "full"
test = "distance"
init = "A"
against = "linear"
"#;

/// Of the limits in place of the linearised network: they have more seeds, which begin elsewhere.
fn limits() -> String {
    TOPIC.replace("set = [\"model.linearised=true\"]", "limit = \"whole\"").replacen(
        "seeds = 8\n",
        "seeds = 6\nfirst_seed = 2\n",
        1,
    )
}

/// The verdict where the losses of the other study are off by a share n^`power`, at every step by
/// another one and at the first by none, and where a run of one seed may have diverged.
fn verdict(topic: &str, power: f64, diverged: bool) -> Verdict {
    let suite = Suite::of(&[("planted", topic)], false).expect("a good topic");
    let mut all = All::new();
    for (study, linear) in suite.studies.iter().zip([false, true]) {
        let runs = |cell: Cell| {
            let luck = noise(cell.width, cell.seed, 0.05).exp();
            let off = if linear { luck * (cell.width as f64).powf(power) } else { 0.0 };
            let losses = vec![2.0, 1.0 + off, 0.5 - 3.0 * off];
            let diverged_at = (diverged && !linear && cell.seed == 4).then_some(2);
            let run = RunSummary { losses, diverged_at, ..run(Init::A, 0, 1.0) };
            ((cell.width, cell.seed), vec![run])
        };
        let cells: BTreeMap<_, _> = study.cells(0).into_iter().map(runs).collect();
        all.insert(study.id.clone(), Measurements { study, cells });
    }
    let predictions = plan(&suite, false).predictions();
    judge(&suite.claims[0], &all, &predictions).expect("measured").verdict
}

#[test]
fn a_planted_power_of_the_distance_is_told_from_its_neighbours() {
    assert_eq!(verdict(TOPIC, -0.5, false), Verdict::Holds);
    assert_eq!(verdict(TOPIC, -0.25, false), Verdict::Refuted);
    assert_eq!(verdict(TOPIC, -0.75, false), Verdict::Refuted);
}

/// Under Init[A] with the standard readout u⁰ is n^-1/4 beside what the limit keeps.
#[test]
fn limits_have_a_power_of_their_own() {
    assert_eq!(verdict(&limits(), -0.25, false), Verdict::Holds);
    assert_eq!(verdict(&limits(), -0.5, false), Verdict::Refuted);
    assert_eq!(verdict(&limits(), 0.0, false), Verdict::Refuted);
}

/// A seed that diverged leaves no width at which all seeds have a distance.
#[test]
fn a_run_that_diverged_has_no_distance() {
    assert_eq!(verdict(&limits(), -0.25, true), Verdict::Undecided);
}

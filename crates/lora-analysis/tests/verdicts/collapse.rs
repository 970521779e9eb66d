//! Verdicts on planted collapses.

use crate::planted::{measured, noise, run};
use lora_analysis::verdict::judge::judge;
use lora_analysis::verdict::run_summary::RunSummary;
use lora_experiment::study::plan::plan;
use lora_experiment::study::suite::Suite;
use lora_sim::spec::Init;
use lora_stats::Verdict;

const TOPIC: &str = r#"
title = "planted"
reason = "planted"

[[study]]
id = "runs"
about = "given rates"
at = "2^7..2^11"
seeds = 16
inits = ["B"]
gammas = ["-1/2"]
set = ["model.readout_exponent=1"]

[[claim]]
id = "one-curve"
says = "Z_B is n^{predicted} g(c)."
source = "planted"
study = "runs"
test = "collapse"
init = "B"
within = 1.25
"#;

/// Where Z_B is √n times `off`(n), under luck that all widths of a seed share and such that they do
/// not: the verdict, and the ratio that is told.
fn judged(off: impl Fn(usize) -> f64, own_luck: f64) -> (Verdict, f64, String) {
    let suite = Suite::of(&[("planted", TOPIC)], false).expect("a good topic");
    let predictions = plan(&suite, false).predictions();
    let all = measured(&suite, |_, n, seed| {
        let luck = noise(0, seed, 3.0) + noise(n, seed, own_luck);
        let peak = (n as f64).sqrt() * off(n) * luck.exp();
        vec![RunSummary { peak_zb: Some(peak), ..run(Init::B, 0, 1.0) }]
    });
    let judged = judge(&suite.claims[0], &all, &predictions).expect("measured");
    let told = judged.tested[0].interval.expect("an interval").estimate.exp();
    (judged.verdict, told, judged.tested[0].decision.reason.clone())
}

/// One width of five that is off refutes it, however the others lie.
#[test]
fn every_width_must_lie_on_the_curve_of_the_widest() {
    assert_eq!(judged(|_| 1.0, 0.1).0, Verdict::Holds);
    let at = |n, factor: f64| move |m| if m == n { factor } else { 1.0 };
    for (n, factor) in [(128, 1.5), (512, 1.5), (512, 0.6), (2048, 0.6)] {
        assert_eq!(judged(at(n, factor), 0.1).0, Verdict::Refuted, "{n} {factor}");
    }
    let (verdict, told, reason) = judged(at(512, 1.5), 0.1);
    assert_eq!(verdict, Verdict::Refuted);
    assert!((told - 1.5).abs() < 0.1 && reason.starts_with("at n = 512 beside 2048"), "{told}");
}

/// Powers within 1/8, which over these widths are factors of 1.32 and 1.19.
#[test]
fn a_small_power_is_a_drift() {
    assert_eq!(judged(|n| (n as f64).powf(0.1), 0.02).0, Verdict::Refuted);
    assert_eq!(judged(|n| (n as f64).powf(0.0625), 0.02).0, Verdict::Holds);
}

/// Luck that widths share cancels; luck of their own does not.
#[test]
fn seeds_are_paired_and_too_much_luck_decides_nothing() {
    assert_eq!(judged(|_| 1.0, 0.0).0, Verdict::Holds);
    assert_eq!(judged(|_| 1.0, 2.0).0, Verdict::Undecided);
}

//! The figure of planted collapses.

use crate::planted::{measured, noise, run};
use lora_analysis::verdict::collapse_figure::figure;
use lora_analysis::verdict::judge::judge;
use lora_analysis::verdict::run_summary::RunSummary;
use lora_analysis::verdict::tested::Judged;
use lora_experiment::study::plan::plan;
use lora_experiment::study::suite::Suite;
use lora_figures::{CollapseFigure, FigureText};
use lora_sim::spec::Init;

/// A study and a claim for each c.
fn topic(constants: &[f64]) -> String {
    let head = "title = \"x\"\nreason = \"planted\"\n".to_owned();
    let one = |c: &f64| {
        format!(
            "[[study]]\nid = \"at-{c}\"\nabout = \"x\"\nat = \"2^7..2^11\"\nseeds = 4\n\
             inits = [\"B\"]\ngammas = [\"-1/2\"]\nconstant = {c}\n\
             set = [\"model.readout_exponent=1\"]\n\
             [[claim]]\nid = \"peak-{c}\"\nsays = \"x\"\nsource = \"planted\"\n\
             study = \"at-{c}\"\ntest = \"collapse\"\ninit = \"B\"\nwithin = 1.25\n"
        )
    };
    head + &constants.iter().map(one).collect::<String>()
}

fn drawn(constants: &[f64]) -> Option<CollapseFigure> {
    let text = topic(constants);
    let suite = Suite::of(&[("planted", &text)], false).expect("a good topic");
    let predictions = plan(&suite, false).predictions();
    let all = measured(&suite, |study, n, seed| {
        let c: f64 = study["at-".len()..].parse().expect("c");
        let peak = (n as f64).sqrt() * c * noise(n, seed, 0.05).exp();
        vec![RunSummary { peak_zb: Some(peak), ..run(Init::B, 0, 1.0) }]
    });
    let judge = |claim| judge(claim, &all, &predictions).expect("measured");
    let judged: Vec<Judged> = suite.claims.iter().map(judge).collect();
    let words = |title: &str, caption: &str| FigureText {
        title: title.to_owned(),
        caption: caption.to_owned(),
        badge: None,
    };
    figure(&all, &judged, &words)
}

#[test]
fn widths_fall_on_one_curve_in_units_of_the_claims() {
    let figure = drawn(&[0.25, 0.0625, 0.125]).expect("three points");
    assert_eq!(figure.rows.len(), 3 * 5);
    for row in &figure.rows {
        let (c, peak) = (row.x * row.x_unit, row.y * row.y_unit);
        assert!((peak / c - 1.0).abs() < 0.06, "{row:?}");
        assert!([0.0625, 0.125, 0.25].iter().any(|of| (c / of - 1.0).abs() < 1e-9), "{row:?}");
        assert!(row.lower < Some(row.y) && Some(row.y) < row.upper, "{row:?}");
    }
    assert_eq!(figure.scaled.x_label, "η n^{1/2}");
    assert_eq!(figure.scaled.y_label, "peak of Z_{B} n^{−1/2}");
}

#[test]
fn two_values_of_c_are_no_curve() {
    assert_eq!(drawn(&[0.25, 0.125]), None);
}

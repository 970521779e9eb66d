//! What a run concludes: its summary, the table that is printed, and what is said against either.

use crate::session::Session;
use lora_analysis::summary::Summary;
use lora_theory::{Setting, analyse};
use serde_json::Value;

#[test]
fn the_summary_follows_its_schema_and_the_theory() {
    let session = Session::new();
    session.ok("run tiny.toml --out out --set model.readout_exponent=3/4");
    let summary = session.json("out/summary.json");
    assert_eq!(summary["schema"], 1);
    assert_eq!(summary["level"], 0.95);
    assert!(summary["warnings"].is_array());
    let readout = lora_theory::parse_rational("3/4").expect("a fraction");
    for (label, init) in [("A", lora_theory::Init::A), ("B", lora_theory::Init::B)] {
        let results = &summary["inits"][label];
        let critical = analyse(&Setting::network(init, readout)).expect("an analysis").critical;
        for (name, largest) in [("eta_opt", critical.optimal), ("eta_stable", critical.stable)] {
            let gamma = largest.gamma().expect("an exponent");
            let fit = &results[name];
            assert_eq!(fit["predicted_exact"], gamma.to_string(), "Init[{label}] {name}");
            assert_eq!(fit["predicted"], lora_theory::approximate(gamma));
            assert_eq!(fit["seeds"], 3);
            assert_eq!(fit["agreement"], agreement(fit, gamma), "Init[{label}] {name}");
            let [exponent, lower, upper] =
                ["exponent", "lower", "upper"].map(|key| fit[key].as_f64().expect(key));
            assert!(lower < exponent && exponent < upper, "Init[{label}] {name}");
        }
        let widths = results["widths"].as_array().expect("widths");
        assert_eq!(widths.iter().map(|w| &w["width"]).collect::<Vec<_>>(), [16, 32, 64]);
        widths.iter().for_each(check_width);
    }
}

#[test]
fn what_the_paper_says_of_both_inits_is_judged_at_every_width_and_told_of_the_widest() {
    let session = Session::new();
    let told = session.ok("run tiny.toml --out out");
    assert!(
        told.contains("What the paper says of Init[A] and Init[B], at n = 64, paired by seed"),
        "{told}"
    );
    let summary = session.json("out/summary.json");
    let statements = summary["statements"].as_array().expect("statements");
    let names = ["larger-best-lr", "ends-better", "larger-za", "bears-larger-lr"];
    let of = |statement: &Value| (statement["width"].as_u64(), statement["statement"].clone());
    let expected = [16, 32, 64].map(|width| names.map(|name| (Some(width), Value::from(name))));
    assert_eq!(statements.iter().map(of).collect::<Vec<_>>(), expected.concat());
    for statement in statements {
        assert_eq!(statement["seeds"], 3);
        let verdict = statement["verdict"].as_str().expect("a verdict");
        let [ratio, lower] = ["ratio", "lower"].map(|key| statement[key].as_f64());
        assert_eq!(verdict == "holds", lower.is_some_and(|lower| lower > 1.0), "{statement}");
        assert!(ratio.is_some() || verdict == "undecided", "{statement}");
    }
    let alone = session.ok("run tiny.toml --out alone --set training.inits=[\"A\"]");
    assert!(!alone.contains("What the paper says"), "{alone}");
    assert!(session.json("alone/summary.json").get("statements").is_none());
}

/// What the interval says of a multiple of 1/4, or of one that lies halfway between two.
fn agreement(fit: &Value, gamma: lora_theory::Rational) -> &'static str {
    let [lower, upper] = ["lower", "upper"].map(|key| fit[key].as_f64().expect(key));
    let spacing = if (gamma * 4).is_integer() { 0.25 } else { 0.125 };
    let holds = |x: f64| (lower..=upper).contains(&x);
    let gamma = lora_theory::approximate(gamma);
    match [gamma, gamma - spacing, gamma + spacing].map(holds) {
        [false, ..] => "excluded",
        [true, false, false] => "agrees",
        _ => "too_wide",
    }
}

#[test]
fn a_table_tells_an_interval_that_is_too_wide_from_one_that_agrees() {
    let session = Session::new();
    let table = session.ok("run tiny.toml --out out");
    let heading = table.lines().find(|line| line.contains("95% interval")).expect("a heading");
    assert!(heading.ends_with("agreement"), "{heading}");
    let summary = session.json("out/summary.json");
    for (init, name, told) in [("A", "eta_opt", "η_opt"), ("B", "eta_stable", "η_stable")] {
        let agreement = summary["inits"][init][name]["agreement"].as_str().expect("a text");
        let words = if agreement == "too_wide" { "too wide to tell" } else { agreement };
        let row = table.lines().find(|line| line.contains(&format!("Init[{init}]  {told}")));
        let row = row.or_else(|| {
            let starts =
                |line: &&str| line.contains(&format!("Init[{init}]")) && line.contains(told);
            table.lines().find(starts)
        });
        assert!(row.is_some_and(|row| row.ends_with(words)), "{words}: {table}");
    }
    let one = session.ok("tiny.toml --out one --set training.seeds=[0]");
    assert!(one.contains("no interval"), "{one}");
}

fn check_width(row: &Value) {
    for lr in ["eta_opt", "eta_stable"] {
        assert_eq!(row[lr]["bracketed"], true, "{row}");
        let [value, lower, upper] =
            ["value", "lower", "upper"].map(|key| row[lr][key].as_f64().expect(key));
        assert!(0.0 < lower && lower <= value && value <= upper, "{row}");
    }
    let best = row["eta_opt"]["value"].as_f64();
    assert!(row["basin"]["lower"].as_f64() < best && best < row["basin"]["upper"].as_f64());
    assert!(row["basin"]["complete"].is_boolean());
    for value in ["loss", "test_loss", "za_rms", "zb_rms", "za_norm", "zb_norm"] {
        assert!(row[value]["value"].as_f64().is_some_and(|v| v > 0.0), "{value} of {row}");
    }
    assert!(row["runs"].as_u64() > row["diverged_runs"].as_u64());
}

#[test]
fn results_of_one_seed_and_one_width_have_no_exponents_and_say_so() {
    let session = Session::new();
    session.ok("tiny.toml --out one --set model.widths=[16] --set training.seeds=[0]");
    let summary: Summary =
        serde_json::from_value(session.json("one/summary.json")).expect("the schema");
    assert!(summary.inits.values().all(|init| init.eta_opt.exponent.is_none()));
    assert!(summary.warnings.iter().any(|warning| warning.contains("one seed")));
}

#[test]
fn what_makes_exponents_mean_less_is_told_before_training() {
    let session = Session::new();
    let odd = "--set model.rank=16 --set model.activation=tanh --set model.widths=[32,1000,1001]";
    for words in [format!("run tiny.toml --dry-run {odd}"), "run paper --dry-run".to_owned()] {
        let output = session.call(&words);
        assert!(output.status.success());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let warnings: Vec<&str> =
            told.lines().filter(|line| line.starts_with("warning: ")).collect();
        if words.contains("paper") {
            assert!(warnings.is_empty(), "{told}");
            continue;
        }
        assert_eq!(warnings.len(), 3, "{told}");
        for word in ["1000 and 1001", "model.rank = 16 is not small", "\"tanh\" saturates"] {
            assert!(told.contains(word), "{word}: {told}");
        }
    }
    let output = session.call("run tiny.toml --out out --set model.rank=5");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let warning = "model.rank = 5 is not small against √n = 4 at the width 16";
    assert!(output.status.success() && told.contains(&format!("warning: {warning}")), "{told}");
    let summary = session.text("out/summary.json");
    assert!(summary.contains(warning), "the summary keeps it: {summary}");
}

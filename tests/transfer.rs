//! Carrying a learning rate to another model from the command line.

mod session;

use lora_theory::{Init, Setting, analyse, approximate, rank_exponents};
use serde_json::Value;
use session::Session;

fn json(words: &str) -> Value {
    let printed = Session::new().ok(&format!("transfer --json {words}"));
    serde_json::from_str(&printed).expect("JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn a_measured_exponent_is_used_with_its_interval() {
    let answer = json("--from-width 1024 --from-lr 2e-4 --to-width 8192");
    assert_eq!(answer["by"], "measurement");
    let exponent = &answer["changes"][0]["measured"];
    for (end, of) in [("lower", "lower"), ("value", "estimate"), ("upper", "upper")] {
        let expected = 2e-4 * 8f64.powf(number(&exponent[of]));
        let lr = number(&answer["measured"][end]);
        assert!((lr / expected - 1.0).abs() < 1e-12, "{end}: {lr}, expected {expected}");
    }
    let text = Session::new().ok("transfer --from-width 1024 --from-lr 2e-4 --to-width 8192");
    assert!(text.contains("by measured exponents (95% interval)"), "{text}");
}

/// Downwards an interval of exponents turns round, and stays an interval.
#[test]
fn a_smaller_model_gets_a_larger_rate() {
    let answer = json("--from-width 8192 --from-lr 2e-4 --to-width 1024");
    let [lower, value, upper] =
        ["lower", "value", "upper"].map(|end| number(&answer["measured"][end]));
    assert!(2e-4 < lower && lower < value && value < upper, "{answer}");
}

#[test]
fn the_theory_answers_where_nothing_was_measured() {
    let answer = json("--from-width 100 --from-lr 0.5 --to-width 400 --readout 2/3 --init B");
    assert_eq!(answer["by"], "theory");
    assert!(answer["measured"].is_null());
    let setting =
        Setting::network(Init::B, lora_theory::parse_rational("2/3").expect("a fraction"));
    let gamma = analyse(&setting).expect("a setting").critical.optimal.gamma().expect("a rate");
    let expected = 0.5 * 4f64.powf(approximate(gamma));
    assert!((number(&answer["theory"]["value"]) / expected - 1.0).abs() < 1e-12);
    let warnings = answer["warnings"].to_string();
    assert!(warnings.contains("was not measured in this setting"), "{warnings}");
}

#[test]
fn width_and_rank_change_together() {
    let words =
        "--from-width 2048 --from-lr 1e-3 --to-width 4096 --to-rank 64 --multiplier inverse";
    let answer = json(words);
    let setting = Setting {
        multiplier_rank: lora_theory::parse_rational("1").expect("a number"),
        ..Setting::default()
    };
    let gamma = analyse(&setting).expect("a setting").critical.optimal.gamma().expect("a rate");
    let rank = rank_exponents(&setting).expect("a setting").optimal.expect("a power");
    let expected = 1e-3 * 2f64.powf(approximate(gamma)) * 16f64.powf(approximate(rank));
    assert!((number(&answer["theory"]["value"]) / expected - 1.0).abs() < 1e-12);
    // The paper says nothing of the rank.
    assert!(answer["paper"].is_null());
    assert_eq!(answer["changes"].as_array().map(Vec::len), Some(2));
}

#[test]
fn paper_and_measurement_that_disagree_are_told() {
    let disagree = json("--from-width 1024 --from-lr 2e-4 --to-width 8192");
    assert!(disagree["warnings"].to_string().contains("it is refuted here"));
    assert_eq!(disagree["paper_exact"], "-1/2");
    let agree = json("--from-width 1024 --from-lr 2e-4 --to-width 8192 --readout 1");
    assert!(!agree["warnings"].to_string().contains("refuted"), "{agree}");
}

#[test]
fn a_theory_that_was_refuted_and_sizes_beyond_the_measured_are_told() {
    let answer = json("--from-width 512 --from-lr 1e-4 --to-rank 4096 --multiplier sqrt --init B");
    let warnings = answer["warnings"].to_string();
    assert!(warnings.contains("is refuted"), "{warnings}");
    assert!(warnings.contains("beyond that the power is continued"), "{warnings}");
}

#[test]
fn bad_requests_say_what_would_be_valid() {
    for (words, told) in [
        ("--from-width 512 --from-lr 0.1", "nothing changes; give --to-width or --to-rank"),
        ("--from-width 512 --from-lr 0.1 --to-width 512", "nothing changes"),
        ("--from-width 512 --from-lr -3 --to-width 4", "must be a finite number above 0"),
        ("--from-width 1 --from-lr 1 --to-width 4", "2..=2147483648"),
        ("--from-lr 1 --to-width 4", "--from-width <n>"),
    ] {
        let output = Session::new().call(&format!("transfer {words}"));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(told), "{words}: {error}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{words}");
    }
}

//! Carrying a learning rate to another model from the command line: by measurement, by theory, by
//! the user's own exponent.

use crate::session::Session;
use lora_theory::{Init, Setting, analyse, approximate, rank_exponents};
use serde_json::Value;

fn json(words: &str) -> Value {
    let printed = Session::new().ok(&format!("transfer --json {words}"));
    serde_json::from_str(&printed).expect("JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

fn ends(range: &Value) -> [f64; 3] {
    ["lower", "value", "upper"].map(|end| number(&range[end]))
}

fn close(one: f64, other: f64) {
    assert!((one / other - 1.0).abs() < 1e-12, "{one}, expected {other}");
}

/// The rows of a committed table, by column.
fn rows(table: &str, claim: &str) -> Vec<std::collections::HashMap<String, String>> {
    let path = format!("{}/../../figures/verify/{table}", env!("CARGO_MANIFEST_DIR"));
    let mut reader = csv::Reader::from_path(path).expect("a committed table");
    let rows = reader.deserialize().map(|row| row.expect("a row"));
    rows.filter(|row: &std::collections::HashMap<String, String>| row["claim"] == claim).collect()
}

fn cell(row: &std::collections::HashMap<String, String>, column: &str) -> f64 {
    row[column].parse().expect("a number")
}

const BENT: &str = "--from-width 2048 --from-lr 1e-3 --init B --goal stable --multiplier inverse";
const BENT_CLAIM: &str = "rank-in-network-inverse-B";

/// The whole point: no power describes these ranks, and their local slopes multiply.
#[test]
fn between_measured_ranks_the_local_slopes_multiply() {
    let answer = json(&format!("{BENT} --from-rank 8 --to-rank 64"));
    assert_eq!(
        (&answer["method"], &answer["changes"][0]["method"]),
        (&"interpolated".into(), &"interpolated".into())
    );
    let slopes: Vec<_> = rows("slopes.csv", BENT_CLAIM)
        .into_iter()
        .filter(|row| cell(row, "from") >= 8.0 && cell(row, "to") <= 64.0)
        .collect();
    assert_eq!(slopes.len(), 3);
    let product: f64 = slopes.iter().map(|row| 2f64.powf(cell(row, "slope"))).product();
    close(number(&answer["factor"]["value"]), product);
    close(number(&answer["lr"]["value"]), 1e-3 * product);
    let whole: f64 = rows("tests.csv", BENT_CLAIM).iter().map(|row| cell(row, "estimate")).sum();
    let fitted = 8f64.powf(whole);
    assert!((product / fitted).ln().abs() > 0.1, "the fitted power, {fitted}, would not do for it");
    // The range is as wide as the widest step alone, at least.
    let [lower, value, upper] = ends(&answer["factor"]);
    for row in &slopes {
        let step = |end: &str| 2f64.powf(cell(row, end) - cell(row, "slope"));
        assert!(lower / value <= step("lower") && upper / value >= step("upper"), "{row:?}");
    }
}

#[test]
fn interpolation_composes_and_inverts() {
    let factor = |from: u32, to: u32| {
        ends(&json(&format!("{BENT} --from-rank {from} --to-rank {to}"))["factor"])
    };
    let [lower, whole, upper] = factor(8, 64);
    close(factor(8, 16)[1] * factor(16, 64)[1], whole);
    close(factor(8, 11)[1] * factor(11, 64)[1], whole);
    let back = factor(64, 8);
    for (one, other) in back.into_iter().zip([upper, whole, lower]) {
        close(one, 1.0 / other);
    }
    let width = |from: u32, to: u32| {
        let words = format!("--from-width {from} --to-width {to} --from-lr 1e-3");
        number(&json(&words)["factor"]["value"])
    };
    close(width(1000, 3000) * width(3000, 8192), width(1000, 8192));
    assert!(width(1000, 3000) < 1.0);
}

/// Beyond the measured widths the range holds the fit's interval and the last local slope, and
/// widens with the distance.
#[test]
fn beyond_the_measured_the_range_widens_to_fit_and_last_slope() {
    let settings = [("1/2", "0.5"), ("3/4", "0.75"), ("1", "1")];
    let mut outside = 0;
    for ((readout, name), init) in settings.into_iter().flat_map(|one| [(one, "A"), (one, "B")]) {
        let claim = format!("optimal-{name}-{init}");
        let words = format!("--readout {readout} --init {init} --from-width 65536 --from-lr 1e-3");
        let answer = json(&format!("{words} --to-width 262144"));
        assert_eq!(answer["method"], "fit", "{claim}");
        let fit = rows("tests.csv", &claim).remove(0);
        let slope = cell(rows("slopes.csv", &claim).last().expect("slopes"), "slope");
        let (least, most) = (cell(&fit, "lower"), cell(&fit, "upper"));
        outside += usize::from(!(least..=most).contains(&slope));
        let [lower, value, upper] = ends(&answer["factor"]);
        close(value, 4f64.powf(cell(&fit, "estimate")));
        close(lower, 4f64.powf(slope.min(least)));
        close(upper, 4f64.powf(slope.max(most)));
        let [lower_still, value_there, _] =
            ends(&json(&format!("{words} --to-width 1048576"))["factor"]);
        assert!(lower_still / value_there < lower / value);
        assert!(
            answer["warnings"].to_string().contains("the fitted power continues beyond that"),
            "{answer}"
        );
    }
    assert!(outside > 0, "somewhere the last slope lies outside of the fit's interval");
}

/// Beyond ranks that follow no power law there is no number. Where the committed verdict is another
/// one, the range holds the local slope at the end.
#[test]
fn a_bent_curve_is_not_continued() {
    let words = format!("transfer --json {BENT} --from-rank 128 --to-rank 512");
    let output = Session::new().call(&words);
    let verdict = rows("tests.csv", BENT_CLAIM).remove(0)["verdict"].clone();
    if verdict == "not a power law" {
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains("is not carried from r = 128 to 512"), "{error}");
        assert!(error.contains("give your own --rank-exponent"), "{error}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0));
    } else {
        let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let slope = cell(rows("slopes.csv", BENT_CLAIM).last().expect("slopes"), "slope");
        assert!(ends(&answer["factor"])[0] <= 4f64.powf(slope) * (1.0 + 1e-12), "{answer}");
        assert!(answer["warnings"].to_string().contains(&verdict), "{answer}");
    }
}

#[test]
fn the_theory_answers_where_nothing_was_measured() {
    let answer = json("--from-width 100 --from-lr 0.5 --to-width 400 --readout 2/3 --init B");
    assert_eq!(answer["method"], "theory");
    assert!(answer["changes"][0]["measured"].is_null());
    let setting =
        Setting::network(Init::B, lora_theory::parse_rational("2/3").expect("a fraction"));
    let gamma = analyse(&setting).expect("a setting").critical.optimal.gamma().expect("a rate");
    close(number(&answer["lr"]["value"]), 0.5 * 4f64.powf(approximate(gamma)));
    assert!(answer["warnings"].to_string().contains("was not measured in this setting"));
}

/// Width and rank multiply, and so do the theory's powers that stand beside the answer.
#[test]
fn width_and_rank_change_together() {
    let width = "--from-width 2048 --from-lr 1e-3 --to-width 4096";
    let rank = "--from-width 2048 --from-lr 1e-3 --to-rank 64 --multiplier inverse";
    let (width, rank) = (json(width), json(rank));
    let answer =
        json("--from-width 2048 --from-lr 1e-3 --to-width 4096 --to-rank 64 --multiplier inverse");
    let factors = [&width, &rank].map(|answer| ends(&answer["factor"]));
    let both = ends(&answer["factor"]);
    for end in 0..3 {
        close(both[end], factors[0][end] * factors[1][end]);
    }
    let setting = Setting {
        multiplier_rank: lora_theory::parse_rational("1").expect("a number"),
        ..Setting::default()
    };
    let gamma = analyse(&setting).expect("a setting").critical.optimal.gamma().expect("a rate");
    let power = rank_exponents(&setting).expect("a setting").optimal.expect("a power");
    let expected = 1e-3 * 2f64.powf(approximate(gamma)) * 16f64.powf(approximate(power));
    close(number(&answer["theory"]["value"]), expected);
    // The paper says nothing of the rank.
    assert!(answer["paper"].is_null());
}

#[test]
fn paper_and_measurement_that_disagree_are_told() {
    let disagree = json("--from-width 1024 --from-lr 2e-4 --to-width 8192");
    assert!(disagree["warnings"].to_string().contains("it is refuted here"));
    assert_eq!(disagree["paper_exact"], "-1/2");
    let agree = json("--from-width 1024 --from-lr 2e-4 --to-width 8192 --readout 1");
    assert!(!agree["warnings"].to_string().contains("refuted"), "{agree}");
}

/// Whatever the verdict on an exponent, unless it holds the answer repeats it.
#[test]
fn a_verdict_that_does_not_hold_is_told() {
    let verdict = rows("tests.csv", "rank-optimal-inverse-B").remove(0)["verdict"].clone();
    assert_ne!(verdict, "holds");
    let answer = json("--from-width 2048 --from-lr 1e-4 --from-rank 8 --to-rank 32 --init B");
    assert_eq!(answer["changes"][0]["measured"]["verdict"], verdict.as_str());
    let told = if verdict == "not a power law" { "where they bend" } else { &verdict };
    assert!(answer["warnings"].to_string().contains(told), "{answer}");
}

#[test]
fn words_and_json_say_the_same() {
    let words = format!("{BENT} --from-rank 8 --to-rank 64");
    let text = Session::new().ok(&format!("transfer {words}"));
    let value = number(&json(&words)["lr"]["value"]);
    assert!(text.contains(&format!("Use {value:.4} [")), "{text}");
    assert!(text.contains("r interpolated between measurements"), "{text}");
}

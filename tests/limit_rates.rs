//! Learning rates from a solved limit, as `predict` and `transfer` print them.

use std::fs;

use crate::session::Session;
use crate::session::kept::told;
use lora_theory::{Init, approximate, parse_rational};
use serde_json::Value;

const TINY: &str = "limit tiny.toml --neurons 64 --set search.bracket_factor=2";

fn json(session: &Session, words: &str) -> Value {
    serde_json::from_str(&session.ok(words)).expect("JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

fn close(one: &Value, other: f64) {
    assert!((number(one) / other - 1.0).abs() < 1e-12, "{one}, expected {other}");
}

/// The constants that are committed, read without the program.
fn committed(readout: &str, init: Init) -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../figures/limit/limit.json");
    let text = fs::read_to_string(path).expect("committed constants");
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let readouts = document["readouts"].as_array().expect("readouts");
    let of = readouts.iter().find(|of| of["readout"] == readout).expect("the readout");
    of["inits"][init.key()].clone()
}

/// η = c n^γ with the committed c, its interval and the theory's γ, at any width.
#[test]
fn predictions_have_the_learning_rate_itself() {
    let session = Session::new();
    for (readout, init, gamma) in [
        ("1/2", Init::A, "-3/4"),
        ("1/2", Init::B, "-1"),
        ("1", Init::A, "-1/2"),
        ("1", Init::B, "-1/2"),
    ] {
        let expected = committed(readout, init);
        assert_eq!(expected["gamma"], gamma);
        for width in [512u32, 4096] {
            let words =
                format!("--readout {readout} --init {init} --width {width}", init = init.key());
            let found = &json(&session, &format!("predict --json {words}"))[0]["limit"];
            let scale = f64::from(width).powf(approximate(parse_rational(gamma).unwrap()));
            close(&found["eta_opt"]["lr"], number(&expected["c_opt"]) * scale);
            for end in 0..2 {
                let c = number(&expected["c_opt_interval"][end]);
                close(&found["eta_opt"]["lr_interval"][end], c * scale);
            }
            assert_eq!(found["width"], width);
            // A c_stable that depends on the width, or that no c reaches, is no constant.
            let plain = expected["c_stable_remark"].is_null();
            assert_eq!(found["eta_stable"].is_null(), !plain, "{words}");
            if plain {
                close(&found["eta_stable"]["lr"], number(&expected["c_stable"]) * scale);
            }
        }
    }
    let said = session.ok("predict --init A").replace('\n', " ");
    assert!(said.contains("η_opt ≈ c n^-3/4 with c = "), "{said}");
    assert!(
        said.contains("at n = 4096") && said.contains("It says nothing of another model"),
        "{said}"
    );
    assert!(
        said.contains("N = 1000, d = 5, r = 4, s = 1, relu, a = 1/2, 100 steps of adam"),
        "{said}"
    );
}

/// Another setting than the one that was solved has no learning rate.
#[test]
fn other_settings_have_none() {
    let session = Session::new();
    for words in [
        "--optimizer sgd",
        "--optimizer sign-sgd",
        "--readout 3/4",
        "--init AB",
        "--train B --init A",
        "--layer",
        "--lr-ratio-exponent 1",
        "--rank-exponent 1/2",
        "--multiplier-width -1/2",
        "--lr-exponent -1/2",
    ] {
        let found = json(&session, &format!("predict --json {words}"));
        for entry in found.as_array().expect("a list") {
            assert!(entry.get("limit").is_some_and(Value::is_null), "{words}: {entry}");
        }
        assert!(!session.ok(&format!("predict {words}")).contains("with c ="), "{words}");
    }
}

/// A directory that `limit` wrote takes the place of the committed constants, and one of other settings is refused.
#[test]
fn constants_of_ones_own_are_read_from_their_directory() {
    let session = Session::new();
    session.ok(&format!("{TINY} --out solved"));
    let solved = session.json("solved/limit.json");
    let of = &solved["readouts"][0]["inits"]["A"];
    let found = json(&session, "predict --json --init A --limit solved --width 64");
    close(&found[0]["limit"]["eta_opt"]["lr"], number(&of["c_opt"]) * 64f64.powf(-0.75));
    assert_eq!(found[0]["limit"]["of"]["from"], "solved");
    let carried = json(&session, "transfer --json --init A --limit solved --to-width 64");
    assert_eq!(carried, found[0]["limit"]);
    // The width that the limit is coupled to stands where none is named.
    let usual = json(&session, "predict --json --init A --limit solved");
    assert_eq!(usual[0]["limit"]["width"], solved["coupled_width"]);
    let other = "the constants in solved are of the experiment tiny, and not of this setting at its critical exponent";
    let refused = [
        (
            "predict --width 64 --optimizer sgd",
            format!(
                "predict: {}",
                other.replace("solved", "figures/limit").replace("tiny", "paper")
            ),
        ),
        ("predict --limit solved --optimizer sgd", format!("predict: {other}")),
        ("transfer --limit solved --to-width 64 --readout 1", format!("transfer: {other}")),
    ];
    for (words, message) in refused {
        let output = session.call(words);
        assert_eq!(told(&output), format!("error: {message}\n"), "{words}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{words}");
    }
}

#[test]
fn a_rate_that_the_limit_does_not_have_is_refused_with_its_reason() {
    let session = Session::new();
    let refused = |words: &str, message: &str| {
        let output = session.call(words);
        let said = told(&output);
        assert!(said.contains(message), "{words}: {said}");
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{words}");
    };
    refused(
        "transfer --limit --to-width 64 --goal stable",
        "error: transfer: no η_stable = c n^-3/4: Z_B tends to zero like n^-1/2 at every c",
    );
    refused(
        "predict --limit nowhere",
        "nowhere/limit.json: is missing; it must be what limit writes",
    );
    fs::create_dir(session.path("bad")).expect("a directory");
    fs::write(session.path("bad/limit.json"), "{\"schema\": 1}").expect("a file");
    refused("predict --limit bad", "bad/limit.json: missing field");
    refused("transfer --limit --to-width 64 --from-width 8 --from-lr 1e-3", "cannot be used with");
}

//! `transfer` with what a PEFT user has: an exponent of their own, alpha, rsLoRA, LoRA+'s ratio; and
//! requests that are no good.

use crate::session::Session;
use lora_theory::{Init, Setting, approximate, multiplier_exponents, ratio_exponents};
use serde_json::Value;

fn json(words: &str) -> Value {
    let printed = Session::new().ok(&format!("transfer --json {words}"));
    serde_json::from_str(&printed).expect("JSON")
}

fn factor(words: &str) -> f64 {
    json(words)["factor"]["value"].as_f64().expect("a number")
}

fn close(one: f64, other: f64) {
    assert!((one / other - 1.0).abs() < 1e-12, "{one}, expected {other}");
}

/// The one line that a request is refused with.
fn refused(words: &str) -> String {
    let output = Session::new().call(&format!("transfer {words}"));
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{words}: {error}");
    assert_eq!(error.matches("error: ").count(), 1, "{words}: {error}");
    error
}

const FROM: &str = "--from-width 1024 --from-lr 1e-3";

#[test]
fn a_given_exponent_replaces_ours() {
    let answer = json(&format!("{FROM} --to-width 65536 --exponent -0.62"));
    assert_eq!(
        (&answer["method"], &answer["changes"][0]["given"]["exact"]),
        (&"given".into(), &"-31/50".into())
    );
    close(answer["lr"]["value"].as_f64().expect("a number"), 1e-3 * 64f64.powf(-0.62));
    assert!(
        answer["warnings"].to_string().contains("your exponent of n has no interval"),
        "{answer}"
    );
    let interval = "--exponent -1/2 --exponent-interval -0.75,-0.25";
    let answer = json(&format!("{FROM} --to-width 4096 {interval}"));
    for (end, expected) in [("lower", -0.75f64), ("value", -0.5), ("upper", -0.25)] {
        close(answer["factor"][end].as_f64().expect("a number"), 4f64.powf(expected));
    }
    assert!(
        !answer["warnings"].to_string().contains("your exponent of n has no interval"),
        "{answer}"
    );
    // Each axis has its own; it also answers where nothing else does.
    let rank = "--to-rank 1024 --init B --goal stable --rank-exponent 1/4";
    close(factor(&format!("{FROM} {rank}")), 256f64.powf(0.25));
    let both = json(&format!("{FROM} --to-width 2048 --to-rank 64 --rank-exponent 0"));
    assert_eq!(both["method"], "mixed");
    assert_eq!(both["changes"][1]["method"], "given");
}

/// Alpha moves s, whose powers are the theory's.
#[test]
fn doubling_alpha_at_a_fixed_rank() {
    let words = format!("{FROM} --from-alpha 16 --to-alpha 32");
    close(factor(&words), 0.5f64.sqrt());
    close(factor(&format!("{words} --init B")), 0.5);
    for (name, init) in [("A", Init::A), ("B", Init::B)] {
        let setting = Setting::network(init, lora_theory::Rational::new_raw(1, 2));
        let power = multiplier_exponents(&setting).expect("a setting").optimal.expect("a power");
        let answer = json(&format!("{words} --init {name}"));
        close(answer["factor"]["value"].as_f64().expect("a number"), 2f64.powf(approximate(power)));
        assert_eq!(answer["method"], "theory");
        assert_eq!(answer["multiplier"], serde_json::json!([4.0, 8.0]));
    }
    let exact =
        [("A", "dividing η_B by 2 and keeping η_A"), ("B", "dividing η_A by 2 and keeping η_B")];
    for (init, told) in exact {
        let answer = json(&format!("{words} --init {init}"));
        assert!(answer["assumptions"].to_string().contains(told), "{answer}");
    }
}

/// SGD's updates grow with s, so the exact rule has its square; its powers depend on the steps.
#[test]
fn alpha_under_sgd() {
    let answer = json(&format!("{FROM} --from-alpha 16 --to-alpha 32 --optimizer sgd"));
    assert!(answer["assumptions"].to_string().contains("dividing η_B by 4 and keeping η_A"));
    assert!(answer["warnings"].to_string().contains("depend on the number of steps"), "{answer}");
}

/// The same alpha at another rank is what --multiplier inverse says, and sqrt under rsLoRA.
#[test]
fn alpha_goes_with_the_rank_as_peft_has_it() {
    let rank = format!("{FROM} --from-rank 8 --to-rank 64 --init B --goal stable");
    let alpha = "--from-alpha 16 --to-alpha 16";
    let plain = json(&format!("{rank} {alpha}"));
    assert_eq!(plain["multiplier"], serde_json::json!([2.0, 0.25]));
    close(
        plain["factor"]["value"].as_f64().expect("a number"),
        factor(&format!("{rank} --multiplier inverse")),
    );
    let stabilised = json(&format!("{rank} {alpha} --rslora"));
    let s = stabilised["multiplier"][0].as_f64().expect("a number");
    close(s, 16.0 / 8f64.sqrt());
    close(
        stabilised["factor"]["value"].as_f64().expect("a number"),
        factor(&format!("{rank} --multiplier sqrt")),
    );
    close(factor(&format!("{rank} --rslora")), factor(&format!("{rank} --multiplier sqrt")));
    // Rank and alpha multiply.
    let both = factor(&format!("{rank} --from-alpha 16 --to-alpha 64"));
    close(both, factor(&format!("{rank} {alpha}")) / 4.0);
}

#[test]
fn the_ratio_of_lora_plus_gives_both_rates() {
    let fixed = json(&format!("{FROM} --to-width 4096 --lora-plus-ratio 16"));
    close(
        fixed["factor"]["value"].as_f64().expect("a number"),
        factor(&format!("{FROM} --to-width 4096")),
    );
    let [a, b] = ["lr", "lr_b"].map(|of| fixed[of]["value"].as_f64().expect("a number"));
    close(b, 16.0 * a);
    assert!(fixed["warnings"].to_string().contains("the measurements have η_B = η_A"), "{fixed}");
    let changed = json(&format!("{FROM} --to-lora-plus-ratio 16"));
    let power = ratio_exponents(&Setting::default()).expect("a setting").optimal.expect("a power");
    close(changed["factor"]["value"].as_f64().expect("a number"), 16f64.powf(approximate(power)));
    close(factor(&format!("{FROM} --to-lora-plus-ratio 16 --init B")), 1.0);
    let large = json(&format!("{FROM} --lora-plus-ratio 64 --to-width 2048 --init B"));
    assert!(large["warnings"].to_string().contains("not small against √n = 32"), "{large}");
    let text = Session::new().ok(&format!("transfer {FROM} --to-lora-plus-ratio 16"));
    assert!(text.contains("Use η_A = 2.50e-4 and η_B = 0.00400"), "{text}");
}

/// Where s or the ratio has no single power, the exact rule is told instead of a number.
#[test]
fn what_has_no_power_is_refused() {
    let corner = format!("{FROM} --init B --readout 1");
    let error = refused(&format!("{corner} --from-alpha 16 --to-alpha 32"));
    assert!(error.contains("dividing η_A by 2 and keeping η_B is exact"), "{error}");
    let error = refused(&format!("{corner} --to-lora-plus-ratio 16"));
    assert!(error.contains("keep η_B/η_A as it is"), "{error}");
    let rank = json(&format!("{FROM} --to-rank 64 --readout 1"));
    assert!(rank["warnings"].to_string().contains("r = 64 is not small against √n = 32"), "{rank}");
    let error = refused(&format!("{FROM} --init AB --to-rank 64"));
    assert!(error.contains("give your own --rank-exponent"), "{error}");
}

#[test]
fn contradictions_say_what_would_be_valid() {
    for (words, told) in [
        ("", "nothing changes; give --to-width, --to-rank, --to-alpha or --to-lora-plus-ratio"),
        ("--to-width 1024", "nothing changes"),
        ("--from-alpha 16 --to-alpha 16", "nothing changes"),
        ("--to-rank 8 --multiplier sqrt --from-alpha 16", "--multiplier contradicts --from-alpha"),
        ("--to-rank 8 --multiplier sqrt --rslora", "give one or the other"),
        ("--to-alpha 16", "--to-alpha needs --from-alpha"),
        ("--to-rank 8 --exponent -1/2", "--exponent is of the width, which does not change"),
        ("--to-width 8 --rank-exponent 0", "--rank-exponent is of the rank, which does not change"),
        ("--to-width 8 --exponent-interval -1,0", "--exponent-interval needs --exponent"),
        (
            "--to-width 8 --exponent -1/2 --exponent-interval -0.4,0",
            "-1/2 lies outside its interval",
        ),
        ("--to-width 8 --exponent -1 --exponent-interval 0,-1", "the lower end first"),
        ("--to-width 8 --exponent -1 --exponent-interval 0", "two exponents, such as -0.7,-0.5"),
    ] {
        let error = refused(&format!("{FROM} {words}"));
        assert!(error.contains(told), "{words}: {error}");
    }
    assert!(refused("--from-lr 1 --to-width 4").contains("--from-width <n>"));
}

/// Numbers that make no sense, or make one that is no number.
#[test]
fn hostile_numbers_are_refused() {
    let numbers = ["0", "-3", "NaN", "1e400", "inf", "-0", "1e-400", "x"];
    let flags = ["--from-alpha", "--lora-plus-ratio", "--to-lora-plus-ratio"];
    for number in numbers {
        refused(&format!("--from-width 512 --to-width 1024 --from-lr {number}"));
        for flag in flags {
            let error = refused(&format!("{FROM} --to-width 4 {flag} {number}"));
            assert!(
                error.contains("must be a number from 1e-9 to 1e9"),
                "{flag} {number}: {error}"
            );
        }
    }
    for exponent in ["17", "-1e400", "NaN", "1/0", "99999999999999999999"] {
        let error = refused(&format!("{FROM} --to-width 4 --exponent {exponent}"));
        assert!(error.contains("from -16 to 16, such as -1/2 or -0.62"), "{exponent}: {error}");
    }
    for width in ["0", "1", "2147483649", "1e400", "-4", "18446744073709551616"] {
        refused(&format!("--from-width {width} --from-lr 1 --to-width 4"));
        refused(&format!("{FROM} --to-width {width}"));
    }
    for rank in ["0", "65537", "-1"] {
        refused(&format!("{FROM} --to-rank {rank}"));
    }
    let error = refused("--from-width 1024 --from-lr 1e308 --to-width 4");
    assert!(error.contains("too large or too small for a floating-point number"), "{error}");
    let small = "--from-width 2 --from-lr 3e-308 --to-width 2147483648 --exponent -16";
    assert!(refused(small).contains("too large or too small"));
    // The largest that is allowed gives finite numbers.
    let answer = json("--from-width 2 --from-lr 1e-3 --to-width 2147483648");
    for end in ["lower", "value", "upper"] {
        assert!(answer["lr"][end].as_f64().expect("a number") > 0.0);
    }
}

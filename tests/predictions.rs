//! Predictions: `predict`, and what a run keeps of them.

use std::fs;

use crate::session::Session;
use serde_json::Value;

#[test]
fn both_inits_with_their_critical_exponents() {
    let session = Session::new();
    let printed = session.ok("predict");
    let a = printed.split("Init[A]").nth(1).expect("Init[A]");
    let b = printed.split("\nInit[B]").nth(1).expect("Init[B]");
    assert!(a.contains("η_opt = n^-3/4  η_stable = n^-1/2"), "{printed}");
    assert!(b.contains("η_opt = η_stable = n^-1"), "{printed}");
    assert!(!session.ok("predict --init A").contains("Init[B]"));
    assert!(!session.ok("predict --init b").contains("Init[A]"));
    assert!(session.ok("predict --init AB").contains("both factors random"));
}

#[test]
fn the_readout_moves_the_optimum_and_not_the_stable_rate() {
    let session = Session::new();
    let printed = session.ok("predict --init A --readout 1");
    assert!(printed.contains("W_out ~ N(0, n^-2)"), "{printed}");
    assert!(printed.contains("η_opt = η_stable = n^-1/2"), "{printed}");
    assert_eq!(session.ok("predict --readout 0.5"), session.ok("predict --readout=1/2"));
    assert!(session.ok("predict --readout -1/2").contains("W_out ~ N(0, n^1)"));
}

#[test]
fn optimizers_go_by_the_names_of_experiment_files() {
    let session = Session::new();
    for name in ["adam", "adamw", "sign-sgd", "sgd"] {
        let printed = session.ok(&format!("predict --optimizer {name}"));
        assert!(printed.contains(&format!("optimiser {name};")), "{printed}");
    }
    assert_ne!(session.ok("predict --optimizer sgd"), session.ok("predict"));
}

#[test]
fn a_negative_exponent_is_a_value_and_not_a_flag() {
    let session = Session::new();
    let printed = session.ok("predict --lr-exponent -3/4");
    assert!(printed.contains("η = n^-3/4"), "{printed}");
    for words in ["--lr-exponent=-3/4", "--lr-exponent -0.75", "--lr-exponent −3/4"] {
        assert_eq!(session.ok(&format!("predict {words}")), printed, "{words}");
    }
    let output = session.call("predict --lr-exponent fast");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("write an integer, a fraction such as -1/2, or a decimal"), "{told}");
}

#[test]
fn json_holds_the_exact_exponents() {
    let session = Session::new();
    let json = |words: &str| -> Value {
        serde_json::from_str(&session.ok(&format!("predict --json {words}"))).expect("JSON")
    };
    let both = json("");
    assert_eq!(both[0]["analysis"]["critical"]["optimal"]["at"], "-3/4");
    assert_eq!(both[0]["at_stable"]["gamma"], "-1/2");
    assert_eq!(both[1]["at_optimal"]["gamma"], "-1");
    assert_eq!(both[0]["at_exponent"], Value::Null);
    assert_eq!(json("--init A --lr-exponent -3/4")[0]["at_exponent"]["z_a"], "1/4");
}

#[test]
fn the_layer_alone_has_no_output_and_no_readout() {
    let session = Session::new();
    let printed = session.ok("predict --layer --init A");
    assert!(printed.contains("The LoRA layer alone") && !printed.contains("Δf"));
    assert_eq!(session.call("predict --layer --readout 1").status.code(), Some(2));
}

/// Below a = 1/2 the frozen output must be cancelled first, and the optimum stays.
#[test]
fn a_small_readout_has_the_optimum_of_the_standard_one() {
    let session = Session::new();
    for readout in ["0", "1/4", "1/2"] {
        let printed = session.ok(&format!("predict --readout {readout}"));
        assert!(printed.contains("η_opt = n^-3/4  η_stable = n^-1/2"), "{printed}");
        assert!(printed.contains("η_opt = η_stable = n^-1"), "{printed}");
    }
    let printed = session.ok("predict --readout 0 --init B");
    assert!(printed.contains("learns, moving like its initial error, n^1/2"), "{printed}");
}

#[test]
fn json_has_both_learning_rates_of_each_init() {
    let session = Session::new();
    let text = session.ok("predict --json");
    let entries: Value = serde_json::from_str(&text).expect("one document");
    let exponents = |entry: &Value| {
        ["eta_opt", "eta_stable"].map(|rate| entry[rate]["exponent"].as_str().map(str::to_owned))
    };
    let expected = |opt: &str, stable: &str| [Some(opt.to_owned()), Some(stable.to_owned())];
    assert_eq!(
        (&entries[0]["init"], exponents(&entries[0])),
        (&"A".into(), expected("-3/4", "-1/2"))
    );
    assert_eq!((&entries[1]["init"], exponents(&entries[1])), (&"B".into(), expected("-1", "-1")));
    assert_eq!(entries[1]["eta_opt"]["rank_exponent"], "-1/2");
    assert_eq!(entries[1]["eta_stable"]["rank_exponent"], "0");
    assert_eq!(entries[0]["eta_opt"]["multiplier_exponent"], "-1/2");
}

fn entry(session: &Session, words: &str) -> Value {
    let text = session.ok(&format!("predict --json {words}"));
    serde_json::from_str::<Value>(&text).expect("JSON")[0].take()
}

#[test]
fn one_factor_may_be_frozen() {
    let session = Session::new();
    let lora_fa = entry(&session, "--init A --train B");
    assert_eq!(lora_fa["eta_opt"]["exponent"], "-1/2");
    assert_eq!(lora_fa["eta_stable"]["exponent"], "0");
    assert_eq!(lora_fa["at_optimal"]["delta1"], "-inf");
    assert_eq!(lora_fa["at_optimal"]["lr_a"], "-inf");
    let printed = session.ok("predict --train b");
    assert!(printed.contains("; B alone trained\n"), "{printed}");
    // Under Init[B] A stays at zero, and with it all that B could learn.
    assert!(printed.contains("Nothing moves at any learning rate"), "{printed}");
    let still = entry(&session, "--init B --train B");
    assert_eq!(still["eta_opt"]["exponent"], Value::Null);
    assert_eq!(still["eta_opt"]["largest"], "always");
    assert_eq!(session.ok("predict --train A,B"), session.ok("predict"));
    assert_eq!(session.ok("predict --train b,a"), session.ok("predict"));
}

#[test]
fn each_factor_may_have_a_rate_of_its_own() {
    let session = Session::new();
    // LoRA+ is efficient: both factors move the features by order one.
    let fixed = entry(&session, "--layer --init A --lr-a-exponent -1 --lr-b-exponent 0");
    assert_eq!((&fixed["eta_opt"], &fixed["eta_stable"]), (&Value::Null, &Value::Null));
    let there = &fixed["at_exponent"];
    assert_eq!((&there["lr_a"], &there["lr_b"]), (&"-1".into(), &"0".into()));
    assert_eq!((&there["delta1"], &there["delta2"]), (&"0".into(), &"0".into()));
    let printed = session.ok("predict --lr-a-exponent -1 --lr-b-exponent 0 --init A");
    assert!(printed.contains("at learning rates η_A = n^-1, η_B = n^0;"), "{printed}");
    // The same along a ratio, and with one of the two fixed.
    let ratio = entry(&session, "--layer --init A --lr-ratio-exponent 1");
    assert_eq!(ratio["eta_stable"]["exponent"], "-1");
    assert_eq!(ratio["at_stable"]["lr_b"], "0");
    let half_fixed = entry(&session, "--layer --init A --lr-a-exponent -1");
    assert_eq!(half_fixed["eta_stable"]["exponent"], "0");
    assert_eq!(half_fixed["at_stable"]["lr_a"], "-1");
}

#[test]
fn initial_sizes_ranks_multipliers_and_steps_may_be_others() {
    let session = Session::new();
    let named = entry(&session, "--init A");
    let custom = entry(&session, "--std-a-exponent -1/2 --std-b-exponent zero");
    assert_eq!(custom["init"], "custom");
    assert_eq!(custom["eta_opt"], named["eta_opt"]);
    let zeros = session.ok("predict --std-a-exponent zero --std-b-exponent zero");
    assert!(zeros.contains("\nA0 = 0 and B0 = 0\n"), "{zeros}");
    assert!(zeros.contains("Nothing moves"), "{zeros}");

    // η = (n r s)^-1/2 under Init[A]: r = n^1/2 costs 1/4, unless s = 1/r makes up for it.
    let stable = |words: &str| entry(&session, words)["eta_stable"]["exponent"].clone();
    assert_eq!(stable("--init A --rank-exponent 1/2"), "-3/4");
    assert_eq!(stable("--init A --rank-exponent 1/2 --multiplier-rank 1"), "-1/2");
    assert_eq!(stable("--init A --multiplier-width -1/2"), "-1/4");
    let printed = session.ok("predict --rank-exponent 1/2 --multiplier-rank 1");
    assert!(printed.contains("; rank r = n^1/2; multiplier s = r^-1; "), "{printed}");
    assert!(!printed.contains("in the rank"), "{printed}");

    // Plain gradients close in on n^-1 as 1/(2T − 1).
    assert_eq!(stable("--layer --init A --optimizer sgd --steps 2"), "-2/3");
    assert_eq!(stable("--layer --init A --optimizer sgd --steps 12"), "-22/23");
}

#[test]
fn flags_that_contradict_each_other_get_one_message() {
    let session = Session::new();
    for (words, message) in [
        ("--train A,A", "--train names each factor once: A, B or A,B"),
        (
            "--train B --lr-a-exponent 0",
            "--lr-a-exponent sets a learning rate of A, but B alone trains: leave it out or train A",
        ),
        (
            "--train A --lr-ratio-exponent 1",
            "--lr-ratio-exponent compares η_B with η_A, but A alone trains",
        ),
        (
            "--lr-a-exponent 0 --lr-b-exponent 1 --lr-exponent -1",
            "--lr-exponent has nothing to set, every learning rate is fixed by --lr-a-exponent and \
             --lr-b-exponent",
        ),
        ("--rank-exponent 3/2", "the rank exponent must lie in [0, 1], not 3/2"),
    ] {
        let output = session.call(&format!("predict {words}"));
        assert_eq!(output.status.code(), Some(2), "{words}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(told, format!("error: predict: {message}\n"), "{words}");
        assert!(output.stdout.is_empty(), "{words}");
    }
    for words in [
        "--lr-ratio-exponent 1 --lr-a-exponent 0",
        "--std-a-exponent 0",
        "--init A --std-a-exponent 0 --std-b-exponent 0",
        "--std-a-exponent much --std-b-exponent 0",
        "--steps 0",
        "--train C",
    ] {
        assert_eq!(session.call(&format!("predict {words}")).status.code(), Some(2), "{words}");
    }
}

#[test]
fn symbols_are_explained_and_regimes_told_in_words() {
    let session = Session::new();
    let printed = session.ok("predict --init B");
    for symbol in ["Z_A = A Z", "δ1 = s B ΔZ_A", "e⁰", "η_opt is the largest η", "η_stable is the"]
    {
        assert!(printed.contains(symbol), "{symbol}: {printed}");
    }
    let best = entry(&session, "--init B")["at_optimal"]["regime"].clone();
    assert_eq!(best, "learning");
    let told = format!("η_opt = η_stable: learning. {}", lora_theory::Regime::Learning.describe());
    assert!(printed.contains(&told), "{printed}");
    assert!(!session.ok("predict --layer").contains("e⁰"));
}

#[test]
fn a_run_with_a_readout_of_order_one_is_compared_with_its_own_prediction() {
    let session = Session::new();
    session.ok("run tiny.toml --out out --set model.readout_exponent=0");
    let summary = session.json("out/summary.json");
    let predicted =
        |init: &str, rate: &str| summary["inits"][init][rate]["predicted_exact"].clone();
    assert_eq!(predicted("A", "eta_opt"), "-3/4");
    assert_eq!(predicted("B", "eta_opt"), "-1");
    let picture = session.text("out/phases.svg");
    assert!(picture.contains("whole network, a = 0"));
    assert!(!picture.contains("−0<"), "n^−0 is no way to write n^0");
    session.ok("report out");
}

/// Theory does not gate measurement.
#[test]
fn a_readout_that_the_theory_cannot_treat_runs_without_a_prediction() {
    let session = Session::new();
    let set = "--set model.readout_exponent=0.123456789";
    let printed = session.ok(&format!("run tiny.toml --out out {set}"));
    let reason = "no prediction, because the theory cannot treat it: the readout exponent is out of \
                  range: numerator and denominator must stay within 1000000";
    for quantity in ["η_opt", "η_stable"] {
        assert!(
            printed.contains(&format!("{quantity} under Init[A] and Init[B]: {reason}\n")),
            "{printed}"
        );
    }
    let summary = session.json("out/summary.json");
    let of = |key: &str| summary["inits"]["A"]["eta_opt"][key].clone();
    assert_eq!(of("no_prediction"), reason);
    assert_eq!((of("predicted_exact"), of("agreement")), (Value::Null, "no_prediction".into()));
    assert_eq!(session.json("out/plan.json")["predicted"]["A"]["eta_opt"]["none"], reason);
    session.ok("report out");
}

#[test]
fn the_plan_of_a_run_is_written_before_training_and_read_back() {
    let session = Session::new();
    session.ok("run tiny.toml --out out");
    let plan = session.json("out/plan.json");
    assert_eq!(plan["predicted"]["A"]["eta_opt"], serde_json::json!({"exponent": "-3/4"}));
    let summary = session.text("out/summary.json");
    assert!(!summary.contains("no_prediction"), "the key is absent where there is a prediction");

    // A directory of an older version has no plan.
    let text = session.text("out/plan.json");
    fs::remove_file(session.path("out/plan.json")).expect("a plan");
    session.ok("plot out");
    assert_eq!(session.text("out/summary.json"), summary);

    // One that says something else was not written by the run.
    fs::write(session.path("out/plan.json"), text.replace("-3/4", "-1/4")).expect("a file");
    let output = session.call("plot out");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("out/plan.json: ") && told.contains("put it back"), "{told}");
    assert_eq!(session.text("out/summary.json"), summary);

    // The plan of another experiment in this directory is no plan of the run.
    let other = text.replace("\"1/2\"", "\"1/3\"");
    fs::write(session.path("out/plan.json"), other).expect("a file");
    session.ok("plot out");
    assert_eq!(session.text("out/summary.json"), summary);
}

//! `predict`: the theory from the command line.

mod session;

use serde_json::Value;
use session::Session;

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
    assert!(printed.contains("The LoRA layer alone") && !printed.contains("output O(1)"));
    assert_eq!(session.call("predict --layer --readout 1").status.code(), Some(2));
}

//! Which device is taken and what is said of one that is not, on a stand-in for a GPU.

use std::fs;
use std::process::Output;

use crate::session::inputs;
use crate::stand_in::{StandIn, Variables};

const DEVICE: &str = "CUDA, CPU stand-in, 2.0 GiB, compute_90";

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A machine without a usable device: the variables, what is missing, and what to do about it.
struct Lacking {
    variables: Variables<'static>,
    reason: &'static str,
    advice: &'static str,
}

const LACKING: [Lacking; 3] = [
    Lacking {
        variables: &[("DEVICES", "0")],
        reason: "no CUDA device on this machine",
        advice: "type --engine cpu",
    },
    Lacking {
        variables: &[("DRIVER", "12080")],
        reason: "the driver supports CUDA 12.8, but the kernels need 13.0",
        advice: "install NVIDIA's driver, version 580 or later, or type --engine cpu",
    },
    Lacking {
        variables: &[("CAPABILITY", "7.0")],
        reason: "CPU stand-in has compute capability 7.0, but the kernels need 7.5 or later",
        advice: "type --engine cpu",
    },
];

/// A device on which nothing of tiny.toml fits, and what is said of it.
const SMALL: Variables = &[("MEMORY", "1000000")];
const SHORT: &str = "needs 1.2 MiB of device memory and the device (CUDA, CPU stand-in, 0.0 GiB, \
                     compute_90) has 1.0 MiB free";

/// The line that says which engine was taken, and the manifest's words for it.
fn engine_of(machine: &StandIn, variables: Variables) -> (String, String) {
    let output = machine.call("run tiny.toml --out out --fresh", variables);
    let told = told(&output);
    assert!(output.status.success() && told.lines().count() == 1, "{told}");
    let manifest = machine.session.json("out/manifest.json");
    (told.trim_end().to_owned(), manifest["engine"].as_str().expect("a text").to_owned())
}

#[test]
fn auto_takes_the_device_and_says_so() {
    let Some(machine) = StandIn::new() else { return };
    let (told, engine) = engine_of(&machine, &[]);
    assert_eq!(engine, DEVICE);
    assert_eq!(told, format!("engine: {DEVICE} (a usable CUDA device is here)"));
}

#[test]
fn auto_takes_the_cpu_where_no_device_can_be_used_and_says_why() {
    let Some(machine) = StandIn::new() else { return };
    let cases = LACKING.iter().map(|lacking| (lacking.variables, lacking.reason.to_owned()));
    for (variables, reason) in cases.chain([(SMALL, format!("width 64 {SHORT}"))]) {
        let (told, engine) = engine_of(&machine, variables);
        assert!(engine.starts_with("CPU, "), "{engine}");
        assert_eq!(told, format!("engine: {engine} ({reason})"));
    }
}

/// Everything that computes.
fn commands() -> [&'static str; 5] {
    [
        "run tiny.toml --out out --engine cuda",
        "run tiny.toml --dry-run --engine cuda",
        "export-cell tiny.toml --width 64 --out cell.npz --engine cuda",
        "verify topic.toml --only network --out out --engine cuda",
        "bench --width 64 --points 16 --engine cuda",
    ]
}

/// A machine with a topic to verify.
fn with_topic() -> Option<StandIn> {
    let machine = StandIn::new()?;
    let topic = machine.session.path("topic.toml");
    fs::copy(inputs().join("verify/network.toml"), topic).expect("a copy");
    Some(machine)
}

fn assert_refused(machine: &StandIn, words: &str, variables: Variables, message: &str) {
    let output = machine.call(words, variables);
    assert_eq!(told(&output), format!("error: {message}\n"), "{words}");
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert!(output.stdout.is_empty(), "{words}");
    assert_eq!(machine.session.names(""), ["tiny.toml", "topic.toml"], "nothing was written");
}

#[test]
fn a_device_that_cannot_be_used_is_refused_where_it_was_asked_for() {
    let Some(machine) = with_topic() else { return };
    for Lacking { variables, reason, advice } in LACKING {
        for words in commands() {
            let message = format!("--engine cuda: {reason}; {advice}");
            assert_refused(&machine, words, variables, &message);
        }
    }
}

#[test]
fn an_experiment_that_a_device_cannot_hold_is_refused_where_the_device_was_asked_for() {
    let Some(machine) = with_topic() else { return };
    let key = |place: &str, widths: &str| {
        format!(
            "{place}model.widths = {widths}: width 64 {SHORT}: must be smaller, or type --engine \
             cpu"
        )
    };
    let [run, dry_run, export, verify, _bench] = commands();
    for words in [run, dry_run] {
        assert_refused(&machine, words, SMALL, &key("tiny.toml: ", "[16, 32, 64]"));
    }
    assert_refused(&machine, export, SMALL, &key("--set ", "[64]"));
    let small = "study small-network: needs 0.4 MiB of device memory and the device (CUDA, CPU \
                 stand-in, 0.0 GiB, compute_90) has 0.3 MiB free: try --quick or --only other \
                 claims, or type --engine cpu";
    assert_refused(&machine, verify, &[("MEMORY", "300000")], small);
}

/// The text without what this machine has free, and without the blanks that depend on it.
fn masked(text: &str) -> String {
    let line = |line: &str| {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        if words.first() == Some(&"free") {
            words[1] = "_";
        }
        words.join(" ")
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_dry_run_tells_both_memories_and_how_many_runs_train_at_once() {
    let Some(machine) = StandIn::new() else { return };
    let set =
        "--set model.widths=[256,150000] --set model.points=1000 --set search.coarse_factor=2";
    let words = format!("run tiny.toml {set} --dry-run --engine cuda");
    let expected = "\
tiny: Tiny: everything once
engine: CUDA, CPU stand-in, 2.0 GiB, compute_90 (--engine cuda)

n problems runs at once memory device memory
150000 3 114 13 50.7 MiB 1.5 GiB
256 3 114 26 50.7 MiB 146.6 MiB
all 6 228 50.7 MiB 1.5 GiB
free _ GiB 2.0 GiB

A problem is a width with a seed; they come one after another, so memory is that of one. Runs are
those that the search is expected to need, and at once how many of them are trained together.
It fits.
Nothing was trained or written; a run writes to runs/tiny.";
    assert_eq!(masked(&machine.ok(&words, &[])), expected);
    assert_eq!(machine.session.names(""), ["tiny.toml"], "nothing was written");
}

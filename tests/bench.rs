//! `bench`: what is told of how fast training is. Times themselves mean nothing here.

use crate::session::Session;
use crate::stand_in::StandIn;
use lora_sim::Isa;
use serde_json::{Map, Value};

/// A batch that takes no time.
const TINY: &str = "--width 16 --points 12 --test-points 3 --rank 2 --lrs 3 --steps 4 --repeats 3";

/// The one JSON object that a call prints.
fn object(text: &str) -> Map<String, Value> {
    assert_eq!((text.lines().count(), text.ends_with('\n')), (1, true), "{text}");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn number(object: &Map<String, Value>, key: &str) -> f64 {
    object[key].as_f64().unwrap_or_else(|| panic!("{key} in {object:?}"))
}

/// A quantity over the repeats: median, least, most.
fn spread(object: &Map<String, Value>, key: &str) -> [f64; 3] {
    let spread = object[key].as_object().unwrap_or_else(|| panic!("{key} in {object:?}"));
    assert_eq!(spread.len(), 3, "{key}");
    let [median, least, most] = ["median", "least", "most"].map(|name| number(spread, name));
    assert!(0.0 < least && least <= median && median <= most, "{key} in {object:?}");
    [median, least, most]
}

fn assert_near(got: f64, want: f64) {
    assert!((got / want - 1.0).abs() < 1e-12, "{got} {want}");
}

/// What holds on any engine.
fn check_sizes_and_times(told: &Map<String, Value>) {
    for (key, size) in [
        ("width", 16),
        ("points", 12),
        ("test_points", 3),
        ("rank", 2),
        ("lrs", 3),
        ("steps", 4),
        ("record_every", 2),
        ("repeats", 3),
        ("threads", 2),
    ] {
        assert_eq!(told[key], size, "{key}");
    }
    assert!(number(told, "prepare_s") > 0.0);
    assert_eq!(number(told, "multiply_adds_per_lr_step"), 5.0 * 16.0 * 12.0 * 2.0);
    assert_eq!(number(told, "parameter_bytes"), 4.0 * 6.0 * 16.0 * 2.0 * 3.0);
    let (ms, rate) = (spread(told, "ms_per_lr_step"), spread(told, "multiply_adds_per_s"));
    let [median, most, least] = ms.map(|ms| 5.0 * 16.0 * 12.0 * 2.0 / (ms / 1e3));
    for (got, want) in rate.into_iter().zip([median, least, most]) {
        assert_near(got, want);
    }
}

#[test]
fn the_json_holds_everything_and_its_parts_agree() {
    let session = Session::new();
    let text = session.ok(&format!("bench {TINY} --engine cpu --threads 2 --json"));
    let told = object(&text);
    check_sizes_and_times(&told);
    let engine = told["engine"].as_str().expect("a text");
    assert!(engine.starts_with("CPU, ") && engine.ends_with(", 2 threads"), "{engine}");
    let peak = number(&told, "peak_multiply_adds_per_s");
    let rate = spread(&told, "multiply_adds_per_s");
    for (share, rate) in spread(&told, "of_peak").into_iter().zip(rate) {
        assert_near(share, rate / peak);
    }
    if cfg!(target_os = "linux") {
        let (bytes, parameters) =
            (number(&told, "peak_memory_bytes"), number(&told, "parameter_bytes"));
        // 12 points and 3 held-out ones.
        let floats = (bytes - parameters) / 4.0 / (16.0 * 15.0);
        assert_near(number(&told, "floats_per_entry"), floats);
    }
    assert_eq!(session.names(""), ["tiny.toml"], "nothing was written");
}

#[test]
fn the_text_has_a_row_for_every_quantity() {
    let session = Session::new();
    let text = session.ok(&format!("bench {TINY} --isa portable --threads 2 --record-every 3"));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "CPU, portable, 2 threads", "{text}");
    let sizes =
        "n = 16, N = 12 and 3 test points, r = 2; 3 LRs, 4 steps, recorded every 3; repeats: 3";
    assert_eq!(lines[1], sizes, "{text}");
    assert_eq!(lines[3].split_whitespace().collect::<Vec<_>>(), ["median", "least", "most"]);
    for name in ["ms per LR-step", "G multiply-adds/s", "of the peak"] {
        let row = lines.iter().find_map(|line| line.trim_start().strip_prefix(name));
        let row = row.unwrap_or_else(|| panic!("{name}: {text}")).split_whitespace();
        let values = row.map(|value| value.trim_end_matches('%').parse::<f64>());
        assert_eq!(values.filter(Result::is_ok).count(), 3, "{name}: {text}");
    }
    assert!(text.contains("\npeak: ") && text.contains(" in registers; threads: 2\n"), "{text}");
    assert!(text.contains("\npreparing the student: "), "{text}");
    if cfg!(target_os = "linux") {
        assert!(
            text.ends_with(" floats per neuron and data point beyond the batch's parameters\n"),
            "{text}"
        );
    }
}

/// What an instruction set is called on the command line.
fn key(isa: Isa) -> String {
    isa.name().to_lowercase().replace('-', "")
}

#[test]
fn every_instruction_set_of_the_machine_can_be_asked_for() {
    let session = Session::new();
    for isa in Isa::available() {
        let set = key(isa);
        let told = object(&session.ok(&format!("bench {TINY} --isa {set} --threads 1 --json")));
        assert_eq!(told["isa"], set.as_str());
        assert_eq!(told["engine"], format!("CPU, {}, 1 threads", isa.name()));
    }
    let told = object(&session.ok(&format!("bench {TINY} --engine cpu --json")));
    assert_eq!(told["isa"], key(Isa::best()).as_str(), "the fastest by default");
}

#[test]
fn bad_arguments_are_refused_with_one_message() {
    let session = Session::new();
    let sets: Vec<String> = Isa::available().into_iter().map(key).collect();
    let none = format!("--isa neon: must be one that this machine has: {}\n", sets.join(", "));
    let large = "width 2147483648 with 2147483648 points and 65536 LRs needs ";
    for (words, said) in [
        ("--isa neon", none.as_str()),
        ("--isa portable --engine cuda", "--isa portable: is for the CPU, but --engine is cuda\n"),
        ("--width 2147483648 --points 2147483648 --lrs 65536 --engine cpu", large),
        ("--width 1", "1 is not in 2..=2147483648"),
        ("--points 0", "0 is not in 1..=2147483648"),
        ("--rank 0", "0 is not in 1..=65536"),
        ("--lrs 0", "0 is not in 1..=65536"),
        ("--steps 0", "0 is not in 1..=1048576"),
        ("--repeats 0", "0 is not in 1..=1000"),
        ("--repeats many", "invalid value 'many'"),
        ("--engine tpu", "[possible values: auto, cpu, cuda]"),
        ("paper", "unexpected argument 'paper'"),
    ] {
        let output = session.call(&format!("bench {words}"));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{words}: {told}");
        assert!(told.starts_with("error: ") && told.contains(said), "{words}: {told}");
        assert!(output.stdout.is_empty(), "{words}");
    }
}

#[test]
fn a_device_has_no_peak_here_and_the_text_says_what_measures_it() {
    let Some(machine) = StandIn::new() else { return };
    let words = format!("bench {TINY} --engine cuda --threads 2");
    let told = object(&machine.ok(&format!("{words} --json"), &[]));
    check_sizes_and_times(&told);
    for key in ["isa", "peak_multiply_adds_per_s", "of_peak", "floats_per_entry"] {
        assert!(!told.contains_key(key), "{key} in {told:?}");
    }
    let text = machine.ok(&words, &[]);
    assert!(text.starts_with("CUDA, CPU stand-in, "), "{text}");
    assert!(!text.contains("of the peak") && !text.contains("floats per"), "{text}");
    assert!(text.contains("\npeak: not measured here; lora-cuda-bench measures"), "{text}");
}

#[test]
fn an_instruction_set_takes_the_cpu_where_there_is_a_device() {
    let Some(machine) = StandIn::new() else { return };
    let text = machine.ok(&format!("bench {TINY} --isa portable"), &[]);
    assert!(text.starts_with("CPU, portable, "), "{text}");
}

#[test]
fn the_help_tells_defaults_and_what_is_counted() {
    let session = Session::new();
    assert!(session.ok("--help").contains("width-sweep bench "));
    let help = session.ok("bench --help");
    for word in [
        "[default: 8192]",
        "[default: 1000]",
        "[default: all cores]",
        "[default: the fastest here]",
        "5 n N r",
        "lora-cuda-bench",
        "Examples:",
        "Exit codes:",
    ] {
        assert!(help.contains(word), "{word}: {help}");
    }
}

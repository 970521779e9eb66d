//! What `lora-cuda-bench` prints on the stand-in driver, where times mean nothing, and what it says
//! without a device.

use std::process::{Command, Output};

use lora_cuda::CudaEngine;
use serde_json::Value;

const TINY: &str = "--width 40 --points 20 --rank 3 --runs 3 --steps 4 --repeats 1";

fn bench(words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lora-cuda-bench"));
    command.args(words.split_whitespace());
    command
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Standard output on the stand-in, or nothing where that cannot be compiled.
fn measured(words: &str) -> Option<String> {
    let path = lora_cuda_shim::unless_missing(lora_cuda_shim::library_path())?;
    let output = bench(words).env("LD_LIBRARY_PATH", path).output().expect("it runs");
    assert!(output.status.success(), "{}", errors(&output));
    Some(String::from_utf8(output.stdout).expect("UTF-8"))
}

fn assert_positive(object: &Value, keys: &[&str]) {
    for &key in keys {
        assert!(object[key].as_f64().is_some_and(|number| number > 0.0), "{key}: {object}");
    }
}

#[test]
fn json_has_every_stage_with_its_costs() {
    let Some(text) = measured(&format!("{TINY} --json")) else { return };
    assert_eq!(text.trim_end().lines().count(), 1);
    let report: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(report["device"], "CPU stand-in");
    assert_eq!((&report["width"], &report["runs"]), (&Value::from(40), &Value::from(3)));
    assert_positive(&report["peaks"], &["multiply_adds_per_s", "bytes_per_s"]);
    assert_positive(&report["prepare"], &["total_ms", "data_ms"]);
    assert_eq!(report["prepare"]["root_ms"], 0.0, "W_h is drawn entry by entry");
    assert_positive(&report["step"], &["ms", "stages_ms", "of_peak_multiply_adds"]);
    assert_positive(&report["loop"], &["ms", "ms_per_lr_step", "of_peak_multiply_adds"]);
    let stages = report["stages"].as_array().expect("a list");
    assert_eq!(stages.len(), 14, "all but keep_b, which relu does not need");
    let times = ["ms", "plain_ms", "recorded_ms", "bytes", "bytes_per_s", "of_peak_bytes", "share"];
    stages.iter().for_each(|stage| assert_positive(stage, &times));
    // Half the steps are recorded, and have two test points more on the way forward.
    let work: f64 = stages.iter().filter_map(|stage| stage["multiply_adds"].as_f64()).sum();
    assert_eq!(work, f64::from(3 * 40 * 3 * (5 * 20 + 2)));
}

#[test]
fn the_table_has_a_row_a_stage_and_what_follows() {
    let Some(text) = measured(TINY) else { return };
    for start in
        ["CPU stand-in", "measured peaks: ", "step as a graph: ", "whole loop", "preparing"]
    {
        assert!(text.lines().any(|line| line.starts_with(start)), "{start}: {text}");
    }
    for kernel in ["features_16", "forward_relu_4", "update_b_relu_4", "finish_step"] {
        assert!(text.lines().any(|line| line.trim_start().starts_with(kernel)), "{text}");
    }
}

#[test]
fn without_a_device_it_says_so_and_exits_with_2() {
    let Err(unavailable) = CudaEngine::new(0) else { return };
    let output = bench(TINY).output().expect("it runs");
    assert_eq!(errors(&output), format!("error: {unavailable}{}\n", advice(&unavailable)));
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}

/// What to do about a missing device, behind what is missing.
fn advice(unavailable: &lora_cuda::Unavailable) -> String {
    unavailable.remedy().map_or(String::new(), |remedy| format!("; {remedy}"))
}

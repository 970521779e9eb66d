//! `--engine` and `--dry-run`, on machines with a GPU and without.

use std::fs;
use std::process::Output;

use crate::session::{Session, inputs};
use lora_cuda::CudaEngine;

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// What is said of this machine's devices, if there is none to compute on.
fn no_device() -> Option<String> {
    CudaEngine::new(0).err().map(|unavailable| {
        let remedy = unavailable.remedy().map(|remedy| format!("{remedy}, or "));
        format!("{unavailable}; {}type --engine cpu", remedy.unwrap_or_default())
    })
}

#[test]
fn auto_says_on_one_line_which_engine_it_took_and_the_manifest_has_the_same() {
    let session = Session::new();
    for (out, asked) in [("default", ""), ("auto", "--engine auto")] {
        let output = session.call(&format!("run tiny.toml --out {out} {asked}"));
        assert!(output.status.success());
        let told = told(&output);
        let manifest = session.json(&format!("{out}/manifest.json"));
        let engine = manifest["engine"].as_str().expect("a text");
        assert!(told.starts_with(&format!("engine: {engine} (")), "{told}");
        assert!(told.ends_with(")\n") && told.lines().count() == 1, "{told}");
        if let Some(message) = no_device() {
            let (reason, _) = message.split_once(';').expect("a reason; and advice");
            assert!(engine.starts_with("CPU, "), "{engine}");
            assert!(told.ends_with(&format!("({reason})\n")), "{told}");
        }
    }
}

#[test]
fn an_engine_asked_for_by_name_is_not_announced() {
    let session = Session::new();
    fs::copy(inputs().join("verify/tiny.toml"), session.path("claims.toml")).expect("a copy");
    for words in [
        "run tiny.toml --out out --engine cpu",
        "tiny.toml --out bare --engine cpu",
        "export-cell tiny.toml --width 16 --out cell.npz --engine cpu",
        "verify claims.toml --out verified --engine cpu --threads 3",
    ] {
        let output = session.call(words);
        assert!(output.status.success(), "{words}");
        assert_eq!(told(&output), "", "{words}");
    }
    session.assert_same("out", "bare");
    for manifest in ["out/manifest.json", "verified/manifest.json"] {
        let manifest = session.json(manifest);
        let engine = manifest["engine"].as_str().expect("a text");
        let threads = format!(", {} threads", manifest["threads"]);
        assert!(engine.starts_with("CPU, ") && engine.ends_with(&threads), "{manifest}");
    }
    assert_eq!(session.json("verified/manifest.json")["threads"], 3);
}

#[test]
fn a_device_that_is_not_there_is_refused_before_anything_is_written() {
    let Some(message) = no_device() else { return };
    let session = Session::new();
    fs::copy(inputs().join("verify/tiny.toml"), session.path("claims.toml")).expect("a copy");
    let before = session.names("");
    for words in [
        "run tiny.toml --out out --engine cuda",
        "tiny.toml --out out --engine cuda",
        "run tiny.toml --dry-run --engine cuda",
        "export-cell tiny.toml --out cell.npz --engine cuda",
        "verify claims.toml --out out --engine cuda",
    ] {
        let output = session.call(words);
        assert_eq!(told(&output), format!("error: --engine cuda: {message}\n"), "{words}");
        assert_eq!(output.status.code(), Some(2), "{words}");
        assert!(output.stdout.is_empty(), "{words}");
    }
    assert!(message.contains("--engine cpu"), "it says what to type");
    assert_eq!(session.names(""), before, "nothing was written");
}

#[test]
fn a_dry_run_prints_the_plan_and_writes_nothing() {
    let session = Session::new();
    let output = session.call("run tiny.toml --dry-run --engine cpu --threads 2");
    assert!(output.status.success() && output.stderr.is_empty());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "tiny: Tiny: everything once", "{text}");
    assert!(lines[1].starts_with("engine: CPU, "), "{text}");
    assert!(lines[1].ends_with(", 2 threads (--engine cpu)"), "{text}");
    let row = |start: &str| -> Vec<&str> {
        let found = lines.iter().find(|line| line.trim_start().starts_with(start));
        found.unwrap_or_else(|| panic!("{start}: {text}")).split_whitespace().collect()
    };
    let (wide, all) = (row("64 "), row("all "));
    assert_eq!((wide[1], all[1]), ("3", "9"), "{text}");
    let runs = |row: &[&str]| row[2].parse::<usize>().expect("a number of runs");
    assert_eq!(3 * runs(&wide), runs(&all), "{text}");
    assert!(row("free ").contains(&"GiB"), "{text}");
    for line in ["It fits.", "Nothing was trained or written; a run writes to runs/tiny."] {
        assert!(lines.contains(&line), "{text}");
    }
    assert_eq!(session.names(""), ["tiny.toml"]);
    assert!(session.ok("--quick --dry-run").contains("a run writes to runs/paper-quick.\n"));
    assert_eq!(session.names(""), ["tiny.toml"]);
}

#[test]
fn a_dry_run_leaves_an_earlier_run_as_it_is() {
    let session = Session::new();
    session.ok("run tiny.toml --out out");
    session.ok("run tiny.toml --out kept");
    let before = session.names("out");
    session.ok("run tiny.toml --out out --dry-run --set training.steps=4");
    session.assert_same("out", "kept");
    assert_eq!(session.names("out"), before);
}

/// Sizes are the machine's affair, and what is free changes between two calls.
fn without_numbers(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[test]
fn a_dry_run_refuses_what_a_run_refuses() {
    let session = Session::new();
    fs::copy(inputs().join("bad/memory_width.toml"), session.path("wide.toml")).expect("a copy");
    fs::create_dir(session.path("mine")).expect("a directory");
    fs::write(session.path("mine/notes.txt"), "mine").expect("a file");
    let before = session.names("");
    for words in [
        "run absent.toml",
        "run wide.toml",
        "run wide.toml --engine cpu",
        "run tiny.toml --set training.steps=0",
        "run tiny.toml --out tiny.toml",
        "run tiny.toml --out tiny.toml/sub",
        "run tiny.toml --out mine",
    ] {
        let (dry, real) = (session.call(&format!("{words} --dry-run")), session.call(words));
        assert_eq!(without_numbers(&told(&dry)), without_numbers(&told(&real)), "{words}");
        assert!(told(&dry).starts_with("error: "), "{words}");
        assert_eq!((dry.status.code(), real.status.code()), (Some(2), Some(2)), "{words}");
        assert!(dry.stdout.is_empty(), "{words}");
    }
    assert_eq!(session.names(""), before, "nothing was written");
    assert_eq!(session.names("mine"), ["notes.txt"]);
}

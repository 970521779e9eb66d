//! Recorded runs, repeated under the checkers.

mod common;

use std::path::{Path, PathBuf};

use common::{Device, good_child, shim};
use lora_cuda_shim::{Check, Replayed, unless_missing};

/// Records what one ignored test does.
fn record(folder: &Path, test: &str, kernel: &str, at: i32) -> PathBuf {
    let tape = folder.join("tape");
    let variables =
        [("CUDA_ON_CPU_TAPE", tape.to_str().unwrap()), ("KERNEL", kernel), ("AT", &at.to_string())];
    good_child(test, &variables);
    tape
}

/// Records the test and repeats it; `None` where nothing can be compiled.
fn recorded(test: &str, kernel: &str, at: i32, check: Check) -> Option<Replayed> {
    unless_missing(shim().driver())?;
    let folder = tempfile::tempdir().unwrap();
    let tape = record(folder.path(), test, kernel, at);
    unless_missing(shim().replay(&tape, check, None))
}

fn quiet(replayed: Option<Replayed>) {
    if let Some(Replayed { status, text }) = replayed {
        assert!(status.success() && text.is_empty(), "{status} {text}");
    }
}

fn reports(replayed: Option<Replayed>, what: &str) {
    if let Some(Replayed { status, text }) = replayed {
        assert!(!status.success() && text.contains(what), "{status} {text}");
    }
}

#[test]
#[ignore = "started by the other tests"]
fn runs_good_kernels() {
    shim().preload().unwrap();
    let device = Device::new();
    assert_eq!(device.product(24).0, device.product(24).1);
    for kernel in ["row_sums", "warp_sums"] {
        let (found, expected) = device.sums(kernel, 6, 301);
        assert_eq!(found, expected);
    }
    device.faulty("warp_barrier", 1, 32, 0).unwrap();
    let values = device.upload(&[1.0, 2.0, 3.0]);
    let mut copy = values.clone();
    let graph = device.capture(&values, &mut copy);
    graph.launch().unwrap();
    graph.launch().unwrap();
    assert_eq!(device.download(&copy), [4.0, 8.0, 12.0]);
}

#[test]
#[ignore = "started by the other tests"]
fn runs_one_kernel() {
    shim().preload().unwrap();
    let at = std::env::var("AT").unwrap().parse().unwrap();
    let kernel = std::env::var("KERNEL").unwrap();
    let device = Device::new();
    device.faulty(&kernel, 4, device.threads(&kernel), at).unwrap();
}

#[test]
fn good_kernels_are_quiet() {
    for check in [Check::Races, Check::Bounds] {
        quiet(recorded("runs_good_kernels", "", 0, check));
    }
}

#[test]
fn every_dropped_barrier_is_a_race() {
    if unless_missing(shim().driver()).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let tape = record(folder.path(), "runs_good_kernels", "", 0);
    let of_good = |site: &String| !site.starts_with("faulty.cu");
    let sites: Vec<_> = shim().barriers().into_iter().filter(of_good).collect();
    assert_eq!(sites.len(), 5);
    for site in sites {
        let replayed = unless_missing(shim().replay(&tape, Check::Races, Some(&site)));
        reports(replayed, site.split(':').next().unwrap());
    }
}

#[test]
fn threads_of_a_block_race() {
    reports(recorded("runs_one_kernel", "threads_conflict", 5, Check::Races), "threads_conflict");
}

#[test]
fn blocks_of_a_launch_race() {
    for kernel in ["blocks_conflict", "far_blocks_conflict"] {
        reports(recorded("runs_one_kernel", kernel, 5, Check::Races), kernel);
    }
}

#[test]
fn a_shuffle_orders_nothing() {
    let replayed = recorded("runs_one_kernel", "shuffle_no_barrier", 0, Check::Races);
    reports(replayed, "data race");
}

#[test]
fn accesses_out_of_bounds_are_found() {
    quiet(recorded("runs_one_kernel", "global_write", 59, Check::Bounds));
    quiet(recorded("runs_one_kernel", "shared_write", 7, Check::Bounds));
    reports(recorded("runs_one_kernel", "shared_write", 8, Check::Bounds), "out of bounds");
    quiet(recorded("runs_one_kernel", "shared_pointer", 7, Check::Bounds));
    reports(recorded("runs_one_kernel", "shared_pointer", 8, Check::Bounds), "buffer-overflow");
}

#[test]
fn a_write_beyond_an_allocation_is_found() {
    // The recording's own memory has room behind it, so the write harms nothing there.
    reports(recorded("runs_one_kernel", "global_write", 60, Check::Bounds), "heap-buffer-overflow");
}

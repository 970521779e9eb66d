//! Kernels whose threads miss each other end in an error, as on a GPU after the launch.

mod common;

use common::{Device, child, shim};
use cudarc::driver::sys::CUresult;
use lora_cuda_shim::preload_or_skip;

/// What the stand-in prints of a faulty kernel.
fn message(kernel: &str) -> String {
    let output = child("runs_a_faulty_kernel", &[("KERNEL", kernel)]);
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "{text}");
    text
}

#[test]
#[ignore = "started by the other tests"]
fn runs_a_faulty_kernel() {
    shim().preload().unwrap();
    let device = Device::new();
    let kernel = std::env::var("KERNEL").unwrap();
    let failed = device.faulty(&kernel, 1, device.threads(&kernel), 10).unwrap_err();
    assert_eq!(failed.0, CUresult::CUDA_ERROR_LAUNCH_FAILED);
    // The error stays until nobody uses the context any more.
    let again = device.stream.alloc_zeros::<f32>(1).unwrap_err();
    assert_eq!(again.0, CUresult::CUDA_ERROR_LAUNCH_FAILED);
    drop(device);
    let (found, expected) = Device::new().product(16);
    assert_eq!(found, expected);
}

#[test]
fn threads_that_end_before_a_barrier_are_reported() {
    preload_or_skip!(shim());
    let text = message("some_end");
    assert!(text.contains("kernel some_end: barrier divergence"), "{text}");
    assert!(text.contains("10 ended, 54 wait at faulty.cu:13"), "{text}");
}

#[test]
fn two_barriers_at_once_are_reported() {
    preload_or_skip!(shim());
    let text = message("two_barriers");
    assert!(text.contains("wait at faulty.cu:19 and at faulty.cu:21"), "{text}");
}

#[test]
fn a_shuffle_without_all_lanes_is_reported() {
    preload_or_skip!(shim());
    let text = message("lanes_missing");
    assert!(text.contains("22 ended, 10 wait for lanes of their warp"), "{text}");
}

#[test]
#[ignore = "started by a_write_beyond_an_allocation_is_reported"]
fn writes_beyond_an_allocation() {
    shim().preload().unwrap();
    let device = Device::new();
    device.faulty("global_write", 1, 64, 60).unwrap();
    // Noticed when the memory was given back.
    let failed = device.stream.synchronize().unwrap_err();
    assert_eq!(failed.0, CUresult::CUDA_ERROR_LAUNCH_FAILED);
}

#[test]
fn a_write_beyond_an_allocation_is_reported() {
    preload_or_skip!(shim());
    let output = child("writes_beyond_an_allocation", &[]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("wrote beyond the end of an allocation"), "{text}");
}

//! Variables of the environment steer the stand-in.

mod common;

use common::{Device, good_child, shim};
use cudarc::driver::sys::CUresult;
use cudarc::driver::*;
use lora_cuda_shim::{Missing, preload_or_skip, unless_missing};

#[test]
fn memory_is_limited() {
    preload_or_skip!(shim());
    good_child("with_one_mebibyte", &[("CUDA_ON_CPU_MEMORY", "1048576")]);
}

#[test]
#[ignore = "started by memory_is_limited"]
fn with_one_mebibyte() {
    shim().preload().unwrap();
    let device = Device::new();
    assert_eq!(device.context.mem_get_info().unwrap(), (1 << 20, 1 << 20));
    let most = device.stream.alloc_zeros::<u8>(1 << 19).unwrap();
    assert_eq!(device.context.mem_get_info().unwrap(), (1 << 19, 1 << 20));
    let refused = device.stream.alloc_zeros::<u8>((1 << 19) + 1).unwrap_err();
    assert_eq!(refused.0, CUresult::CUDA_ERROR_OUT_OF_MEMORY);
    drop(most);
    device.stream.alloc_zeros::<u8>(1 << 20).unwrap();
}

#[test]
fn there_may_be_no_device() {
    preload_or_skip!(shim());
    good_child("without_devices", &[("CUDA_ON_CPU_DEVICES", "0")]);
}

#[test]
#[ignore = "started by there_may_be_no_device"]
fn without_devices() {
    shim().preload().unwrap();
    assert_eq!(CudaContext::new(0).unwrap_err().0, CUresult::CUDA_ERROR_NO_DEVICE);
}

#[test]
fn there_may_be_another_device() {
    preload_or_skip!(shim());
    let variables = [
        ("CUDA_ON_CPU_DEVICES", "2"),
        ("CUDA_ON_CPU_CAPABILITY", "7.5"),
        ("CUDA_ON_CPU_DRIVER", "12040"),
    ];
    good_child("with_two_old_devices", &variables);
}

#[test]
#[ignore = "started by there_may_be_another_device"]
fn with_two_old_devices() {
    shim().preload().unwrap();
    assert_eq!(CudaContext::device_count().unwrap(), 2);
    let second = CudaContext::new(1).unwrap();
    assert_eq!(second.compute_capability().unwrap(), (7, 5));
    let mut version = 0;
    // SAFETY: the pointer is to a local variable.
    unsafe { sys::cuDriverGetVersion(&mut version) }.result().unwrap();
    assert_eq!(version, 12040);
}

#[test]
fn a_child_finds_the_library_by_its_path() {
    let Some(folder) = unless_missing(shim().library_path()) else { return };
    good_child("without_preloading", &[("LD_LIBRARY_PATH", folder.to_str().unwrap())]);
}

#[test]
#[ignore = "started by a_child_finds_the_library_by_its_path"]
fn without_preloading() {
    let (found, expected) = Device::new().product(16);
    assert_eq!(found, expected);
}

#[test]
fn a_missing_compiler_is_an_error() {
    good_child("without_a_compiler", &[("PATH", ""), ("CXX", "")]);
}

#[test]
#[ignore = "started by a_missing_compiler_is_an_error"]
fn without_a_compiler() {
    assert_eq!(shim().preload(), Err(Missing::Compiler));
}

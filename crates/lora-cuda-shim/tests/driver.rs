//! cudarc runs on the stand-in driver as on a GPU.

mod common;

use common::{Device, Scale, shim};
use cudarc::driver::sys::{
    CUdevice_attribute as Attribute, CUevent_flags, CUgraphInstantiate_flags, CUresult,
    CUstreamCaptureMode,
};
use cudarc::driver::*;
use lora_cuda_shim::preload_or_skip;

#[test]
fn the_device_introduces_itself() {
    preload_or_skip!(shim());
    let context = CudaContext::new(0).unwrap();
    assert_eq!(context.name().unwrap(), "CPU stand-in");
    assert_eq!(context.compute_capability().unwrap(), (9, 0));
    assert_eq!(context.total_mem().unwrap(), 2 << 30);
    assert!(context.attribute(Attribute::CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT).unwrap() > 0);
    assert!(!context.has_async_alloc());
    context.uuid().unwrap();
    context.set_blocking_synchronize().unwrap();
    context.synchronize().unwrap();
    let missing = CudaContext::new(5).unwrap_err();
    assert_eq!(missing.0, CUresult::CUDA_ERROR_INVALID_DEVICE);
    assert!(format!("{missing:?}").contains("invalid device ordinal"));
}

#[test]
fn the_driver_says_its_version() {
    preload_or_skip!(shim());
    let mut version = 0;
    // SAFETY: the pointer is to a local variable.
    unsafe { sys::cuDriverGetVersion(&mut version) }.result().unwrap();
    assert_eq!(version, 13000);
}

#[test]
fn results_are_right() {
    preload_or_skip!(shim());
    let device = Device::new();
    for n in [8, 40] {
        let (found, expected) = device.product(n);
        assert_eq!(found, expected);
    }
    for kernel in ["row_sums", "warp_sums"] {
        let (found, expected) = device.sums(kernel, 6, 301);
        assert_eq!(found, expected, "{kernel}");
    }
}

#[test]
fn memory_moves_in_all_directions() {
    preload_or_skip!(shim());
    let device = Device::new();
    let mut a = device.upload(&[1.0, 2.0, 3.0, 4.0]);
    let b = a.clone();
    device.stream.memset_zeros(&mut a).unwrap();
    assert_eq!(device.download(&a), [0.0; 4]);
    assert_eq!(device.download(&b), [1.0, 2.0, 3.0, 4.0]);
    device.stream.memcpy_dtod(&b.slice(2..4), &mut a.slice_mut(0..2)).unwrap();
    assert_eq!(device.download(&a), [3.0, 4.0, 0.0, 0.0]);
    let address = device.address(&a);
    // SAFETY: the addresses are those of live allocations, and the sizes theirs.
    unsafe {
        result::memcpy_htod_sync(address, &[7.0f32; 4]).unwrap();
        result::memset_d8_sync(address, 0, 4).unwrap();
        sys::cuMemsetD32_v2(address + 4, 1.0f32.to_bits(), 2).result().unwrap();
        let mut back = [0.0f32; 4];
        result::memcpy_dtoh_sync(&mut back, address).unwrap();
        assert_eq!(back, [0.0, 1.0, 1.0, 7.0]);
        let beyond = result::memcpy_htod_sync(address, &[0.0f32; 5]).unwrap_err();
        assert_eq!(beyond.0, CUresult::CUDA_ERROR_INVALID_VALUE);
    }
}

#[test]
fn new_memory_is_not_numbers() {
    preload_or_skip!(shim());
    let device = Device::new();
    // SAFETY: that nothing wrote it is what this is about; all bit patterns are floats.
    let fresh = unsafe { device.stream.alloc::<f32>(100) }.unwrap();
    assert!(device.download(&fresh).iter().all(|value| value.is_nan()));
}

#[test]
fn pinned_memory_can_be_copied() {
    preload_or_skip!(shim());
    let device = Device::new();
    // SAFETY: it is written before it is read.
    let mut pinned = unsafe { device.context.alloc_pinned::<f32>(3) }.unwrap();
    pinned.as_mut_slice().unwrap().copy_from_slice(&[1.0, 2.0, 3.0]);
    let on_device = device.stream.clone_htod(&pinned).unwrap();
    assert_eq!(device.download(&on_device), [1.0, 2.0, 3.0]);
}

#[test]
fn functions_are_found_by_name() {
    preload_or_skip!(shim());
    let device = Device::new();
    assert_eq!(device.threads("product"), 64);
    let unknown = device.function("no_such_kernel").unwrap_err();
    assert_eq!(unknown.0, CUresult::CUDA_ERROR_NOT_FOUND);
}

#[test]
fn a_block_can_be_too_large() {
    preload_or_skip!(shim());
    let device = Device::new();
    let parameter = Scale { values: 0, factor: 1.0, count: 0 };
    assert!(device.launch("scale", (1, 1), (256, 1), &parameter).is_ok());
    let refused = device.launch("scale", (1, 1), (257, 1), &parameter).unwrap_err();
    assert_eq!(refused.0, CUresult::CUDA_ERROR_INVALID_VALUE);
}

#[test]
fn events_tell_time_and_order_streams() {
    preload_or_skip!(shim());
    let device = Device::new();
    let start = device.stream.record_event(Some(CUevent_flags::CU_EVENT_DEFAULT)).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(5));
    let end = device.stream.record_event(Some(CUevent_flags::CU_EVENT_DEFAULT)).unwrap();
    assert!(end.is_complete());
    assert!((5.0..5000.0).contains(&start.elapsed_ms(&end).unwrap()));
    let other = device.stream.fork().unwrap();
    other.wait(&end).unwrap();
    other.join(&device.stream).unwrap();
    device.context.default_stream().synchronize().unwrap();
}

#[test]
fn a_graph_runs_when_it_is_launched() {
    preload_or_skip!(shim());
    let device = Device::new();
    let values = device.upload(&[1.0, 2.0, 3.0]);
    let mut copy = device.stream.alloc_zeros::<f32>(3).unwrap();
    let graph = device.capture(&values, &mut copy);
    assert_eq!(device.download(&values), [1.0, 2.0, 3.0]);
    graph.upload().unwrap();
    for _ in 0..3 {
        graph.launch().unwrap();
    }
    device.stream.synchronize().unwrap();
    assert_eq!(device.download(&copy), [8.0, 16.0, 24.0]);
}

/// Tries what a capture forbids, which also ends the capture.
fn refused_in_capture(device: &Device, attempt: impl Fn() -> Result<(), DriverError>) {
    let mode = CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
    device.stream.begin_capture(mode).unwrap();
    let refused = attempt().unwrap_err();
    assert_eq!(refused.0, CUresult::CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    let Err(ended) = device.stream.end_capture(CUgraphInstantiate_flags(0)) else { panic!() };
    assert_eq!(ended.0, CUresult::CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
}

#[test]
fn a_capture_forbids_waiting_and_allocating() {
    preload_or_skip!(shim());
    let device = Device::new();
    refused_in_capture(&device, || device.stream.synchronize());
    refused_in_capture(&device, || device.stream.alloc_zeros::<f32>(1).map(drop));
    let (found, expected) = device.product(8);
    assert_eq!(found, expected);
}

#[test]
fn host_threads_launch_at_once() {
    preload_or_skip!(shim());
    std::thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                let device = Device::new();
                for round in 0..20 {
                    let (found, expected) = device.product(8 * (1 + (thread + round) % 5));
                    assert_eq!(found, expected);
                    let (found, expected) = device.sums("row_sums", 3 + thread, 200 + round);
                    assert_eq!(found, expected);
                }
            });
        }
    });
}

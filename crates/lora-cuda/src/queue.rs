//! A stream of work on a device: memory, copies, launches and graphs of launches.
//!
//! Every error is a [`SimError::Device`] that says what failed and quotes the driver.

use std::ffi::c_void;
use std::marker::PhantomData;
use std::sync::Arc;

use cudarc::driver::{CudaGraph, CudaStream, DriverError, result, sys};
use lora_sim::SimError;

use crate::device::{Device, text};

/// Numbers that may be copied from a device, because every bit pattern is a valid one.
pub trait Plain: Copy + Default {}
impl Plain for f32 {}
impl Plain for f64 {}
impl Plain for u32 {}
impl Plain for i32 {}

/// An error of the driver, and what the engine was doing when it occurred.
pub fn device_error(doing: &str, error: DriverError) -> SimError {
    SimError::Device(format!("the GPU failed while {doing} ({})", text(&error)))
}

/// An error if a copy of `len` elements would leave a buffer of `room`.
fn fits(len: usize, room: usize) -> Result<(), SimError> {
    if len <= room {
        return Ok(());
    }
    Err(SimError::Device(format!("a copy of {len} elements exceeds a buffer of {room}")))
}

/// Memory on the device.
#[derive(Debug)]
pub struct Buffer<T> {
    address: sys::CUdeviceptr,
    len: usize,
    device: Arc<Device>,
    kind: PhantomData<T>,
}

impl<T> Buffer<T> {
    /// Its address on the device, for a kernel's parameters.
    pub fn address(&self) -> u64 {
        self.address
    }

    /// The number of its elements.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl<T> Drop for Buffer<T> {
    fn drop(&mut self) {
        if self.device.bind().is_ok() {
            // SAFETY: `Queue::alloc` allocated it, and nothing else frees it. The driver waits for
            // the work that uses it.
            let _ = unsafe { result::free_sync(self.address) };
        }
    }
}

/// Work that the device does in order.
#[derive(Debug)]
pub struct Queue {
    device: Arc<Device>,
    stream: Arc<CudaStream>,
}

impl Queue {
    /// An empty queue.
    ///
    /// # Errors
    ///
    /// If the driver cannot start a stream.
    pub fn new(device: &Arc<Device>) -> Result<Self, SimError> {
        let stream = device.context().new_stream();
        let stream = stream.map_err(|error| device_error("starting a stream", error))?;
        Ok(Self { device: device.clone(), stream })
    }

    /// The device.
    pub fn device(&self) -> &Arc<Device> {
        &self.device
    }

    fn stream(&self) -> sys::CUstream {
        self.stream.cu_stream()
    }

    /// Memory for `len` elements with undefined values.
    ///
    /// # Errors
    ///
    /// If the device has too little free memory.
    pub fn alloc<T: Plain>(&self, len: usize) -> Result<Buffer<T>, SimError> {
        let bytes = len.max(1) * size_of::<T>();
        let doing = || format!("allocating {bytes} bytes");
        let failed = |error| device_error(&doing(), error);
        self.device.bind().map_err(failed)?;
        // SAFETY: the context is current.
        let address = unsafe { result::malloc_sync(bytes) }.map_err(failed)?;
        Ok(Buffer { address, len, device: self.device.clone(), kind: PhantomData })
    }

    /// Memory for `len` zeros.
    ///
    /// # Errors
    ///
    /// As [`alloc`](Self::alloc) and [`clear`](Self::clear).
    pub fn zeros<T: Plain>(&self, len: usize) -> Result<Buffer<T>, SimError> {
        let buffer = self.alloc(len)?;
        self.clear(&buffer)?;
        Ok(buffer)
    }

    /// Memory that holds `values`.
    ///
    /// # Errors
    ///
    /// As [`alloc`](Self::alloc) and [`upload`](Self::upload).
    pub fn holding<T: Plain>(&self, values: &[T]) -> Result<Buffer<T>, SimError> {
        let buffer = self.alloc(values.len())?;
        self.upload(values, &buffer)?;
        Ok(buffer)
    }

    /// Fills a buffer with zeros.
    ///
    /// # Errors
    ///
    /// If the driver cannot queue it, or earlier work failed.
    pub fn clear<T: Plain>(&self, buffer: &Buffer<T>) -> Result<(), SimError> {
        let bytes = buffer.len * size_of::<T>();
        // SAFETY: within the buffer; all bytes zero are a value of every `Plain`.
        let cleared = unsafe { result::memset_d8_async(buffer.address, 0, bytes, self.stream()) };
        self.sent("clearing memory", cleared)
    }

    /// Copies `values` to the front of a buffer, and waits.
    ///
    /// # Errors
    ///
    /// If the buffer is too short, or the copy or earlier work fails.
    pub fn upload<T: Plain>(&self, values: &[T], to: &Buffer<T>) -> Result<(), SimError> {
        fits(values.len(), to.len)?;
        if values.is_empty() {
            return Ok(());
        }
        // SAFETY: within the buffer, and the values live until the copy has ended.
        let copied = unsafe { result::memcpy_htod_async(to.address, values, self.stream()) };
        self.sent("copying to the device", copied)?;
        self.wait()
    }

    /// Copies the front of a buffer to the host, and waits.
    ///
    /// # Errors
    ///
    /// If the buffer is too short, or the copy or earlier work fails.
    pub fn download<T: Plain>(&self, from: &Buffer<T>, to: &mut [T]) -> Result<(), SimError> {
        fits(to.len(), from.len)?;
        // SAFETY: within the buffer; every bit pattern is a `Plain`; nothing else uses `to` until the
        // copy has ended.
        let copied = unsafe { result::memcpy_dtoh_async(to, from.address, self.stream()) };
        self.sent("copying from the device", copied)?;
        self.wait()
    }

    /// Copies the first `len` elements of one buffer to another.
    ///
    /// # Errors
    ///
    /// If either buffer is too short, the driver cannot queue the copy, or earlier work failed.
    pub fn copy<T: Plain>(
        &self,
        from: &Buffer<T>,
        to: &Buffer<T>,
        len: usize,
    ) -> Result<(), SimError> {
        fits(len, from.len.min(to.len))?;
        let bytes = len * size_of::<T>();
        // SAFETY: within both buffers.
        let copied =
            unsafe { result::memcpy_dtod_async(to.address, from.address, bytes, self.stream()) };
        self.sent("copying on the device", copied)
    }

    /// Launches a kernel in a grid of blocks, with a block of threads each. An empty grid does
    /// nothing.
    ///
    /// # Errors
    ///
    /// If there is no such kernel, or the driver refuses the launch.
    ///
    /// # Safety
    ///
    /// `P` must have the layout of the kernel's one parameter. The addresses in it must be those of
    /// buffers on this device that live until the work has ended and that the grid does not leave.
    pub unsafe fn launch<P: Copy>(
        &self,
        kernel: &str,
        grid: [usize; 3],
        block: [u32; 2],
        parameter: &P,
    ) -> Result<(), SimError> {
        if grid.contains(&0) {
            return Ok(());
        }
        let doing = |error| device_error(&format!("launching {kernel}"), error);
        let function = self.device.kernel(kernel).map_err(doing)?;
        let [x, y, z] = grid.map(|size| u32::try_from(size).unwrap_or(u32::MAX));
        let mut parameters = [std::ptr::from_ref(parameter).cast::<c_void>().cast_mut()];
        self.device.bind().map_err(doing)?;
        // SAFETY: the driver copies the parameter, whose layout and addresses the caller answers for.
        let launched = unsafe {
            let block = (block[0], block[1], 1);
            result::launch_kernel(function, (x, y, z), block, 0, self.stream(), &mut parameters)
        };
        launched.map_err(doing)
    }

    /// Records the launches of `work` as a graph, which can be launched again and again.
    ///
    /// # Errors
    ///
    /// Those of `work`; otherwise, if the driver cannot record, or there was nothing to record.
    pub fn capture(
        &self,
        work: impl FnOnce() -> Result<(), SimError>,
    ) -> Result<CudaGraph, SimError> {
        let failed = |error| device_error("recording a graph", error);
        let mode = sys::CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        self.stream.begin_capture(mode).map_err(failed)?;
        let done = work();
        let graph = self.stream.end_capture(sys::CUgraphInstantiate_flags(0));
        done?;
        let empty = DriverError(sys::CUresult::CUDA_ERROR_INVALID_VALUE);
        graph.map_err(failed)?.ok_or_else(|| failed(empty))
    }

    /// Waits until all work is done.
    ///
    /// # Errors
    ///
    /// If any of it failed.
    pub fn wait(&self) -> Result<(), SimError> {
        let waited = self.stream.synchronize();
        waited.map_err(|error| device_error("computing", error))
    }

    /// Milliseconds that the device takes for `work`.
    ///
    /// # Errors
    ///
    /// Those of `work`; otherwise, if the driver cannot time it, or it failed on the device.
    pub fn time(&self, work: impl FnOnce() -> Result<(), SimError>) -> Result<f64, SimError> {
        let failed = |error| device_error("timing", error);
        let flags = Some(sys::CUevent_flags::CU_EVENT_DEFAULT);
        let from = self.stream.record_event(flags).map_err(failed)?;
        work()?;
        let to = self.stream.record_event(flags).map_err(failed)?;
        from.elapsed_ms(&to).map(f64::from).map_err(failed)
    }

    fn sent(&self, doing: &str, result: Result<(), DriverError>) -> Result<(), SimError> {
        result.map_err(|error| device_error(doing, error))
    }
}

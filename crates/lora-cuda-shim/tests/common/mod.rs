//! What the tests have in common: the device with the kernels of `tests/kernels`.

#![allow(dead_code)] // each test program uses a part of it

use std::ffi::{CString, c_void};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use cudarc::driver::sys::{CUgraphInstantiate_flags, CUstreamCaptureMode, CUstreamCaptureStatus};
use cudarc::driver::*;
use lora_cuda_shim::Shim;

pub fn shim() -> Shim {
    Shim::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kernels"))
}

/// The parameter of `row_sums` and `warp_sums`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Sums {
    pub input: u64,
    pub out: u64,
    pub square: u64,
    pub count: i32,
}

/// The parameter of `product`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Product {
    pub a: u64,
    pub b: u64,
    pub c: u64,
    pub n: i32,
}

/// The parameter of `scale`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Scale {
    pub values: u64,
    pub factor: f32,
    pub count: i32,
}

/// The parameter of the faulty kernels.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Faulty {
    pub values: u64,
    pub at: i32,
}

pub struct Device {
    pub context: Arc<CudaContext>,
    pub stream: Arc<CudaStream>,
    pub module: sys::CUmodule,
}

impl Device {
    /// Device 0, with a stream of its own.
    pub fn new() -> Self {
        let context = CudaContext::new(0).unwrap();
        // SAFETY: each test uses its memory in one stream only.
        unsafe { context.disable_event_tracking() };
        let stream = context.new_stream().unwrap();
        // SAFETY: the text ends with a zero.
        let module = unsafe { result::module::load_data(c"// not read".as_ptr().cast()) }.unwrap();
        Self { context, stream, module }
    }

    pub fn upload(&self, values: &[f32]) -> CudaSlice<f32> {
        self.stream.clone_htod(values).unwrap()
    }

    pub fn download(&self, values: &CudaSlice<f32>) -> Vec<f32> {
        self.stream.clone_dtoh(values).unwrap()
    }

    pub fn address(&self, values: &CudaSlice<f32>) -> u64 {
        values.device_ptr(&self.stream).0
    }

    pub fn function(&self, kernel: &str) -> Result<sys::CUfunction, DriverError> {
        // SAFETY: the module is loaded and stays so.
        unsafe { result::module::get_function(self.module, CString::new(kernel).unwrap()) }
    }

    /// The most threads of the kernel's blocks.
    pub fn threads(&self, kernel: &str) -> u32 {
        let attribute = sys::CUfunction_attribute_enum::CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK;
        let function = self.function(kernel).unwrap();
        // SAFETY: the function was found.
        unsafe { result::function::get_function_attribute(function, attribute) }.unwrap() as u32
    }

    pub fn launch<P: Copy>(
        &self,
        kernel: &str,
        grid: (u32, u32),
        block: (u32, u32),
        parameter: &P,
    ) -> Result<(), DriverError> {
        let function = self.function(kernel).unwrap();
        let (grid, block) = ((grid.0, grid.1, 1), (block.0, block.1, 1));
        let mut parameters = [std::ptr::from_ref(parameter).cast_mut().cast::<c_void>()];
        let stream = self.stream.cu_stream();
        self.context.bind_to_thread()?;
        // SAFETY: the kernel takes this one structure; its faults are what some tests are after.
        unsafe { result::launch_kernel(function, grid, block, 0, stream, &mut parameters) }
    }

    /// Launches a faulty kernel on 60 values and waits for it.
    pub fn faulty(
        &self,
        kernel: &str,
        grid: u32,
        threads: u32,
        at: i32,
    ) -> Result<(), DriverError> {
        let values = self.upload(&[0.0; 60]);
        let parameter = Faulty { values: self.address(&values), at };
        self.launch(kernel, (grid, 1), (threads, 1), &parameter)?;
        self.stream.synchronize()
    }

    /// Squares of a matrix of this many rows, and what they should be.
    pub fn product(&self, n: usize) -> (Vec<f32>, Vec<f32>) {
        let a = matrix(n, n, 1);
        let b = matrix(n, n, 2);
        let (on_a, on_b) = (self.upload(&a), self.upload(&b));
        let c = self.stream.alloc_zeros::<f32>(n * n).unwrap();
        let [pa, pb, pc] = [&on_a, &on_b, &c].map(|slice| self.address(slice));
        let parameter = Product { a: pa, b: pb, c: pc, n: n as i32 };
        let tiles = n as u32 / 8;
        self.launch("product", (tiles, tiles), (8, 8), &parameter).unwrap();
        (self.download(&c), expected_product(&a, &b, n))
    }

    /// Sums of rows by `row_sums` or `warp_sums`, and what they should be.
    pub fn sums(&self, kernel: &str, rows: usize, count: usize) -> (Vec<f32>, Vec<f32>) {
        let values = matrix(rows, count, 3);
        let on_device = self.upload(&values);
        let out = self.stream.alloc_zeros::<f32>(rows).unwrap();
        let square = self.stream.alloc_zeros::<f32>(rows).unwrap();
        let [input, po, ps] = [&on_device, &out, &square].map(|slice| self.address(slice));
        let parameter = Sums { input, out: po, square: ps, count: count as i32 };
        let (grid, threads) =
            if kernel == "row_sums" { (rows as u32, 128) } else { (rows as u32 / 2, 64) };
        self.launch(kernel, (grid, 1), (threads, 1), &parameter).unwrap();
        let expected = values.chunks(count).map(|row| row.iter().sum()).collect();
        (self.download(&out), expected)
    }

    /// Captures a scaling of three values by two, and a copy of the result.
    pub fn capture(&self, values: &CudaSlice<f32>, copy: &mut CudaSlice<f32>) -> CudaGraph {
        let stream = &self.stream;
        stream.begin_capture(CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL).unwrap();
        let status = stream.capture_status().unwrap();
        assert_eq!(status, CUstreamCaptureStatus::CU_STREAM_CAPTURE_STATUS_ACTIVE);
        let mut scale = Scale { values: self.address(values), factor: 2.0, count: 3 };
        self.launch("scale", (1, 1), (32, 1), &scale).unwrap();
        // The graph keeps what it was given.
        scale.factor = f32::NAN;
        std::hint::black_box(&scale);
        stream.memcpy_dtod(values, copy).unwrap();
        stream.end_capture(CUgraphInstantiate_flags(0)).unwrap().unwrap()
    }
}

/// Small whole numbers, whose sums and products are exact.
pub fn matrix(rows: usize, columns: usize, seed: usize) -> Vec<f32> {
    (0..rows * columns).map(|i| ((i * (2 * seed + 5) + i / 7) % 9) as f32 - 4.0).collect()
}

fn expected_product(a: &[f32], b: &[f32], n: usize) -> Vec<f32> {
    let entry = |i: usize, j: usize| (0..n).map(|k| a[i * n + k] * b[k * n + j]).sum();
    (0..n * n).map(|at| entry(at / n, at % n)).collect()
}

/// Runs one ignored test of this program as a child process with these variables.
pub fn child(test: &str, variables: &[(&str, &str)]) -> Output {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"])
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

/// The same, and it must succeed.
pub fn good_child(test: &str, variables: &[(&str, &str)]) {
    let output = child(test, variables);
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

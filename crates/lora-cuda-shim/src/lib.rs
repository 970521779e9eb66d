//! Runs the GPU engine's kernels on the CPU, for tests on machines without a GPU.
//!
//! The host's C++ compiler turns the kernel sources into a stand-in for the CUDA driver: a shared
//! library called `libcuda.so` that exports the functions that cudarc calls. The engine's Rust code
//! runs on it unchanged. The same sources also make two programs that repeat a recorded run under a
//! sanitizer. One finds races between the threads of a launch, the other accesses out of bounds.
//!
//! The stand-in does not read PTX. Each of its modules holds all kernels, whatever text the engine
//! loads it from.
//!
//! ```no_run
//! #[test]
//! fn trains() {
//!     lora_cuda_shim::preload_or_skip!();
//!     // From here on cudarc finds one device, called "CPU stand-in".
//! }
//! ```
//!
//! # How kernels are written
//!
//! A file begins with the kernels' common header, which includes `cuda_on_cpu.h` where
//! `CUDA_ON_CPU` is defined. It declares each kernel as `KERNEL(name, threads, Parameter) { ... }`.
//! The one parameter `p` is a plain structure of pointers and numbers. Device memory must hold no
//! pointers, because a replay would not find them. A file is compiled within an unnamed namespace, so
//! the only headers of the standard library that it can use are those that `cuda_on_cpu.h` includes.
//!
//! All threads of a block must reach the same barriers, and all lanes of a mask the same warp
//! functions; otherwise the launch fails. Blocks run one after the other, so none may wait for
//! another. As on a GPU, a shuffle does not order accesses to memory; `__syncwarp()` does.
//!
//! # How to configure it
//!
//! The stand-in reads these environment variables at each use:
//!
//! | Variable | Meaning | Default |
//! |---|---|---|
//! | `CUDA_ON_CPU_MEMORY` | memory of a device in bytes | 2 GiB |
//! | `CUDA_ON_CPU_DEVICES` | number of devices | 1 |
//! | `CUDA_ON_CPU_CAPABILITY` | compute capability | 9.0 |
//! | `CUDA_ON_CPU_DRIVER` | CUDA version of the driver, 1000 major + 10 minor | 13000 |
//! | `CUDA_ON_CPU_TAPE` | file to which a record of the run is appended, for [`replay`] | none |
//!
//! Only one process at a time may write a tape.
//!
//! New memory is filled with 0xFF bytes, which are NaN as floats, so that reads of unwritten memory
//! show. A write just beyond an allocation is noticed when the allocation is freed.

#![warn(clippy::missing_errors_doc, clippy::missing_panics_doc)]

mod artifact;
mod compiler;
mod error;
mod replay;
mod shim;
mod skip;
mod sources;

pub use error::Missing;
pub use replay::{Check, Replayed};
pub use shim::Shim;
pub use skip::unless_missing;

use std::path::{Path, PathBuf};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The stand-in driver with the engine's kernels: the path of a file called `libcuda.so`. It is
/// compiled if that has not been done since the sources changed.
///
/// # Errors
///
/// [`Missing::System`] on a system other than Linux, [`Missing::Compiler`] without a C++20 compiler.
///
/// # Panics
///
/// If a source does not compile, with the compiler's text, or the target folder cannot be written.
pub fn driver() -> Result<PathBuf, Missing> {
    Shim::engine().driver()
}

/// Loads the stand-in into this process, so that cudarc finds it in place of a driver. Call it before
/// the first use of cudarc. Calls after the first do nothing.
///
/// # Errors
///
/// As [`driver`].
///
/// # Panics
///
/// As [`driver`], and if this process has loaded a stand-in with other kernels.
pub fn preload() -> Result<(), Missing> {
    Shim::engine().preload()
}

/// The folder of the stand-in. A child process finds it there if `LD_LIBRARY_PATH` names the folder.
///
/// # Errors
///
/// As [`driver`].
///
/// # Panics
///
/// As [`driver`].
pub fn library_path() -> Result<PathBuf, Missing> {
    Shim::engine().library_path()
}

/// Repeats a run, recorded on `tape`, under a checker. `drop` names a barrier, in the form of
/// [`barriers`], that does nothing in the replay.
///
/// # Errors
///
/// As [`driver`], and [`Missing::Sanitizer`] if the compiler lacks the checker's sanitizer.
///
/// # Panics
///
/// As [`driver`], and if there is no such barrier.
pub fn replay(tape: &Path, check: Check, drop: Option<&str>) -> Result<Replayed, Missing> {
    Shim::engine().replay(tape, check, drop)
}

/// The places of all `__syncthreads()` in the engine's kernels, as `file.cu:LINE`.
pub fn barriers() -> Vec<String> {
    Shim::engine().barriers()
}

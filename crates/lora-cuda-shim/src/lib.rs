//! Runs the GPU engine's kernels on the CPU, for tests on machines without a GPU.
//!
//! The host's C++ compiler turns the kernel sources into a stand-in for the CUDA driver: a shared
//! library called `libcuda.so` that exports the calls cudarc makes. With it the engine's Rust code
//! runs as it is. The same sources also make two programs that repeat a recorded run under a
//! sanitizer: one finds races between the threads of a launch, one accesses out of bounds.
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
//! `CUDA_ON_CPU` is defined, and declares each kernel as `KERNEL(name, threads, Parameter) { ... }`,
//! with `p` as its one parameter: a plain structure of pointers and numbers. Pointers within device
//! memory would not be found by a replay. A file is compiled within an unnamed namespace, so it
//! cannot include headers of the standard library beyond those that `cuda_on_cpu.h` does.
//!
//! All threads of a block must reach the same barriers, and all lanes of a mask the same warp
//! functions; else the launch fails. Blocks run one after the other, so none may wait for another.
//! A shuffle orders no accesses to memory, as on a GPU: that is what `__syncwarp()` is for.
//!
//! # How it is steered
//!
//! Environment variables steer the stand-in, read at each use:
//!
//! | Variable | Meaning | Without it |
//! |---|---|---|
//! | `CUDA_ON_CPU_MEMORY` | bytes of a device | 2 GiB |
//! | `CUDA_ON_CPU_DEVICES` | devices | 1 |
//! | `CUDA_ON_CPU_CAPABILITY` | compute capability | 9.0 |
//! | `CUDA_ON_CPU_DRIVER` | CUDA version of the driver | 13000 |
//! | `CUDA_ON_CPU_TAPE` | file to append a record of the run to, for [`replay`] | none |
//!
//! Only one process at a time may write a tape.
//!
//! New memory is filled with 0xFF bytes, which are not numbers, so that reads of what nothing wrote
//! show; a write just beyond an allocation is noticed when that is freed.

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

/// The stand-in driver with the engine's kernels, as a file called `libcuda.so`; compiled where
/// that has not been done since the sources changed.
pub fn driver() -> Result<PathBuf, Missing> {
    Shim::engine().driver()
}

/// Loads the stand-in into this process, so that cudarc finds it in place of a driver. To be called
/// before cudarc is first used; calls after the first do nothing.
pub fn preload() -> Result<(), Missing> {
    Shim::engine().preload()
}

/// The folder to put into `LD_LIBRARY_PATH` of a child process, so that it finds the stand-in.
pub fn library_path() -> Result<PathBuf, Missing> {
    Shim::engine().library_path()
}

/// Repeats the run that a tape records under a checker; `drop` names a barrier, as [`barriers`]
/// does, that then does nothing.
pub fn replay(tape: &Path, check: Check, drop: Option<&str>) -> Result<Replayed, Missing> {
    Shim::engine().replay(tape, check, drop)
}

/// The places of all `__syncthreads()` in the engine's kernels, as `file.cu:LINE`.
pub fn barriers() -> Vec<String> {
    Shim::engine().barriers()
}

//! The stand-in driver for the kernels of a folder.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::artifact::Artifact;
use crate::replay::{Check, Replayed, replay};
use crate::{error::Missing, sources};

/// The stand-in driver with the kernels of one folder.
#[derive(Debug, Clone)]
pub struct Shim {
    kernels: PathBuf,
}

impl Shim {
    /// A stand-in with all `*.cu` files of this folder.
    pub fn new(kernels: impl Into<PathBuf>) -> Self {
        Self { kernels: kernels.into() }
    }

    /// A stand-in with the engine's kernels.
    pub fn engine() -> Self {
        Self::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../lora-cuda/kernels"))
    }

    /// See [`driver`](crate::driver()).
    ///
    /// # Errors
    ///
    /// [`Missing::System`] on a system other than Linux, [`Missing::Compiler`] without a C++20
    /// compiler.
    ///
    /// # Panics
    ///
    /// If a source does not compile, or the target folder cannot be written.
    pub fn driver(&self) -> Result<PathBuf, Missing> {
        let artifact = Artifact {
            name: "libcuda.so",
            own: sources::driver(),
            flags: &[],
            // As a GPU's compiler does. It makes matrix products 1.5 times as fast.
            kernel_flags: &["-funroll-loops"],
            link_flags: &["-shared", "-Wl,-soname,libcuda.so"],
        };
        artifact.make(&self.kernels)
    }

    /// See [`preload`](crate::preload()). A process can have one stand-in only.
    ///
    /// # Errors
    ///
    /// As [`driver`](Self::driver).
    ///
    /// # Panics
    ///
    /// As [`driver`](Self::driver), and if this process has loaded a stand-in with other kernels.
    pub fn preload(&self) -> Result<(), Missing> {
        static LOADED: Mutex<Option<PathBuf>> = Mutex::new(None);
        let driver = self.driver()?;
        let mut loaded = LOADED.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Some(before) = loaded.as_ref() {
            assert_eq!(before, &driver, "a process can have only one stand-in driver");
            return Ok(());
        }
        load(&driver);
        *loaded = Some(driver);
        Ok(())
    }

    /// See [`library_path`](crate::library_path()).
    ///
    /// # Errors
    ///
    /// As [`driver`](Self::driver).
    ///
    /// # Panics
    ///
    /// As [`driver`](Self::driver).
    pub fn library_path(&self) -> Result<PathBuf, Missing> {
        let mut path = self.driver()?;
        path.pop();
        Ok(path)
    }

    /// See [`replay`](crate::replay()).
    ///
    /// # Errors
    ///
    /// As [`driver`](Self::driver), and [`Missing::Sanitizer`] if the compiler lacks the checker's
    /// sanitizer.
    ///
    /// # Panics
    ///
    /// As [`driver`](Self::driver), and if there is no such barrier.
    pub fn replay(
        &self,
        tape: &Path,
        check: Check,
        drop: Option<&str>,
    ) -> Result<Replayed, Missing> {
        replay(&self.kernels, tape, check, drop)
    }

    /// See [`barriers`](crate::barriers()).
    pub fn barriers(&self) -> Vec<String> {
        sources::barriers(&self.kernels)
    }
}

/// Loads a library for good.
#[cfg(unix)]
fn load(driver: &Path) {
    use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_NOW};
    // From now on the linker answers a request for "libcuda.so" with it, since that is its soname.
    // SAFETY: the initialisers of this library only fill its own table of kernels.
    let library = unsafe { Library::open(Some(driver), RTLD_NOW | RTLD_GLOBAL) };
    // Never unloaded: cudarc keeps pointers into it.
    std::mem::forget(library.expect("the stand-in was built and can be loaded"));
}

#[cfg(not(unix))]
fn load(_: &Path) {
    unreachable!("there is no stand-in driver for this system");
}

//! How a test goes on, or does not, where nothing can be compiled.

use crate::error::Missing;

/// The value, or `None` after a printed line where something is missing; with
/// `LORA_CUDA_SHIM=required` in the environment that is a panic instead.
pub fn unless_missing<T>(result: Result<T, Missing>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(missing) => {
            let required = std::env::var("LORA_CUDA_SHIM").is_ok_and(|value| value == "required");
            assert!(!required, "LORA_CUDA_SHIM=required, but {missing}");
            println!("skipped: {missing}");
            None
        }
    }
}

/// Begins a test that needs the stand-in driver: [`preload`](crate::preload)s it, or returns from
/// the test as [`unless_missing`] says. A [`Shim`](crate::Shim) as argument gives other kernels.
#[macro_export]
macro_rules! preload_or_skip {
    () => {
        $crate::preload_or_skip!($crate::Shim::engine())
    };
    ($shim:expr) => {
        if $crate::unless_missing($shim.preload()).is_none() {
            return;
        }
    };
}

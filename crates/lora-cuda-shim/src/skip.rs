//! Skips tests on machines where the stand-in cannot be compiled.

use crate::error::Missing;

/// The value, or `None` after a printed line that says what is missing.
///
/// # Panics
///
/// If something is missing and the environment has `LORA_CUDA_SHIM=required`, as in CI.
pub fn unless_missing<T>(result: Result<T, Missing>) -> Option<T> {
    let required = std::env::var("LORA_CUDA_SHIM").is_ok_and(|value| value == "required");
    result.map_err(|missing| skip(&missing, required)).ok()
}

fn skip(missing: &Missing, required: bool) {
    assert!(!required, "LORA_CUDA_SHIM=required, but {missing}");
    println!("skipped: {missing}");
}

/// Begins a test that needs the stand-in driver. It [`preload`](crate::preload())s the driver, or
/// returns from the test if [`unless_missing`](crate::unless_missing) gives `None`. A
/// [`Shim`](crate::Shim) as argument gives other kernels.
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

#[cfg(test)]
mod tests {
    use super::{Missing, skip};

    #[test]
    fn a_test_is_skipped() {
        skip(&Missing::Compiler, false);
    }

    #[test]
    #[should_panic(expected = "LORA_CUDA_SHIM=required, but no C++20 compiler found")]
    fn a_required_test_fails() {
        skip(&Missing::Compiler, true);
    }
}

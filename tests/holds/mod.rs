//! What holds of any input, for property tests (`any_input.rs`) and for the fuzzer (`fuzz/`): it is
//! taken for what it is or refused; nothing panics and nothing takes long. Callers check what a refusal says.
#![allow(dead_code)] // each takes its part

pub mod database;
pub mod experiment;

use std::time::{Duration, Instant};

use lora_store::error::StoreError;
use lora_store::stored::blob;

/// Far beyond what any input of these tests takes.
const LONG: Duration = Duration::from_secs(20);

/// Does something that must not take long.
pub fn soon<T>(what: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let done = what();
    assert!(started.elapsed() < LONG, "{:?}", started.elapsed());
    done
}

/// Takes what refuses an input.
pub type Told<'a> = &'a dyn Fn(StoreError);

/// A refusal says something.
pub fn says_something(error: StoreError) {
    assert!(!error.to_string().trim().is_empty());
}

/// Bytes are no trajectory, or exactly those that the trajectory is kept as.
pub fn trajectory(bytes: &[u8]) {
    if let Some(trajectory) = blob::decode(bytes) {
        assert_eq!(blob::encode(&trajectory), bytes);
    }
}

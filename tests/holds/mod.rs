//! What holds of any input, for property tests (`any_input.rs`) and for the fuzzer (`fuzz/`): it is
//! taken for what it is or refused in one line; nothing panics and nothing takes long.
#![allow(dead_code)] // each takes its part

pub mod database;
pub mod experiment;

use std::fmt::Display;
use std::time::{Duration, Instant};

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

/// One line.
pub fn told(error: &dyn Display) {
    let message = error.to_string();
    assert!(!message.trim().is_empty() && !message.contains(char::is_control), "{message:?}");
}

/// Bytes are no trajectory, or exactly those that the trajectory is kept as.
pub fn trajectory(bytes: &[u8]) {
    if let Some(trajectory) = blob::decode(bytes) {
        assert_eq!(blob::encode(&trajectory), bytes);
    }
}

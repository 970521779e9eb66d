//! Bytes as a kept trajectory.
#![no_main]

#[path = "../../holds/mod.rs"]
mod holds;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| holds::trajectory(bytes));

//! The largest rates of this machine, on the threads that the stages run on.

use std::fs;

use lora_sim::stages::Peaks;
use lora_sim::{peak_bandwidth, peak_multiply_adds};

use crate::setting::{isa, measuring};

/// How often each peak is measured before a stage and after it. The best counts, because other programs
/// may use the machine too.
const REPEATS: usize = 2;

/// Assumed size of the last-level cache in bytes where the system does not report it.
const UNKNOWN_CACHE: usize = 32 << 20;

/// Both peaks of all threads together.
pub fn measure() -> Peaks {
    let seconds = if measuring() { 0.05 } else { 0.001 };
    // Each thread has its own array, so all arrays together exceed the cache too.
    let bytes = if measuring() { 4 * last_cache() } else { 1 << 16 };
    let isa = isa();
    Peaks {
        multiply_adds_per_s: together(|| peak_multiply_adds(isa, seconds)),
        bytes_per_s: together(|| peak_bandwidth(isa, bytes, seconds)),
    }
}

/// The larger of each rate.
pub fn best(a: Peaks, b: Peaks) -> Peaks {
    Peaks {
        multiply_adds_per_s: a.multiply_adds_per_s.max(b.multiply_adds_per_s),
        bytes_per_s: a.bytes_per_s.max(b.bytes_per_s),
    }
}

/// The largest sum over threads of a rate that all threads measure at the same time.
fn together(rate: impl Fn() -> f64 + Sync) -> f64 {
    let all = || rayon::broadcast(|_| rate()).iter().sum();
    (0..REPEATS).map(|_| all()).fold(0.0, f64::max)
}

/// Bytes of the largest cache of the first core.
fn last_cache() -> usize {
    let sizes = (0..8).filter_map(|index| {
        let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/size");
        let text = fs::read_to_string(path).ok()?;
        Some(text.trim().strip_suffix('K')?.parse::<usize>().ok()? << 10)
    });
    sizes.max().unwrap_or(UNKNOWN_CACHE)
}

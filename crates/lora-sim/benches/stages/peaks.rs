//! What this machine does at most, on the threads that the stages run on.

use std::fs;

use lora_sim::stages::Peaks;
use lora_sim::{peak_bandwidth, peak_multiply_adds};

use crate::setting::{isa, measuring};

/// Times that each peak is looked for, before a stage and after; the best counts, since others may
/// use the machine too.
const REPEATS: usize = 2;

/// Bytes taken for the last cache where the system does not tell.
const UNKNOWN_CACHE: usize = 32 << 20;

/// Both, of all threads at once.
pub fn measure() -> Peaks {
    let seconds = if measuring() { 0.05 } else { 0.001 };
    // Each thread has an array of its own, so all of them pass the cache together, too.
    let bytes = if measuring() { 4 * last_cache() } else { 1 << 16 };
    let isa = isa();
    Peaks {
        multiply_adds_per_s: together(|| peak_multiply_adds(isa, seconds)),
        bytes_per_s: together(|| peak_bandwidth(isa, bytes, seconds)),
    }
}

/// The larger of each.
pub fn best(a: Peaks, b: Peaks) -> Peaks {
    Peaks {
        multiply_adds_per_s: a.multiply_adds_per_s.max(b.multiply_adds_per_s),
        bytes_per_s: a.bytes_per_s.max(b.bytes_per_s),
    }
}

/// The largest sum over threads of what each does while the others do the same.
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

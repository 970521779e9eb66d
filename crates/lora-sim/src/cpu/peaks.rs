//! The largest rates of this machine, on the threads that stages run on.

use std::fs;

use super::cost::Peaks;
use crate::{Isa, peak_bandwidth, peak_multiply_adds};

/// How often each peak is measured. The best counts, because other programs may use the machine too.
const REPEATS: usize = 2;

/// Assumed size of the last-level cache in bytes where the system does not report it.
const UNKNOWN_CACHE: usize = 32 << 20;

/// Seconds of a measurement, and of one that only tries it.
const SECONDS: [f64; 2] = [0.05, 0.001];

/// Bytes that are read where a measurement is only tried.
const FEW_BYTES: usize = 1 << 16;

impl Peaks {
    /// Measures both peaks of all threads of the current pool together, in a fifth of a second. With `trying`
    /// it takes a few milliseconds and finds numbers that mean nothing, as a test needs them.
    pub fn measure(isa: Isa, trying: bool) -> Self {
        let seconds = SECONDS[usize::from(trying)];
        // Each thread has its own array, so all arrays together exceed the cache too.
        let bytes = if trying { FEW_BYTES } else { 4 * last_cache() };
        Self {
            multiply_adds_per_s: together(|| peak_multiply_adds(isa, seconds)),
            bytes_per_s: together(|| peak_bandwidth(isa, bytes, seconds)),
        }
    }

    /// The larger of each rate.
    pub fn best(self, other: Self) -> Self {
        Self {
            multiply_adds_per_s: self.multiply_adds_per_s.max(other.multiply_adds_per_s),
            bytes_per_s: self.bytes_per_s.max(other.bytes_per_s),
        }
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

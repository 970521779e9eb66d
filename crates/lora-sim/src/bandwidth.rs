//! The largest rate at which a core reads memory, the bandwidth roof of a training step.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::kernels::{self, Isa};

/// Bytes of an f64.
const WORD: usize = size_of::<f64>();

/// Bytes per second that the calling thread reads.
///
/// It sums an array of about `bytes` bytes for about `seconds`, at least once, and returns the best of
/// all passes. An array several times as large as the last-level cache gives the rate of the memory, a
/// small one that of a cache. Every call has its own array; call it on many threads at once for their
/// joint rate.
///
/// ```
/// let isa = lora_sim::Isa::best();
/// assert!(lora_sim::peak_bandwidth(isa, 1 << 20, 0.01) > 1e6);
/// ```
pub fn peak_bandwidth(isa: Isa, bytes: usize, seconds: f64) -> f64 {
    // Written before the clock starts, so that every page is mapped.
    let array = vec![1.0f64; bytes.div_ceil(WORD).max(1)];
    let time = Duration::from_secs_f64(seconds.max(0.0));
    let started = Instant::now();
    let mut best = f64::INFINITY;
    while best.is_infinite() || started.elapsed() < time {
        best = best.min(pass(isa, &array));
    }
    (array.len() * WORD) as f64 / best
}

/// Seconds of one sum over the array.
fn pass(isa: Isa, array: &[f64]) -> f64 {
    let started = Instant::now();
    black_box(kernels::sum(isa, black_box(array)));
    // The clock may not advance during a short pass.
    started.elapsed().as_secs_f64().max(1e-9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_has_a_rate_for_any_array_in_any_time() {
        for isa in Isa::available() {
            for bytes in [0, 1, 100_000] {
                for seconds in [-1.0, 0.0, 0.002] {
                    let rate = peak_bandwidth(isa, bytes, seconds);
                    assert!(rate.is_finite() && rate > 0.0, "{} {rate}", isa.name());
                }
            }
        }
    }
}

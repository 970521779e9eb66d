//! How many bytes a core of this machine can read: the other roof over a training step.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::kernels::{self, Isa};

/// Bytes of an f64.
const WORD: usize = size_of::<f64>();

/// Bytes a second that the calling thread reads: the sum of an array of about `bytes` bytes,
/// over and over for about `seconds` and at least once, the best of all passes. With an array some times
/// as large as the last cache this is the memory's rate, with a small one a cache's. Call it on many
/// threads at once, each with an array of its own, to learn what they do together.
///
/// ```
/// let isa = lora_sim::Isa::best();
/// assert!(lora_sim::peak_bandwidth(isa, 1 << 20, 0.01) > 1e6);
/// ```
pub fn peak_bandwidth(isa: Isa, bytes: usize, seconds: f64) -> f64 {
    // Written before the clock starts, so that every page is there.
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
    // A clock may stand still over a short array.
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

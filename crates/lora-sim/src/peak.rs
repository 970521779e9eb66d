//! The largest rate of multiply-adds of a core, the compute roof of a training step.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::aligned::LANES;
use crate::kernels::{CHAIN_COUNTS, Isa, multiply_add_chains};

/// Steps of every chain between two looks at the clock: tens of microseconds.
const ROUNDS: usize = 10_000;

/// f32 multiply-adds per second of the calling thread with an instruction set.
///
/// It runs independent chains in registers, without memory accesses, and returns the best of a few
/// numbers of chains. It takes about `seconds`. Call it on many threads at once for their joint rate.
/// The portable set rounds between multiplication and addition; a pair of them counts as one.
///
/// ```
/// let isa = lora_sim::Isa::best();
/// assert!(lora_sim::peak_multiply_adds(isa, 0.01) > 1e6);
/// ```
pub fn peak_multiply_adds(isa: Isa, seconds: f64) -> f64 {
    let share = Duration::from_secs_f64(seconds.max(0.0) / CHAIN_COUNTS.len() as f64);
    CHAIN_COUNTS.into_iter().map(|chains| rate(isa, chains, share)).fold(0.0, f64::max)
}

/// Multiply-adds per second with this number of chains, over at least `time`.
fn rate(isa: Isa, chains: usize, time: Duration) -> f64 {
    let started = Instant::now();
    let mut calls = 0;
    loop {
        black_box(multiply_add_chains(isa, chains, ROUNDS));
        calls += 1;
        let elapsed = started.elapsed();
        if elapsed >= time && !elapsed.is_zero() {
            return (calls * ROUNDS * chains * LANES) as f64 / elapsed.as_secs_f64();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_has_a_rate_even_in_no_time() {
        for isa in Isa::available() {
            for seconds in [-1.0, 0.0, 0.004] {
                let rate = peak_multiply_adds(isa, seconds);
                assert!(rate.is_finite() && rate > 0.0, "{} {rate}", isa.name());
            }
        }
    }
}

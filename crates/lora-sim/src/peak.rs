//! How many multiply-adds a core of this machine can do: what a training step is measured against.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::aligned::LANES;
use crate::kernels::{CHAIN_COUNTS, Isa, multiply_add_chains};

/// Links between two looks at the clock: tens of microseconds.
const ROUNDS: usize = 10_000;

/// f32 multiply-adds a second of the calling thread with an instruction set: independent chains in
/// registers, nothing read or written, with the best of a few numbers of chains. Takes about
/// `seconds`; call it on many threads at once to learn what they do together. The portable set
/// multiplies, rounds and adds, so its count is of such pairs.
///
/// ```
/// let isa = lora_sim::Isa::best();
/// assert!(lora_sim::peak_multiply_adds(isa, 0.01) > 1e6);
/// ```
pub fn peak_multiply_adds(isa: Isa, seconds: f64) -> f64 {
    let share = Duration::from_secs_f64(seconds.max(0.0) / CHAIN_COUNTS.len() as f64);
    CHAIN_COUNTS.into_iter().map(|chains| rate(isa, chains, share)).fold(0.0, f64::max)
}

/// Multiply-adds a second of so many chains, over at least `time`.
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

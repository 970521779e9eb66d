//! Chains of multiply-adds in registers, which show the largest rate of a core.

use std::hint::black_box;

use super::simd::Simd;

/// The numbers of independent chains, of sixteen floats each, that [`multiply_add_chains`] supports.
/// Too few chains wait for their own results, and too many spill; the best number depends on the
/// instruction set and the core.
pub const CHAIN_COUNTS: [usize; 4] = [3, 4, 6, 12];

/// Runs `rounds` steps of each of `C` chains x ← x/2 + 1/4, which converge to 1/2, and returns the sum
/// of all lanes.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn multiply_add_chains<S: Simd, const C: usize>(rounds: usize) -> f32 {
    // SAFETY: the caller's; there are no pointers.
    unsafe {
        let (half, quarter) = (S::splat(black_box(0.5)), S::splat(black_box(0.25)));
        let mut chains = [half; C];
        for c in 0..C {
            // The compiler would merge chains with equal starts.
            chains[c] = S::splat(black_box(c as f32));
        }
        for _ in 0..rounds {
            for c in 0..C {
                chains[c] = S::fma(chains[c], half, quarter);
            }
        }
        let mut sum = chains[0];
        for c in 1..C {
            sum = S::add(sum, chains[c]);
        }
        let mut total = [0.0; 4];
        S::store_sums(total.as_mut_ptr(), [sum; 4]);
        total[0]
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Isa, multiply_add_chains};
    use super::CHAIN_COUNTS;

    #[test]
    fn every_chain_of_every_set_runs_to_its_end() {
        for isa in Isa::available() {
            for chains in CHAIN_COUNTS {
                let sum = multiply_add_chains(isa, chains, 100);
                assert_eq!(sum, 8.0 * chains as f32, "{} chains, {}", chains, isa.name());
            }
            // All lanes of a chain are equal: 0, 1 and 2 after one step.
            let sum = multiply_add_chains(isa, 3, 1);
            assert_eq!(sum, 16.0 * (0.25 + 0.75 + 1.25), "{}", isa.name());
        }
    }
}

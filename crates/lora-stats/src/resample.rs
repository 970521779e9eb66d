//! All resamples, or many, of S seeds from S with replacement.

/// Up to this number of seeds all S^S resamples are enumerated, at most 462 of which are distinct.
pub(crate) const MAX_ENUMERATED: usize = 6;
/// Number of random resamples for more seeds. The bootstrap's standard deviation is then known to
/// 1/√(2 · 2000) ≈ 1.6 per cent.
pub(crate) const RANDOM_RESAMPLES: usize = 2000;

/// Calls `visit` with each resample, as positions of seeds, and its weight.
///
/// The weights sum to S^S if resamples are enumerated, else to their number. The same `seeds` always
/// gives the same resamples in the same order.
pub(crate) fn for_each(seeds: usize, visit: impl FnMut(&[usize], f64)) {
    if seeds <= MAX_ENUMERATED { enumerate(seeds, visit) } else { draw(seeds, visit) }
}

/// All multisets of S positions in ascending order; the weight of one is the number of ordered
/// resamples it stands for, S! / Π mᵢ!.
fn enumerate(seeds: usize, mut visit: impl FnMut(&[usize], f64)) {
    let mut positions = vec![0; seeds];
    loop {
        visit(&positions, orderings(&positions));
        // The next non-decreasing sequence: raise the last entry that can be, level those after it.
        let Some(entry) = positions.iter().rposition(|&position| position + 1 < seeds) else {
            return;
        };
        let raised = positions[entry] + 1;
        positions[entry..].fill(raised);
    }
}

/// n! / Π mᵢ! for the multiplicities mᵢ of a sorted sequence of length n.
fn orderings(sorted: &[usize]) -> f64 {
    let mut run = 0;
    let mut orderings = 1.0;
    for (i, position) in sorted.iter().enumerate() {
        run = if i > 0 && sorted[i - 1] == *position { run + 1 } else { 1 };
        orderings *= (i + 1) as f64 / f64::from(run);
    }
    // The running product is a whole number after each step, up to rounding.
    orderings.round()
}

fn draw(seeds: usize, mut visit: impl FnMut(&[usize], f64)) {
    let mut positions = vec![0; seeds];
    for resample in 0..RANDOM_RESAMPLES {
        for (slot, position) in positions.iter_mut().enumerate() {
            let counter = (resample * seeds + slot) as u64;
            // The high half of a product maps 64 random bits to 0 … S − 1 without a division.
            *position = ((u128::from(split_mix(counter)) * seeds as u128) >> 64) as usize;
        }
        visit(&positions, 1.0);
    }
}

/// Output `counter` of the SplitMix64 sequence: a fixed, well-mixed function of its argument.
fn split_mix(counter: u64) -> u64 {
    let mut z = counter.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enumerated_weights_count_every_ordered_resample() {
        for seeds in 1..=MAX_ENUMERATED {
            let (mut distinct, mut total, mut draws) = (0, 0.0, vec![0.0; seeds]);
            for_each(seeds, |positions, weight| {
                distinct += 1;
                total += weight;
                assert!(positions.is_sorted() && positions.len() == seeds);
                positions.iter().for_each(|&p| draws[p] += weight);
            });
            assert_eq!(total, (seeds as f64).powi(seeds as i32));
            assert_eq!(distinct, [1, 3, 10, 35, 126, 462][seeds - 1]);
            // By symmetry every seed is drawn equally often.
            assert!(draws.iter().all(|&count| count == total), "{draws:?}");
        }
    }

    #[test]
    fn random_resamples_are_uniform_and_repeatable() {
        let seeds = 7;
        let mut counts = vec![0.0; seeds];
        for_each(seeds, |positions, _| positions.iter().for_each(|&p| counts[p] += 1.0));
        // 14 000 draws: standard deviation √(14 000 · 1/7 · 6/7) ≈ 41 about 2000; four of them.
        assert!(counts.iter().all(|&count: &f64| (count - 2000.0).abs() < 165.0), "{counts:?}");
        let collect = || {
            let mut all = Vec::new();
            for_each(seeds, |positions, _| all.extend_from_slice(positions));
            all
        };
        assert_eq!(collect(), collect());
    }

    #[test]
    fn split_mix_matches_its_published_first_outputs() {
        // From state 0.
        assert_eq!(split_mix(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(split_mix(1), 0x6e78_9e6a_a1b9_65f4);
    }
}

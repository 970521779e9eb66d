//! How many runs of a batch are trained together. No result depends on it.

use crate::spec::Model;

/// Bytes of parameters in a group: half of a typical last-level cache.
const CACHED: usize = 16 << 20;

/// Floats for each of n r: A and B, two moments and a start of each, and B's previous value.
const FLOATS: usize = 9;

/// The largest number of runs that are trained together.
///
/// Runs of a group share one reading of Z and H, but their parameters should stay in the cache. So the
/// group has as many runs as fit the cache, and at least so many that reading 2Z + H costs no more
/// than reading the parameters. The number is rounded up to a multiple of `threads`, so that no thread
/// is idle, if that takes no more than twice the cache.
pub fn at_once(model: &Model, width: usize, threads: usize) -> usize {
    let cached = CACHED / (4 * FLOATS) / width.saturating_mul(model.rank).max(1);
    let shared = model.points / model.rank.saturating_mul(4).max(1);
    let most = cached.max(shared).max(1);
    let even = most.next_multiple_of(threads);
    if even <= 2 * most { even } else { most }
}

/// The size of groups of at most `most` runs, so that all groups are of similar size. It is a multiple
/// of `threads` if `most` is.
pub fn evenly(runs: usize, most: usize, threads: usize) -> usize {
    let even = runs.div_ceil(runs.div_ceil(most).max(1)).max(1);
    if most.is_multiple_of(threads) { even.next_multiple_of(threads) } else { even }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_fill_the_cache_or_share_the_data() {
        let model = |rank, points| Model { rank, points, ..Model::default() };
        // 2048 · 64 parameters of A and of B take 4.5 MiB for each run, with moments and starts.
        assert_eq!(at_once(&model(64, 100), 2048, 1), 3);
        // Reading Z and H costs as much as reading the parameters of this many runs.
        assert_eq!(at_once(&model(4, 1000), 1 << 17, 1), 62);
        assert_eq!(at_once(&model(64, 100), 1 << 17, 1), 1);
    }

    #[test]
    fn threads_have_runs_alike_where_that_costs_little() {
        let model = Model { rank: 64, points: 100, ..Model::default() };
        let at_once = |threads| at_once(&model, 2048, threads);
        assert_eq!([2, 3, 4, 6].map(at_once), [4, 3, 4, 6]);
        // Rounding up would take more than twice the cache.
        assert_eq!([7, 16].map(at_once), [3, 3]);
    }

    #[test]
    fn groups_are_of_like_size_and_none_is_larger_than_the_most() {
        assert_eq!(evenly(16, 3, 1), 3);
        assert_eq!(evenly(10, 6, 1), 5);
        assert_eq!(evenly(10, 6, 2), 6);
        for runs in 0..40 {
            for most in 1..20 {
                for threads in 1..5 {
                    let size = evenly(runs, most, threads);
                    assert!((1..=most).contains(&size), "{runs} {most} {threads}: {size}");
                    let groups = runs.div_ceil(size);
                    assert_eq!(groups, runs.div_ceil(most), "{runs} {most} {threads}: {size}");
                    assert!(!most.is_multiple_of(threads) || size.is_multiple_of(threads));
                }
            }
        }
    }
}

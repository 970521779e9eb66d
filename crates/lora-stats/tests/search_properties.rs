//! What the adaptive search promises on any data, and what it finds on well-behaved data.

use lora_stats::{Goals, LrCurve, LrGrid, LrGridSpec, Sample, Samples, next};
use proptest::prelude::*;

/// Grids with 2 to 9 coarse points and up to four halvings.
fn grids() -> impl Strategy<Value = LrGrid> {
    let halvings = prop::sample::select(vec![0u32, 1, 2, 3, 4]);
    (1e-6..1e-2f64, 1..9i32, 1.5..10.0f64, halvings, 0..4u32).prop_map(
        |(lr_min, steps, coarse_factor, halvings, max_extensions)| {
            let bracket_factor = coarse_factor.powf(1.0 / f64::from(1u32 << halvings));
            let lr_max = lr_min * coarse_factor.powi(steps) * 1.000_001;
            let spec = LrGridSpec { lr_min, lr_max, coarse_factor, bracket_factor, max_extensions };
            LrGrid::new(spec).expect("a valid grid")
        },
    )
}

fn all_goals() -> impl Strategy<Value = Goals> {
    let bound = prop::option::of(prop_oneof![Just(1.0), Just(f64::NAN), Just(0.0), -1.0..3.0f64]);
    (any::<bool>(), bound).prop_map(|(minimum, stability_bound)| Goals { minimum, stability_bound })
}

/// Values with many ties, so that plateaus occur, and with everything that counts as diverged.
fn readings() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        3 => (0..4i32).prop_map(|level| Some(f64::from(level))),
        3 => any::<f64>().prop_map(Some),
        1 => Just(None),
        1 => Just(Some(f64::NAN)),
        1 => Just(Some(f64::INFINITY)),
        1 => Just(Some(f64::NEG_INFINITY)),
    ]
}

/// Arbitrary samples, one for each index that the grid allows.
fn wild() -> impl Strategy<Value = (LrGrid, Vec<Sample>)> {
    grids().prop_flat_map(|grid| {
        let (lowest, highest) = grid.limits();
        let sample = (readings(), readings()).prop_map(|(score, peak)| Sample { score, peak });
        (Just(grid), prop::collection::vec(sample, (highest - lowest + 1) as usize))
    })
}

/// Runs the search to its end, checking every batch; returns the samples and the batches' number.
fn search(grid: &LrGrid, goals: &Goals, sample: impl Fn(i64) -> Sample) -> (Samples, usize) {
    let (lowest, highest) = grid.limits();
    let allowed = (highest - lowest + 1) as usize;
    let mut samples = Samples::new();
    for batches in 0..=allowed {
        let batch = next(grid, &samples, goals);
        if batch.is_empty() {
            return (samples, batches);
        }
        assert!(batch.windows(2).all(|pair| pair[0] < pair[1]), "not ascending: {batch:?}");
        for &k in &batch {
            assert!((lowest..=highest).contains(&k), "{k} is beyond the limits");
            assert!(samples.insert(k, sample(k)).is_none(), "{k} was sampled before");
        }
    }
    panic!("no end after {allowed} batches");
}

proptest! {
    #[test]
    fn ends_on_any_data((grid, data) in wild(), goals in all_goals()) {
        let lowest = grid.limits().0;
        let (samples, _) = search(&grid, &goals, |k| data[(k - lowest) as usize]);
        let curve = LrCurve::new(&grid, &samples);
        if let (true, Ok(best)) = (goals.minimum, curve.optimum()) {
            // Done means adjacent neighbours, or an edge that the limits do not let us pass.
            prop_assert!(best.resolved || !best.bracketed);
            prop_assert!(best.lr > 0.0 && best.lr.is_finite());
        }
        let bound = goals.stability_bound.filter(|bound| *bound > 0.0);
        if let Some(crossing) = bound.and_then(|bound| curve.crossing(bound).ok()) {
            prop_assert_eq!(crossing.bracketed(), crossing.resolved);
            prop_assert_eq!(crossing.bracketed(), crossing.lr.is_some());
        }
    }

    #[test]
    fn any_subset_of_samples_is_continued_to_an_end(
        (grid, data) in wild(),
        goals in all_goals(),
        kept in prop::collection::vec(any::<bool>(), 1..64),
    ) {
        let (lowest, highest) = grid.limits();
        let mut samples: Samples = (lowest..=highest)
            .filter(|k| kept[(k - lowest) as usize % kept.len()])
            .map(|k| (k, data[(k - lowest) as usize]))
            .collect();
        for _ in lowest..=highest + 1 {
            let batch = next(&grid, &samples, &goals);
            for k in batch {
                prop_assert!(samples.insert(k, data[(k - lowest) as usize]).is_none());
            }
        }
        prop_assert!(next(&grid, &samples, &goals).is_empty());
    }

    #[test]
    fn a_unimodal_minimum_is_bracketed_in_few_batches(
        grid in grids(),
        place in 0.0..1.0f64,
        left in 0.1..5.0f64,
        right in 0.1..5.0f64,
        diverged_above in 0.5..20.0f64,
    ) {
        let coarse = grid.coarse_indices();
        let (first, last) = (coarse[0] as f64, coarse[coarse.len() - 1] as f64);
        let truth = first + place * (last - first);
        let score = |k: i64| {
            let offset = k as f64 - truth;
            let slope = if offset < 0.0 { left } else { right };
            let stride = grid.coarse_stride() as f64;
            (offset / stride < diverged_above).then(|| 0.1 + slope * offset.abs() / stride)
        };
        let goals = Goals { minimum: true, stability_bound: None };
        let (samples, batches) =
            search(&grid, &goals, |k| Sample { score: score(k), peak: None });
        // The grid, perhaps an extension to either side of an end, and one batch for each halving;
        // one more where the best sample moves to a neighbour with a gap on its other side.
        prop_assert!(batches <= 4 + 2 * grid.halvings() as usize, "{batches} batches");
        let best = LrCurve::new(&grid, &samples).optimum().unwrap();
        if best.bracketed {
            prop_assert!(best.resolved);
            let (below, above) = (best.index - 1, best.index + 1);
            prop_assert!((below as f64) <= truth && truth <= above as f64);
            let (lower, upper) = best.bracket.unwrap();
            prop_assert!(lower <= best.lr && best.lr <= upper);
        } else {
            let coarse_edge = best.index == grid.limits().0 || best.index == grid.limits().1;
            prop_assert!(coarse_edge, "stopped short of the limits at {}", best.index);
        }
    }

    #[test]
    fn a_monotone_crossing_is_bracketed(grid in grids(), place in -0.2..1.2f64) {
        let (lowest, highest) = grid.limits();
        let truth = lowest as f64 + place * (highest - lowest) as f64;
        let peak = |k: i64| Some((0.1 * (k as f64 - truth)).exp());
        let goals = Goals { minimum: false, stability_bound: Some(1.0) };
        let (samples, batches) =
            search(&grid, &goals, |k| Sample { score: None, peak: peak(k) });
        let steps = grid.spec().max_extensions as usize + grid.halvings() as usize;
        prop_assert!(batches <= 1 + steps);
        let crossing = LrCurve::new(&grid, &samples).crossing(1.0).unwrap();
        let inside = lowest as f64 <= truth && truth < highest as f64;
        prop_assert_eq!(crossing.bracketed(), inside);
        if let Some(lr) = crossing.lr {
            // A pure power law is interpolated exactly.
            let expected = grid.spec().lr_min.ln() + truth * (grid.lr(1) / grid.lr(0)).ln();
            prop_assert!((lr.ln() - expected).abs() < 1e-9, "{} and {expected}", lr.ln());
        }
    }

    #[test]
    fn the_order_of_samples_does_not_matter(
        (grid, data) in wild(),
        goals in all_goals(),
        order in any::<prop::sample::Index>(),
    ) {
        let lowest = grid.limits().0;
        let (samples, _) = search(&grid, &goals, |k| data[(k - lowest) as usize]);
        let mut entries: Vec<(i64, Sample)> = samples.into_iter().collect();
        let keep = order.index(entries.len().max(1)).min(entries.len());
        entries.truncate(keep);
        let ascending: Samples = entries.iter().copied().collect();
        entries.reverse();
        entries.rotate_left(keep / 2);
        let shuffled: Samples = entries.into_iter().collect();
        prop_assert_eq!(next(&grid, &ascending, &goals), next(&grid, &shuffled, &goals));
    }
}

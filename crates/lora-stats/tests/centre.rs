//! The centre of a basin against the lowest sample, on planted rough curves.

use crate::support::{Random, widths};
use lora_stats::{Goals, LrCurve, LrGrid, LrGridSpec, Sample, Samples, next};

const SEEDS: usize = 8;
const STUDIES: usize = 60;

/// The basin's slopes in (ln lr, ln score), left and right, and where a wall begins, if any, in ln lr
/// above the minimum. As measured on the network: with readout n^-1/2 steep on the left and a wall of
/// divergence on the right under Init[A], flat and wide under Init[B]; flat on the right with readout
/// n^-1.
#[derive(Clone, Copy)]
struct Shape {
    left: f64,
    right: f64,
    wall: f64,
}

const SHAPES: [Shape; 3] = [
    Shape { left: 1.3, right: 0.7, wall: 1.6 },
    Shape { left: 0.5, right: 0.3, wall: 1.2 },
    Shape { left: 1.2, right: 0.25, wall: 3.0 },
];

impl Shape {
    /// ln score at a distance from the minimum: rounded where the flanks meet, steep beyond the wall.
    fn at(&self, x: f64) -> f64 {
        let flank = |slope: f64, x: f64| slope * ((x * x + 0.09).sqrt() - 0.3);
        let beyond = 3.0 * (x - self.wall).max(0.0);
        if x < 0.0 { flank(self.left, x) } else { flank(self.right, x) + beyond }
    }
}

fn grid() -> LrGrid {
    LrGrid::new(LrGridSpec {
        lr_min: 1e-4,
        lr_max: 0.5,
        coarse_factor: 4.0,
        bracket_factor: 1.2,
        max_extensions: 4,
    })
    .expect("a grid")
}

/// A searched curve with its minimum at `ln_best`: readings scatter by a fifth, and one in six sits
/// on a spike.
fn searched(grid: &LrGrid, shape: Shape, ln_best: f64, random: &mut Random) -> LrCurve {
    let mut samples = Samples::new();
    loop {
        let goals = Goals { minimum: true, stability_bound: None };
        let batch = next(grid, &samples, &goals);
        if batch.is_empty() {
            return LrCurve::new(grid, &samples);
        }
        for k in batch {
            let spike = if random.uniform() < 1.0 / 6.0 { -random.uniform().ln() } else { 0.0 };
            let rough = 0.2 * random.normal() + spike;
            let score = (shape.at(grid.lr(k).ln() - ln_best) + rough).exp();
            samples.insert(k, Sample { score: Some(score), peak: None });
        }
    }
}

/// Slopes over widths of the seed means of ln lr, by the lowest sample and by the centre.
fn study(shape: Shape, gamma: f64, random: &mut Random) -> [f64; 2] {
    let grid = grid();
    let mean_ln = |n: &f64, random: &mut Random| {
        let mut sums = [0.0; 2];
        for _ in 0..SEEDS {
            let ln_best = -1.0 + gamma * n.ln() + 0.1 * random.normal();
            let curve = searched(&grid, shape, ln_best, random);
            sums[0] += curve.optimum().expect("an optimum").lr.ln();
            sums[1] += curve.centre().expect("a centre").lr.ln();
        }
        sums
    };
    let all: Vec<[f64; 2]> = widths().iter().map(|n| mean_ln(n, random)).collect();
    [0, 1].map(|which| {
        let ln_lrs: Vec<f64> = all.iter().map(|sums| sums[which] / SEEDS as f64).collect();
        let ln_widths: Vec<f64> = widths().iter().map(|n| n.ln()).collect();
        lora_stats::fit_line(&ln_widths, &ln_lrs).expect("a line").slope
    })
}

/// The narrowest tolerance that an optimum under Adam is held to is 1/16; a bias of a third of it would
/// matter.
#[test]
fn the_centre_scatters_less_and_is_as_true() {
    for (number, shape) in SHAPES.into_iter().enumerate() {
        let mut random = Random::new(number as u64);
        let slopes: Vec<[f64; 2]> =
            (0..STUDIES).map(|_| study(shape, -0.75, &mut random)).collect();
        let moments = |which: usize| {
            let mean = slopes.iter().map(|slopes| slopes[which]).sum::<f64>() / STUDIES as f64;
            let squares = slopes.iter().map(|slopes| (slopes[which] - mean).powi(2));
            (mean, squares.sum::<f64>() / (STUDIES - 1) as f64)
        };
        let ((lowest, lowest_variance), (centre, centre_variance)) = (moments(0), moments(1));
        let ratio = centre_variance / lowest_variance;
        println!("{number}: {lowest:.3} {centre:.3} variance × {ratio:.2}");
        assert!((centre + 0.75).abs() < 0.02, "{number}: biased, {centre}");
        assert!(ratio < 0.8, "{number}: {ratio}");
    }
}

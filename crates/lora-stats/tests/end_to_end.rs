//! A whole study on planted curves: search the learning rates, read off the optimum and the
//! stability limit, fit their exponents, and see whether the intervals hold the planted ones.

mod support;

use lora_stats::{
    DEFAULT_LEVEL, ExponentFit, Goals, LrCurve, LrGrid, LrGridSpec, Sample, Samples,
    exponent_over_seeds, next,
};
use support::{Random, assert_binomial, widths};

const STUDIES: usize = 2000;
const SEEDS: usize = 3;
const OPTIMAL: f64 = -0.75;
const STABLE: f64 = -0.5;
const BOUND: f64 = 2.0;

fn grid() -> LrGrid {
    LrGrid::new(LrGridSpec {
        lr_min: 1e-4,
        lr_max: 1e-1,
        coarse_factor: 4.0,
        bracket_factor: 1.5,
        max_extensions: 3,
    })
    .unwrap()
}

/// The curves of one (seed, width).
struct Planted {
    ln_optimum: f64,
    ln_stable: f64,
    /// Names the noise of this curve's samples.
    stream: u64,
}

impl Planted {
    fn new(width: f64, level: f64, stream: u64) -> Self {
        let mut random = Random::new(stream);
        let optimum = -1.0 + OPTIMAL * width.ln() + level + 0.1 * random.normal();
        let stable = -1.5 + STABLE * width.ln() + level + 0.1 * random.normal();
        Self { ln_optimum: optimum, ln_stable: stable, stream }
    }

    /// The loss rises gently below the optimum and steeply above it, until training diverges; one
    /// per cent of noise on each sample, the same whenever the sample is repeated.
    fn sample(&self, index: i64, lr: f64) -> Sample {
        let mut random = Random::new(self.stream ^ (index as u64).wrapping_mul(0x5851_f42d));
        let offset = lr.ln() - self.ln_optimum;
        let bowl = 0.5 * ((0.7 * offset).exp() - 0.7 * offset - 1.0);
        let score = (offset < 3.0).then(|| 0.2 * (bowl + 0.01 * random.normal()).exp());
        let growth = 1.5 * (lr.ln() - self.ln_stable) + 0.05 * random.normal();
        let peak = (growth < 6.0).then(|| BOUND * growth.exp());
        Sample { score, peak }
    }

    fn curve(&self, grid: &LrGrid) -> LrCurve {
        let goals = Goals { minimum: true, stability_bound: Some(BOUND) };
        let mut samples = Samples::new();
        loop {
            let batch = next(grid, &samples, &goals);
            if batch.is_empty() {
                return LrCurve::new(grid, &samples);
            }
            samples.extend(batch.into_iter().map(|k| (k, self.sample(k, grid.lr(k)))));
        }
    }
}

/// The fitted exponents of the optimum and of the stability limit.
fn study(grid: &LrGrid, number: usize) -> (ExponentFit, ExponentFit) {
    let mut random = Random::new(number as u64 * 7919 + 5);
    let (mut optima, mut limits) = (Vec::new(), Vec::new());
    for seed in 0..SEEDS {
        let level = 0.3 * random.normal();
        let curves: Vec<LrCurve> = widths()
            .into_iter()
            .enumerate()
            .map(|(w, n)| Planted::new(n, level, (number * SEEDS + seed) as u64 * 16 + w as u64))
            .map(|planted| planted.curve(grid))
            .collect();
        optima.push(curves.iter().map(|c| c.optimum().unwrap().bracketed_lr()).collect());
        limits.push(curves.iter().map(|c| c.crossing(BOUND).unwrap().lr).collect());
    }
    let fit = |lrs: &[Vec<Option<f64>>]| exponent_over_seeds(&widths(), lrs, DEFAULT_LEVEL);
    (fit(&optima).unwrap(), fit(&limits).unwrap())
}

/// Readings carry errors of the search besides the planted ones: a noisy loss moves the best sample
/// by a grid step now and then. These are the same at all widths on average, so they widen the
/// intervals and leave the exponent unbiased, and coverage stays within binomial bounds of 95 %.
#[test]
fn planted_exponents_come_back_through_search_and_fit() {
    let grid = grid();
    let studies: Vec<_> = (0..STUDIES).map(|number| study(&grid, number)).collect();
    let optimal: Vec<ExponentFit> = studies.iter().map(|(optimal, _)| optimal.clone()).collect();
    let stable: Vec<ExponentFit> = studies.into_iter().map(|(_, stable)| stable).collect();
    check("optimum", &optimal, OPTIMAL, STABLE);
    check("stability limit", &stable, STABLE, OPTIMAL);
}

fn check(what: &str, fits: &[ExponentFit], truth: f64, wrong: f64) {
    let covers =
        |fit: &&ExponentFit, value| fit.lower.unwrap() <= value && value <= fit.upper.unwrap();
    assert!(fits.iter().all(|fit| fit.excluded_widths.is_empty()), "{what}: not bracketed");
    let hits = fits.iter().filter(|fit| covers(fit, truth)).count();
    assert_binomial(hits, fits.len(), 0.95, what);
    let count = fits.len() as f64;
    let mean = fits.iter().map(|fit| fit.exponent).sum::<f64>() / count;
    let variance = fits.iter().map(|fit| (fit.exponent - mean).powi(2)).sum::<f64>() / count;
    // Four standard errors of the mean of all studies.
    assert!((mean - truth).abs() < 4.0 * (variance / count).sqrt(), "{what}: mean {mean}");
    let excluded = fits.iter().filter(|fit| !covers(fit, wrong)).count();
    assert!(excluded as f64 >= 0.9 * count, "{what}: {wrong} excluded in {excluded} studies");
}

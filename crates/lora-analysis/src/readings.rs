//! What every learning-rate curve says: optimum, basin and crossing.

use std::collections::BTreeMap;

use lora_experiment::study::definition::Study;
use lora_sim::spec::Init;
use lora_stats::{Basin, Crossing, LrCurve, Optimum, Samples};
use lora_store::rows::RunRow;

/// What one seed's learning-rate curve says at one width.
#[derive(Clone, Debug)]
pub struct Reading<'r> {
    /// The seed.
    pub seed: u64,
    /// The smallest score; `None` if every run diverged.
    pub optimum: Option<Optimum>,
    /// The learning rates around it whose score is within the tolerance.
    pub basin: Option<Basin>,
    /// Where Z_B passes the bound.
    pub crossing: Option<Crossing>,
    /// The sampled run with the smallest score.
    pub best: Option<&'r RunRow>,
    /// Every run of the curve.
    pub runs: Vec<&'r RunRow>,
}

/// All readings, by init and width, with seeds in ascending order.
pub type Readings<'r> = BTreeMap<(Init, usize), Vec<Reading<'r>>>;

/// Reads the optimum, the basin and the crossing from every curve.
pub fn readings<'r>(study: &Study, runs: &'r [RunRow]) -> Readings<'r> {
    let search = &study.experiment.search;
    let mut curves: BTreeMap<(Init, usize, u64), Vec<&RunRow>> = BTreeMap::new();
    for row in runs {
        curves.entry((row.init, row.width, row.seed)).or_default().push(row);
    }
    let mut readings = Readings::new();
    for ((init, width, seed), runs) in curves {
        let samples: Samples = runs.iter().map(|row| (row.lr_index, row.sample())).collect();
        let curve = LrCurve::new(&study.grid_at(init, width), &samples);
        let limits = (search.basin, Some(search.stability_bound));
        readings.entry((init, width)).or_default().push(Reading::of(seed, runs, &curve, limits));
    }
    readings
}

impl<'r> Reading<'r> {
    /// What a curve through the scores of `runs` says, given the tolerance of the basin, and the bound of Z_B
    /// if Z_B was measured.
    pub fn of(
        seed: u64,
        runs: Vec<&'r RunRow>,
        curve: &LrCurve,
        (basin, bound): (f64, Option<f64>),
    ) -> Self {
        let optimum = curve.optimum().ok();
        let best = optimum.as_ref().map(|optimum| optimum.index);
        Self {
            seed,
            basin: curve.basin(basin).ok(),
            crossing: bound.and_then(|bound| curve.crossing(bound).ok()),
            best: runs.iter().copied().find(|row| Some(row.lr_index) == best),
            optimum,
            runs,
        }
    }
}

//! From runs to the values that a claim tests, by seed and point.

use std::collections::BTreeMap;

use lora_sim::spec::Init;
use lora_stats::{LrCurve, Samples};

use crate::verdict::run_summary::{RunSummaries, RunSummary};
use lora_experiment::cells::Cell;
use lora_experiment::study::claim::Quantity;
use lora_experiment::study::definition::{Rates, Study};

/// A study with everything it measured.
#[derive(Clone, Debug)]
pub struct Measurements<'s> {
    /// The study.
    pub study: &'s Study,
    /// Runs by point and seed.
    pub cells: BTreeMap<(usize, u64), Vec<RunSummary>>,
}

/// Values by seed, then by point; `None` where a seed has none.
pub type Values = Vec<Vec<Option<f64>>>;

impl<'s> Measurements<'s> {
    /// Of a study, from the runs of its cells.
    pub fn of(study: &'s Study, cells: impl IntoIterator<Item = (Cell, RunSummaries)>) -> Self {
        let runs = |(cell, RunSummaries(mut runs)): (Cell, RunSummaries)| {
            runs.sort_by_key(|run| (run.init, run.lr_index));
            ((study.x(cell), cell.seed), runs)
        };
        Self { study, cells: cells.into_iter().map(runs).collect() }
    }

    /// A quantity of an init: at the optimum of a search, or at pair number `rate`.
    pub fn values(&self, init: Init, rate: Option<usize>, quantity: Quantity) -> Values {
        self.each(|x, seed| self.value(x, self.cells.get(&(x, seed))?, init, rate, quantity))
    }

    /// ln(smallest score / first loss) of any run, bracketed or not.
    pub fn log_gains(&self, init: Init) -> Values {
        self.each(|x, seed| {
            let of_init = self.cells.get(&(x, seed))?.iter().filter(|run| run.init == init);
            let gains = of_init.filter_map(|run| Some((run.score? / run.first_loss).ln()));
            gains.min_by(f64::total_cmp)
        })
    }

    /// The losses of an init's run at pair number `rate`; none where it is missing or has diverged.
    pub fn losses(&self, cell: (usize, u64), init: Init, rate: usize) -> Option<&[f64]> {
        let of_rate = |run: &&RunSummary| run.init == init && run.lr_index == rate as i64;
        let run = self.cells.get(&cell)?.iter().find(of_rate)?;
        run.diverged_at.is_none().then_some(&run.losses)
    }

    /// A value of every cell, by its point and its seed.
    pub fn each(&self, value: impl Fn(usize, u64) -> Option<f64>) -> Values {
        let seeds = &self.study.experiment.training.seeds;
        let row = |&seed: &u64| self.study.at.iter().map(|&x| value(x, seed)).collect();
        seeds.iter().map(row).collect()
    }

    fn value(
        &self,
        x: usize,
        runs: &[RunSummary],
        init: Init,
        rate: Option<usize>,
        quantity: Quantity,
    ) -> Option<f64> {
        let runs: Vec<&RunSummary> = runs.iter().filter(|run| run.init == init).collect();
        let value = match (&self.study.rates, rate) {
            (Rates::Search(_), _) => self.searched(x, init, &runs, quantity),
            (Rates::Powers { .. }, rate) => {
                let rate = rate.unwrap_or(0) as i64;
                runs.iter()
                    .find(|run| run.lr_index == rate)
                    .and_then(|run| at_rate(run, self.study.width(x), quantity))
            }
        };
        value.filter(|value| value.is_finite() && *value > 0.0)
    }

    fn searched(
        &self,
        x: usize,
        init: Init,
        runs: &[&RunSummary],
        quantity: Quantity,
    ) -> Option<f64> {
        let experiment = &self.study.experiment;
        let samples: Samples = runs.iter().map(|run| (run.lr_index, run.sample())).collect();
        let curve = LrCurve::new(&self.study.grid_at(init, x), &samples);
        if quantity == Quantity::EtaStable {
            return curve.crossing(experiment.search.stability_bound).ok()?.lr;
        }
        let optimum = curve.optimum().ok().filter(|optimum| optimum.bracketed)?;
        let run_at = |index: i64| runs.iter().find(|run| run.lr_index == index);
        // A loss belongs to one run; what moves with the learning rate is read from the whole
        // basin.
        let at_centre = |of: fn(&RunSummary) -> f64| {
            curve.centre().ok()?.value(|index| run_at(index).map(|run| of(run)))
        };
        match quantity {
            Quantity::EtaOpt => curve.centre().ok().map(|centre| centre.lr),
            Quantity::Za => at_centre(|run| run.za),
            Quantity::Zb => at_centre(|run| run.zb),
            _ => at_rate(run_at(optimum.index)?, self.study.width(x), quantity),
        }
    }
}

/// Smallest relative change that f32 resolves well enough to be measured: eight units in the last
/// place. Beneath it an update of B is rounded away, and with it its part of ΔZ_B.
const RESOLVED: f64 = 1.0 / (1 << 20) as f64;

/// The same for a loss, which is a sum over neurons.
const RESOLVED_DROP: f64 = 1.0 / (1 << 17) as f64;

fn at_rate(run: &RunSummary, width: usize, quantity: Quantity) -> Option<f64> {
    if run.diverged_at.is_some() {
        return None;
    }
    let resolved = |part: f64, whole: f64| (part >= RESOLVED * whole).then_some(part);
    // δ2 : Z_B and δ3 : δ1 are as ΔB : B entry by entry. δ1 : Z_B is up to √n times ΔA : A, since
    // updates of A are aligned with Z and a random A is not.
    let delta1 = || resolved(run.peak_delta1, run.peak_zb? * (width as f64).sqrt());
    match quantity {
        Quantity::EtaOpt | Quantity::EtaStable | Quantity::Distance => None,
        Quantity::Za => Some(run.peak_za),
        Quantity::Zb => run.peak_zb,
        Quantity::Delta1 => delta1(),
        Quantity::Delta2 => resolved(run.peak_delta2, run.peak_zb?),
        Quantity::Delta3 => delta1().and_then(|whole| resolved(run.peak_delta3, whole)),
        Quantity::LossDrop => {
            let drop = (run.first_loss - run.last_loss) / run.first_loss;
            (drop >= RESOLVED_DROP).then_some(drop)
        }
        Quantity::Loss => run.score,
    }
}

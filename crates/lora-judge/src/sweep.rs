//! Runs of one setting, as the functions that summarise our own sweeps take them.

use std::collections::{BTreeMap, BTreeSet};

use lora_analysis::analysis::{Reading, Readings};
use lora_stats::LrCurve;
use lora_store::rows::RunRow;
use lora_types::Init;

use crate::measurement::{Label, Measurement};

/// The runs of one setting.
#[derive(Clone, Debug)]
pub(crate) struct Sweep {
    pub(crate) label: Label,
    /// By init, width, seed and learning rate, ascending.
    pub(crate) runs: Vec<RunRow>,
    pub(crate) inits: BTreeMap<Init, Extent>,
}

/// What was trained of an init, ascending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extent {
    pub(crate) widths: Vec<usize>,
    /// A seed may lack some of the widths.
    pub(crate) seeds: Vec<u64>,
}

impl Extent {
    /// The seeds without which most pairs of a width and a seed are in the fit: a width counts where every seed that is
    /// kept has runs. Seeds with the fewest widths go first, and two are kept for an interval. None if all of them
    /// keep as many.
    fn seeds_to_leave_out(&self, there: &BTreeSet<(u64, usize)>) -> Option<Vec<u64>> {
        let has = |seed: u64, width: usize| there.contains(&(seed, width));
        let mut seeds = self.seeds.clone();
        // Of equals the later seed goes first.
        let of = |seed: &u64| self.widths.iter().filter(|&&width| has(*seed, width)).count();
        seeds.sort_by_key(|seed| (std::cmp::Reverse(of(seed)), *seed));
        let kept = |count: usize| {
            let whole = |&&width: &&usize| seeds[..count].iter().all(|&seed| has(seed, width));
            count * self.widths.iter().filter(whole).count()
        };
        let most = (seeds.len().min(2)..=seeds.len()).max_by_key(|&count| (kept(count), count))?;
        let mut left_out = seeds.split_off(most);
        left_out.sort_unstable();
        (!left_out.is_empty()).then_some(left_out)
    }
}

impl Sweep {
    /// The sweeps of a table, one for each setting.
    pub(crate) fn all(runs: Vec<Measurement>) -> Vec<Self> {
        let mut by_label: BTreeMap<Label, Vec<Measurement>> = BTreeMap::new();
        for run in runs {
            by_label.entry(run.label.clone()).or_default().push(run);
        }
        // Numbers are ordered as numbers.
        let mut all: Vec<_> = by_label.into_iter().collect();
        all.sort_by(|(one, _), (other, _)| numbers(one).total_order(&numbers(other)));
        all.into_iter().map(|(label, runs)| Self::of(label, &runs)).collect()
    }

    fn of(label: Label, runs: &[Measurement]) -> Self {
        let lrs: BTreeSet<u64> = runs.iter().map(|run| run.lr.to_bits()).collect();
        let index: BTreeMap<u64, i64> = lrs.into_iter().zip(0..).collect();
        let mut runs: Vec<RunRow> = runs.iter().map(|run| row(run, &index)).collect();
        runs.sort_by_key(|run| (run.init, run.width, run.seed, run.lr_index));
        let mut inits: BTreeMap<Init, (BTreeSet<usize>, BTreeSet<u64>)> = BTreeMap::new();
        for run in &runs {
            let (widths, seeds) = inits.entry(run.init).or_default();
            widths.insert(run.width);
            seeds.insert(run.seed);
        }
        let extent = |(init, (widths, seeds)): (Init, (BTreeSet<usize>, BTreeSet<u64>))| {
            let (widths, seeds) = (widths.into_iter().collect(), seeds.into_iter().collect());
            (init, Extent { widths, seeds })
        };
        Self { label, runs, inits: inits.into_iter().map(extent).collect() }
    }

    /// Leaves out seeds that lack widths, where that keeps more of the table of widths and seeds than leaving out
    /// the widths does. What was left out is said, by init.
    pub(crate) fn leave_out_seeds(&mut self) -> Vec<String> {
        let mut said = Vec::new();
        for (&init, extent) in &mut self.inits {
            let there: BTreeSet<(u64, usize)> = self
                .runs
                .iter()
                .filter(|run| run.init == init)
                .map(|run| (run.seed, run.width))
                .collect();
            let Some(left_out) = extent.seeds_to_leave_out(&there) else { continue };
            extent.seeds.retain(|seed| !left_out.contains(seed));
            self.runs.retain(|run| run.init != init || !left_out.contains(&run.seed));
            let name = self.label.iter().map(|(column, value)| format!(", {column} {value}"));
            let name = name.collect::<String>();
            let (s, are) = if left_out.len() == 1 { ("", "is") } else { ("s", "are") };
            let seeds: Vec<String> = left_out.iter().map(u64::to_string).collect();
            said.push(format!(
                "{init}{name}: seed{s} {} {are} left out for lack of runs at some widths, so that more widths and \
                 seeds enter the fit",
                seeds.join(", ")
            ));
        }
        said
    }

    /// What every learning-rate curve says, given the tolerance of the basin, and the bound of Z_B if the
    /// table has Z_B.
    pub(crate) fn readings(&self, limits: (f64, Option<f64>)) -> Readings<'_> {
        let mut curves: BTreeMap<(Init, usize, u64), Vec<&RunRow>> = BTreeMap::new();
        for run in &self.runs {
            curves.entry((run.init, run.width, run.seed)).or_default().push(run);
        }
        let mut readings = Readings::new();
        for ((init, width, seed), runs) in curves {
            let samples = runs.iter().map(|run| (run.lr_index, run.lr, run.sample()));
            // Every learning rate was checked when it was read.
            let Ok(curve) = LrCurve::through(samples) else { continue };
            let reading = Reading::of(seed, runs, &curve, limits);
            readings.entry((init, width)).or_default().push(reading);
        }
        readings
    }

    /// "rank 8, module q_proj"; empty where nothing sets it apart.
    pub(crate) fn name(&self) -> String {
        let part = |(column, value): &(String, String)| format!("{column} {value}");
        self.label.iter().map(part).collect::<Vec<_>>().join(", ")
    }
}

/// A label whose values are compared as numbers where both are numbers.
pub(crate) struct Numbers<'a>(Vec<(Option<f64>, &'a str)>);

pub(crate) fn numbers(label: &Label) -> Numbers<'_> {
    Numbers(label.iter().map(|(_, value)| (value.parse().ok(), value.as_str())).collect())
}

impl Numbers<'_> {
    pub(crate) fn total_order(&self, other: &Self) -> std::cmp::Ordering {
        for ((one, text), (two, other_text)) in self.0.iter().zip(&other.0) {
            let order = match (one, two) {
                (Some(one), Some(two)) => one.total_cmp(two),
                (Some(_), None) => std::cmp::Ordering::Less,
                (None, Some(_)) => std::cmp::Ordering::Greater,
                (None, None) => std::cmp::Ordering::Equal,
            };
            let order = order.then(text.cmp(other_text));
            if order.is_ne() {
                return order;
            }
        }
        self.0.len().cmp(&other.0.len())
    }
}

/// A run as our own sweeps store one. What a table lacks is `NaN`, of which nothing has a mean.
fn row(run: &Measurement, index: &BTreeMap<u64, i64>) -> RunRow {
    let others = &run.others;
    RunRow {
        init: run.init,
        width: run.width,
        seed: run.seed.unwrap_or_default(),
        lr_index: index.get(&run.lr.to_bits()).copied().unwrap_or_default(),
        lr: run.lr,
        score: run.score,
        first_loss: others.first_loss,
        train_loss: f64::NAN,
        test_loss: others.test_loss,
        peak_zb: run.peak_zb,
        za_rms: others.za_rms,
        zb_rms: others.zb_rms,
        za_norm: others.za_norm,
        zb_norm: others.zb_norm,
        a_move: f64::NAN,
        b_move: f64::NAN,
        least_gradient_a: None,
        least_gradient_b: None,
        diverged_at: run.diverged,
    }
}

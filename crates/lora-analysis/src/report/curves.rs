//! Runs and means against the learning rate.

use std::collections::BTreeMap;

use lora_report::{MeanRow, Named, PageOptimum, PageRun};

use crate::draw::Sources;
use crate::summary::InitSummary;
use lora_store::rows;
use lora_types::Init;

/// The page holds only the means of sweeps with more runs, so that it stays small enough to mail.
const MOST_RUNS: usize = 6000;

type OfRun = fn(&rows::RunRow) -> Option<f64>;

/// Quantities at the end of training. The score is missing, since its name depends on the
/// experiment.
const QUANTITIES: [(&str, &str, OfRun); 9] = [
    ("train_loss", "train loss after the last step", |run| Some(run.train_loss)),
    ("test_loss", "held-out loss after the last step", |run| Some(run.test_loss)),
    ("peak_zb", "peak rms Z_{B} over the steps", |run| run.peak_zb),
    ("za_rms", "rms Z_{A}", |run| Some(run.za_rms)),
    ("zb_rms", "rms Z_{B}", |run| Some(run.zb_rms)),
    ("za_norm", "norm of Z_{A}, mean over points", |run| Some(run.za_norm)),
    ("zb_norm", "norm of Z_{B}, mean over points", |run| Some(run.zb_norm)),
    ("a_move", "rms movement of A", |run| Some(run.a_move)),
    ("b_move", "rms movement of B", |run| Some(run.b_move)),
];

/// Names of the quantities, in the order of the values.
pub fn quantities(sources: &Sources) -> Vec<Named> {
    let score = Named { key: "score".into(), name: format!("score: {}", sources.score_words()) };
    let rest = QUANTITIES.map(|(key, name, _)| named(key, &of_samples(sources, name)));
    std::iter::once(score).chain(rest).collect()
}

/// The name of a quantity that may be a mean over samples.
pub fn of_samples(sources: &Sources, name: &str) -> String {
    name.replace("points", sources.samples())
}

/// A quantity with its key and name.
pub fn named(key: &str, name: &str) -> Named {
    Named { key: key.to_owned(), name: name.to_owned() }
}

/// Values of a run. A run that diverged has none, since its last numbers mean nothing.
fn values(run: &rows::RunRow) -> Vec<Option<f64>> {
    let rest = QUANTITIES.iter().map(|(_, _, of)| of(run));
    let ran = run.diverged_at.is_none();
    std::iter::once(run.score).chain(rest).map(|x| x.filter(|x| ran && x.is_finite())).collect()
}

/// Every run, and a note if there are too many.
pub fn runs(sources: &Sources) -> (Vec<PageRun>, Option<String>) {
    let runs = &sources.results.runs;
    if runs.len() > MOST_RUNS {
        let note = format!(
            "The explorer holds means over seeds only: {} runs are too many for a page. They are \
             in runs.csv.",
            runs.len()
        );
        return (Vec::new(), Some(note));
    }
    let row = |run: &rows::RunRow| PageRun {
        init: run.init,
        n: run.width.into(),
        seed: run.seed,
        lr: run.lr,
        diverged: run.diverged_at,
        values: values(run),
    };
    (runs.iter().map(row).collect(), None)
}

/// Geometric means at the learning rates that every seed sampled. A mean is missing where a seed
/// has no value.
pub fn means(sources: &Sources) -> Vec<MeanRow> {
    let mut means = Vec::new();
    for (&(init, width), readings) in sources.readings {
        let mut by_lr: BTreeMap<i64, Vec<&rows::RunRow>> = BTreeMap::new();
        for run in readings.iter().flat_map(|reading| &reading.runs) {
            by_lr.entry(run.lr_index).or_default().push(run);
        }
        for runs in by_lr.values().filter(|runs| runs.len() == readings.len()) {
            let all: Vec<Vec<Option<f64>>> = runs.iter().map(|run| values(run)).collect();
            let mean = |index: usize| geometric_mean(all.iter().map(|values| values[index]));
            let values: Vec<_> = (0..all[0].len()).map(mean).collect();
            // A row without any value stays: there the line has a gap.
            means.push(MeanRow { init, n: width.into(), lr: runs[0].lr, values });
        }
    }
    means
}

/// None if some value is missing or not positive.
pub fn geometric_mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let values: Vec<f64> = values.map(|x| x.filter(|x| *x > 0.0)).collect::<Option<_>>()?;
    (!values.is_empty()).then(|| lora_stats::geometric_mean(&values))
}

/// Where the score is best.
pub fn optima(inits: &BTreeMap<Init, InitSummary>) -> Vec<PageOptimum> {
    let row = |row: lora_figures::OptimumRow| PageOptimum {
        init: row.init,
        n: row.width,
        lr: row.learning_rate,
        score: row.loss,
        bound: !row.bracketed,
    };
    crate::draw::optima(inits).into_iter().map(row).collect()
}

//! Score against learning rate for every width.

use std::collections::BTreeMap;

use lora_figures::{CurveMeanRow, CurveRow, CurvesFigure, OptimumRow};
use lora_stats::geometric_mean;

use crate::draw::Sources;
use crate::readings::{Reading, Readings};
use crate::summary::InitSummary;
use lora_experiment::experiment::Score;
use lora_store::rows::RunRow;
use lora_types::Init;

/// Losses beyond this many times the largest first loss are marked at the top edge.
const CEILING: f64 = 10.0;

/// Losses above this are marked at the top edge; none without runs.
pub fn loss_ceiling(runs: &[RunRow]) -> Option<f64> {
    runs.iter().map(|run| run.first_loss).reduce(f64::max).map(|first| CEILING * first)
}

pub fn figure(sources: &Sources) -> CurvesFigure {
    let runs = &sources.results.runs;
    let ceiling = loss_ceiling(runs);
    let caption = format!(
        "Dots: {}, one a seed and sampled η; lines: geometric means where every seed was sampled; \
         marked: η_{{opt}} and the best score, geometric means over seeds.",
        sources.score_words(),
    );
    let title = match sources.experiment.search.score {
        Score::TestError => "Error against learning rate",
        _ => "Loss against learning rate",
    };
    CurvesFigure {
        text: sources.text(title, caption),
        loss_name: sources.score_name().into(),
        loss_ceiling: ceiling,
        ..rows(runs, sources.readings, &sources.summary.inits)
    }
}

/// The figure's rows without the words around them.
pub fn rows(
    runs: &[RunRow],
    readings: &Readings,
    inits: &BTreeMap<Init, InitSummary>,
) -> CurvesFigure {
    CurvesFigure { optima: optima(inits), ..drawn(runs, readings, |run| run.score) }
}

/// A number of each run against its learning rate, and the means over seeds.
pub fn drawn(
    runs: &[RunRow],
    readings: &Readings,
    value: impl Fn(&RunRow) -> Option<f64>,
) -> CurvesFigure {
    let dot = |run: &RunRow| CurveRow {
        init: run.init,
        width: run.width.into(),
        seed: run.seed,
        learning_rate: run.lr,
        loss: value(run).unwrap_or(f64::INFINITY),
        diverged: run.diverged_at.is_some(),
    };
    let mut means = Vec::new();
    for (&(init, width), readings) in readings {
        for (learning_rate, values) in by_lr(readings, &value).into_values() {
            if values.len() == readings.len() {
                let (width, loss) = (width.into(), geometric_mean(&values));
                means.push(CurveMeanRow { init, width, learning_rate, loss });
            }
        }
    }
    CurvesFigure { runs: runs.iter().map(dot).collect(), means, ..CurvesFigure::default() }
}

/// By grid index: the learning rate and the numbers of the seeds that did not diverge.
fn by_lr(
    readings: &[Reading],
    value: impl Fn(&RunRow) -> Option<f64>,
) -> BTreeMap<i64, (f64, Vec<f64>)> {
    let mut by_lr = BTreeMap::new();
    for run in readings.iter().flat_map(|reading| &reading.runs) {
        let values = &mut by_lr.entry(run.lr_index).or_insert((run.lr, Vec::new())).1;
        values.extend(value(run).filter(|_| run.diverged_at.is_none()));
    }
    by_lr
}

/// Where the score is best.
pub fn optima(inits: &BTreeMap<Init, InitSummary>) -> Vec<OptimumRow> {
    let rows =
        inits.iter().flat_map(|(&init, results)| results.widths.iter().map(move |w| (init, w)));
    rows.filter_map(|(init, row)| {
        Some(OptimumRow {
            init,
            width: row.width.into(),
            learning_rate: row.eta_opt.value?,
            loss: row.loss.value?,
            bracketed: row.eta_opt.bracketed,
        })
    })
    .collect()
}

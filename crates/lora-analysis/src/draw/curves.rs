//! Score against learning rate for every width.

use std::collections::BTreeMap;

use lora_figures::{CurveMeanRow, CurveRow, CurvesFigure, OptimumRow};
use lora_stats::geometric_mean;

use crate::draw::Sources;
use crate::readings::Reading;
use lora_store::rows::RunRow;

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
    CurvesFigure {
        text: sources.text("Loss against learning rate", caption),
        loss_name: sources.score_name().into(),
        loss_ceiling: ceiling,
        runs: runs
            .iter()
            .map(|run| CurveRow {
                init: run.init,
                width: run.width.into(),
                seed: run.seed,
                learning_rate: run.lr,
                loss: run.score.unwrap_or(f64::INFINITY),
                diverged: run.diverged_at.is_some(),
            })
            .collect(),
        means: means(sources),
        optima: optima(sources),
        ..CurvesFigure::default()
    }
}

fn means(sources: &Sources) -> Vec<CurveMeanRow> {
    let mut means = Vec::new();
    for (&(init, width), readings) in sources.readings {
        for (_, (learning_rate, scores)) in by_lr(readings) {
            if scores.len() == readings.len() {
                let (init, width, loss) = (init, width.into(), geometric_mean(&scores));
                means.push(CurveMeanRow { init, width, learning_rate, loss });
            }
        }
    }
    means
}

/// By grid index: the learning rate and the scores of the seeds that did not diverge.
fn by_lr(readings: &[Reading]) -> BTreeMap<i64, (f64, Vec<f64>)> {
    let mut by_lr = BTreeMap::new();
    for run in readings.iter().flat_map(|reading| &reading.runs) {
        let scores = &mut by_lr.entry(run.lr_index).or_insert((run.lr, Vec::new())).1;
        scores.extend(run.score.filter(|_| run.diverged_at.is_none()));
    }
    by_lr
}

/// Where the score is best.
pub fn optima(sources: &Sources) -> Vec<OptimumRow> {
    let widths = sources.summary.inits.iter();
    let rows = widths.flat_map(|(&init, results)| results.widths.iter().map(move |w| (init, w)));
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

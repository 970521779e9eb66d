//! Norms of Z_A and Z_B over training, at each init's own optimum.

use std::collections::BTreeMap;

use lora_figures::{Feature, NormNote, NormRow, NormsFigure};
use lora_sim::spec::Init;
use lora_stats::geometric_mean;

use super::{Sources, init_of};
use crate::rows::StepRow;

pub fn figure(sources: &Sources) -> NormsFigure {
    let mut figure = NormsFigure::default();
    let shown = shown_runs(sources);
    for step in &sources.results.steps {
        if shown.contains_key(&(step.init, step.width, step.seed, step.lr_index)) {
            figure.rows.extend(rows(step));
        }
    }
    figure.notes = notes(sources, &shown);
    let caption = format!(
        "Mean over the training points of the Euclidean norms of Z_{{A}} = A Z (r entries) and \
         Z_{{B}} = s B Z_{{A}} (n entries), one line a seed, each at its own sampled optimum; \
         η and the final train loss above are geometric means over the {} seeds drawn.",
        seeds(sources).len(),
    );
    figure.text = sources.text("Feature norms over training at the optimal learning rate", caption);
    figure
}

/// Runs drawn, each seed at its own best: by (init, width, seed, LR index), with LR and final loss.
type Shown = BTreeMap<(Init, usize, u64, i64), (f64, f64)>;

fn shown_runs(sources: &Sources) -> Shown {
    let widths = sources.experiment.norm_widths();
    let readings = sources.readings.iter().filter(|((_, width), _)| widths.contains(width));
    let drawn = seeds(sources).len();
    let best =
        readings.flat_map(|(_, readings)| readings.iter().take(drawn).filter_map(|r| r.best));
    best.map(|run| ((run.init, run.width, run.seed, run.lr_index), (run.lr, run.train_loss)))
        .collect()
}

fn seeds<'s>(sources: &'s Sources) -> &'s [u64] {
    let seeds = &sources.experiment.training.seeds;
    &seeds[..seeds.len().min(sources.experiment.figures.norm_seeds)]
}

fn rows(step: &StepRow) -> [NormRow; 2] {
    let row = |feature, norm: f32| NormRow {
        feature,
        init: init_of(step.init),
        width: step.width as u64,
        seed: step.seed,
        step: step.step as u64,
        norm: f64::from(norm),
    };
    [row(Feature::ZA, step.za_norm), row(Feature::ZB, step.zb_norm)]
}

fn notes(sources: &Sources, shown: &Shown) -> Vec<NormNote> {
    let mut notes = Vec::new();
    for &(init, width) in sources.readings.keys() {
        let range = (init, width, 0, i64::MIN)..=(init, width, u64::MAX, i64::MAX);
        let runs: Vec<(f64, f64)> = shown.range(range).map(|(_, &run)| run).collect();
        if runs.is_empty() {
            continue;
        }
        let mean =
            |of: fn(&(f64, f64)) -> f64| geometric_mean(&runs.iter().map(of).collect::<Vec<f64>>());
        let (learning_rate, final_loss) = (mean(|run| run.0), mean(|run| run.1));
        let (init, width) = (init_of(init), width as u64);
        notes.push(NormNote { init, width, learning_rate, final_loss });
    }
    notes
}

//! Norms of Z_A and Z_B over training, at each init's own optimum.

use std::collections::BTreeMap;

use lora_figures::{Feature, NormNote, NormRow, NormsFigure};
use lora_sim::spec::Init;

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
         Z_{{B}} = s B Z_{{A}} (n entries), one line a seed, each at the sampled η nearest to the \
         geometric mean over seeds of η_{{opt}}; the losses are geometric means over the {} seeds drawn.",
        seeds(sources).len(),
    );
    figure.text = sources.text("Feature norms over training at the optimal learning rate", caption);
    figure
}

/// Runs drawn, by (init, width, seed, LR index): for each width and init all seeds share one LR,
/// which every seed has sampled.
type Shown = BTreeMap<(Init, usize, u64, i64), (f64, f64)>;

fn shown_runs(sources: &Sources) -> Shown {
    let widths = sources.experiment.norm_widths();
    let mut shown = Shown::new();
    for (&(init, width), readings) in &sources.readings {
        if !widths.contains(&width) {
            continue;
        }
        let readings = &readings[..readings.len().min(seeds(sources).len())];
        let optima: Vec<f64> =
            readings.iter().filter_map(|r| Some(r.optimum.as_ref()?.lr.ln())).collect();
        let target = optima.iter().sum::<f64>() / optima.len().max(1) as f64;
        let common =
            |index: i64| readings.iter().all(|r| r.runs.iter().any(|run| run.lr_index == index));
        let candidates = readings.iter().flat_map(|r| &r.runs);
        let candidates = candidates.filter(|run| run.diverged_at.is_none() && common(run.lr_index));
        let distance = |lr: f64| (lr.ln() - target).abs();
        let nearest = candidates.min_by(|a, b| distance(a.lr).total_cmp(&distance(b.lr)));
        let Some(index) = nearest.map(|run| run.lr_index) else { continue };
        for reading in readings {
            for run in reading.runs.iter().filter(|run| run.lr_index == index) {
                shown.insert((init, width, reading.seed, index), (run.lr, run.train_loss));
            }
        }
    }
    shown
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
        let Some(&(learning_rate, _)) = runs.first() else { continue };
        let mean = runs.iter().map(|(_, loss)| loss.ln()).sum::<f64>() / runs.len() as f64;
        let (init, width) = (init_of(init), width as u64);
        notes.push(NormNote { init, width, learning_rate, final_loss: mean.exp() });
    }
    notes
}

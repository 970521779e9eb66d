//! Norms of Z_A and Z_B over training, at each init's own optimum.

use std::collections::BTreeMap;

use lora_figures::{FinalNorm, LoraFeature, NormMeanRow, NormNote, NormRow, NormsFigure};
use lora_sim::spec::Init;
use lora_stats::geometric_mean;

use crate::draw::Sources;
use crate::summary::ValueSummary;
use lora_store::rows::{RunRow, StepRow};

pub fn figure(sources: &Sources) -> NormsFigure {
    let mut figure = NormsFigure::default();
    let best = best_runs(sources);
    let shown = shown(sources);
    let mut norms = Norms::new();
    for step in &sources.results.steps {
        if best.contains_key(&(step.init, step.width, step.seed, step.lr_index)) {
            for (feature, norm) in of_features(step) {
                let at = (step.init, step.width, step.step, feature);
                norms.entry(at).or_default().push(norm);
                if shown.contains(&step.seed) {
                    figure.rows.push(row(step, feature, norm));
                }
            }
        }
    }
    figure.seeds = sources.experiment.training.seeds.len();
    figure.means = means(figure.seeds, norms);
    figure.notes = notes(sources, &best);
    figure.text = sources.text(
        "Feature norms over training at the optimal learning rate",
        caption(sources, figure.seeds),
    );
    figure
}

fn caption(sources: &Sources, seeds: usize) -> String {
    let above = if seeds > 1 {
        "Above: η and the final train loss, geometric means over all seeds, and the norms after \
         training, the same with 95% intervals."
    } else {
        "Above: η, and the train loss and the norms after training."
    };
    let (over, entries) = if sources.of_transformer() {
        (
            "Mean over held-out tokens and adapted modules",
            ["A x (r entries)", "the module’s outputs"],
        )
    } else {
        ("Mean over the training points", ["A Z (r entries)", "n entries"])
    };
    let [za, zb] = entries;
    format!(
        "{over} of the Euclidean norms of Z_{{A}} = {za} and Z_{{B}} = s B Z_{{A}} ({zb}), each seed at \
         its own sampled optimum. {above}"
    )
}

/// The run of each seed at its own best learning rate: by (init, width, seed, LR index).
pub type Best<'s> = BTreeMap<(Init, usize, u64, i64), &'s RunRow>;

/// Norms of all seeds, by init, width, step (or block) and feature.
pub type Norms = BTreeMap<(Init, usize, usize, LoraFeature), Vec<f64>>;

pub fn best_runs<'s>(sources: &'s Sources) -> Best<'s> {
    let widths = sources.experiment.norm_widths();
    let readings = sources.readings.iter().filter(|((_, width), _)| widths.contains(width));
    let best = readings.flat_map(|(_, readings)| readings.iter().filter_map(|r| r.best));
    best.map(|run| ((run.init, run.width, run.seed, run.lr_index), run)).collect()
}

/// The seeds that get a line of their own: all, unless the experiment asks for fewer.
pub fn shown<'s>(sources: &'s Sources) -> &'s [u64] {
    let seeds = &sources.experiment.training.seeds;
    match sources.experiment.figures.norm_seeds {
        0 => seeds,
        some => &seeds[..seeds.len().min(some)],
    }
}

fn of_features(step: &StepRow) -> [(LoraFeature, f64); 2] {
    [(LoraFeature::ZA, f64::from(step.za_norm)), (LoraFeature::ZB, f64::from(step.zb_norm))]
}

fn row(step: &StepRow, feature: LoraFeature, norm: f64) -> NormRow {
    NormRow {
        feature,
        init: step.init,
        width: step.width.into(),
        seed: step.seed,
        step: step.step as u64,
        norm,
    }
}

/// Geometric means at the places at which every one of `seeds` seeds has a positive norm.
pub fn means(seeds: usize, norms: Norms) -> Vec<NormMeanRow> {
    let whole = norms.into_iter().filter(|(_, norms)| {
        norms.len() == seeds && norms.iter().all(|norm| norm.is_finite() && *norm > 0.0)
    });
    whole
        .map(|((init, width, place, feature), norms)| NormMeanRow {
            feature,
            init,
            width: width.into(),
            step: place as u64,
            norm: geometric_mean(&norms),
        })
        .collect()
}

pub fn notes(sources: &Sources, best: &Best) -> Vec<NormNote> {
    let mut notes = Vec::new();
    for &(init, width) in sources.readings.keys() {
        let range = (init, width, 0, i64::MIN)..=(init, width, u64::MAX, i64::MAX);
        let runs: Vec<&RunRow> = best.range(range).map(|(_, &run)| run).collect();
        if runs.is_empty() {
            continue;
        }
        let mean = |of: fn(&RunRow) -> f64| {
            geometric_mean(&runs.iter().map(|run| of(run)).collect::<Vec<f64>>())
        };
        let results = sources.summary.inits.get(&init);
        let at = results.and_then(|init| init.widths.iter().find(|row| row.width == width));
        notes.push(NormNote {
            init,
            width: width.into(),
            learning_rate: mean(|run| run.lr),
            final_loss: mean(|run| run.train_loss),
            z_a: at.and_then(|row| final_norm(&row.za_norm)),
            z_b: at.and_then(|row| final_norm(&row.zb_norm)),
        });
    }
    notes
}

fn final_norm(norm: &ValueSummary) -> Option<FinalNorm> {
    Some(FinalNorm { value: norm.value?, lower: norm.lower, upper: norm.upper })
}

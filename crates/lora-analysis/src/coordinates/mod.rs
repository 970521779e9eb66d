//! The coordinate check of Yang et al. (arXiv 2203.03466, appendix D.1): how the features of runs at
//! η = c (n/n_0)^γ go with the width n, step by step, and how far apart the loss curves of neighbouring widths are.

mod checked;
mod feature;
mod judged;
#[cfg(test)]
mod tests;

use lora_experiment::study::definition::Study;
use lora_store::rows::Results;

use crate::summary::{CoordinateSummary, LossGapSummary};
pub use checked::{Checked, mean};
pub use feature::{FEATURES, Feature};

/// The coordinate check of a sweep; none unless `figures.coordinates_lr` asks for one.
///
/// Of the coarse grid, on which every width, seed and init is trained, the learning rate nearest to that key is
/// taken, in logarithms. It is c; where `search.lr_exponent` is 0, the runs have one learning rate at all widths.
pub fn check(study: &Study, results: &Results) -> Option<CoordinateSummary> {
    let lr_index = place(study)?;
    let checked = Checked::of(results, lr_index);
    Some(CoordinateSummary {
        lr: study.grid.lr(lr_index),
        lr_index,
        smallest_width: study.experiment.model.widths[0],
        features: judged::features(&study.experiment, &checked),
        loss_gaps: loss_gaps(study, &checked),
    })
}

/// The place on the grid of the runs that are checked.
fn place(study: &Study) -> Option<i64> {
    let asked = study.experiment.figures.coordinates_lr;
    let distance = |place: i64| (study.grid.lr(place) / asked).ln().abs();
    let coarse = study.grid.coarse_indices().into_iter().filter(|_| asked > 0.0);
    coarse.min_by(|&one, &other| distance(one).total_cmp(&distance(other)))
}

/// For neighbouring widths n < n', the root of the mean square over the recorded steps of ln(ℓ'/ℓ), where ℓ is the
/// train loss over that before training, a geometric mean over seeds.
fn loss_gaps(study: &Study, checked: &Checked) -> Vec<LossGapSummary> {
    let e = &study.experiment;
    let gap = |init, from, to| -> Option<f64> {
        let [own, next] = [from, to].map(|width| checked.losses(e, init, width));
        let both = own.iter().filter(|(step, _)| **step > 0);
        let logs = both.map(|(step, loss)| Some((next.get(step)?.as_ref()? / (*loss)?).ln()));
        let logs = logs.collect::<Option<Vec<f64>>>().filter(|logs| !logs.is_empty())?;
        let squares: f64 = logs.iter().map(|log| log * log).sum();
        Some((squares / logs.len() as f64).sqrt())
    };
    let pairs = |init| {
        let widths = e.model.widths.windows(2).map(move |pair| (init, pair[0], pair[1]));
        widths.map(|(init, from, to)| LossGapSummary { init, from, to, gap: gap(init, from, to) })
    };
    e.training.inits.iter().flat_map(|&init| pairs(init)).collect()
}

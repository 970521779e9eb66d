//! What a study may ask for, so that nothing is allocated or computed that no machine could.

use lora_sim::spec::{Init, Run};

use crate::error::StudyProblem;
use crate::study::definition::{Axis, Rates, Scope, Study};
use crate::study::limit_check;
use crate::warnings::{before_training, large_rank, saturating, too_close};

/// Most seeds, as many as intervals are made of.
pub const MOST_SEEDS: u64 = 10_000;

/// Largest number of a first seed: far from the end of what files can hold.
pub const MOST_FIRST_SEED: u64 = 1 << 62;

/// Most points and seeds together: each is a cell that is kept in a file of its own.
const MOST_CELLS: usize = 1_000_000;

/// Most pairs of exponents of the two learning rates.
pub const MOST_PAIRS: usize = 1000;

/// Checks a count.
///
/// # Errors
/// If it is out of range.
pub fn count(key: &'static str, value: u64, least: u64, most: u64) -> Result<(), StudyProblem> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(StudyProblem::Count { key, value, least, most })
}

/// Checks every cell of a study.
///
/// # Errors
/// If there are too many, one has no model, or a learning rate is no number that engines compute with.
pub fn check(study: &Study) -> Result<(), StudyProblem> {
    let (points, seeds) = (study.at.len(), study.seeds());
    if points * seeds > MOST_CELLS {
        let cells = points * seeds;
        return Err(StudyProblem::TooManyCells { cells, most: MOST_CELLS });
    }
    study.at.iter().try_for_each(|&x| check_point(study, x))?;
    study.limit.map_or(Ok(()), |limit| limit_check::check(study, limit))
}

fn check_point(study: &Study, x: usize) -> Result<(), StudyProblem> {
    let axis = study.axis;
    let cell = study.cell(0, x, 0);
    // The layer alone has no readout that could have ingredients.
    let (mut model, network) = (study.model(cell), study.scope == Scope::Network);
    model = if network { model.bare() } else { model };
    let checked = model.check(cell.width);
    checked.map_err(|source| StudyProblem::Model { axis, x, source })?;
    let Rates::Powers { pairs, .. } = &study.rates else { return Ok(()) };
    for pair in 0..pairs.len() {
        let Some((lr_a, lr_b)) = study.rate(pair, x) else { continue };
        let run = Run { init: Init::A, lr: lr_a, adapter_seed: 0 };
        let mut training = study.training(lr_b / lr_a);
        training.batch = if network { 0 } else { training.batch };
        let checked = training.check().and_then(|()| run.check(&training));
        checked.map_err(|_| StudyProblem::LearningRates { axis, x, lr_a, lr_b })?;
    }
    Ok(())
}

/// What a user should know of a study before it is trained.
pub fn warnings(study: &Study) -> Vec<String> {
    let e = &study.experiment;
    match study.axis {
        Axis::Width => before_training(e),
        Axis::Rank => {
            let largest = study.at.last().copied().unwrap_or_default();
            let close = too_close("at", &study.at);
            let large = large_rank("rank", largest, e.model.widths.first().copied());
            [close, large, saturating(e.model.activation)].into_iter().flatten().collect()
        }
    }
}

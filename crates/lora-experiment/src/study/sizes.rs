//! What a study may ask for, so that nothing is allocated or computed that no machine could.

use lora_sim::SimError;
use lora_sim::spec::{Init, Run};

use crate::numbers::short;
use crate::study::definition::{Axis, Rates, Study};
use crate::warnings::{before_training, large_rank, saturating, too_close};

/// Most seeds, as many as intervals are made of.
pub const MOST_SEEDS: u64 = 10_000;

/// Largest number of a first seed: far from the end of what files can hold.
pub const MOST_FIRST_SEED: u64 = 1 << 62;

/// Most points and seeds together: each is a cell that is kept in a file of its own.
const MOST_CELLS: usize = 1_000_000;

/// Most pairs of exponents of the two learning rates.
pub const MOST_PAIRS: usize = 1000;

/// The first count that is out of range, as `key = value: must be …`.
pub fn count(key: &str, value: u64, least: u64, most: u64) -> Result<(), String> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(format!("{key} = {value}: must be from {least} to {most}"))
}

/// Whether every cell of a study can be had, and every constant of it is a number that engines
/// compute with.
pub fn check(study: &Study) -> Result<(), String> {
    let (points, seeds) = (study.at.len(), study.seeds());
    if points * seeds > MOST_CELLS {
        let cells = points * seeds;
        return Err(format!("at and seeds: give {cells} cells: must be at most {MOST_CELLS}"));
    }
    study.at.iter().try_for_each(|&x| check_point(study, x))
}

fn check_point(study: &Study, x: usize) -> Result<(), String> {
    let axis = match study.axis {
        Axis::Width => "n",
        Axis::Rank => "r",
    };
    let told = |error: SimError| format!("at {axis} = {x}: {error}");
    let cell = study.cell(0, x, 0);
    study.model(cell).check(cell.width).map_err(told)?;
    let Rates::Powers { pairs, .. } = &study.rates else { return Ok(()) };
    for pair in 0..pairs.len() {
        let Some((lr, of_b)) = study.rate(pair, x) else { continue };
        let run = Run { init: Init::A, lr, adapter_seed: 0 };
        let training = study.training(of_b / lr);
        training.check().and_then(|()| run.check(&training)).map_err(|_| {
            let rates = format!("η_A = {} and η_B = {}", short(lr), short(of_b));
            format!("constant and gammas: at {axis} = {x} they give {rates}, beyond what 32-bit floats hold")
        })?;
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

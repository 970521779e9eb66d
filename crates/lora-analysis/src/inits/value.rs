//! The numbers of one init at one seed.

use std::collections::BTreeSet;

use lora_store::rows::RunRow;

use crate::readings::Reading;

/// The readings of both inits at the same seed.
pub type Pair<'a> = [&'a Reading<'a>; 2];

const UNBRACKETED: &str = "the best LR lies at an end of those that were tried";

/// The best learning rate, where smaller and larger ones were tried.
pub fn best_lr(of: &Reading) -> Result<f64, String> {
    let optimum = of.optimum.as_ref().ok_or("every run diverged")?;
    optimum.bracketed_lr().ok_or_else(|| UNBRACKETED.to_owned())
}

/// The best score, in the same case.
pub fn best_score(of: &Reading) -> Result<f64, String> {
    best_lr(of)?;
    best_run(of)?.score.ok_or_else(|| "the best run has no score".to_owned())
}

/// The mean norm of Z_A after training at the best learning rate, in the same case.
pub fn norm_of_za(of: &Reading) -> Result<f64, String> {
    best_lr(of)?;
    Ok(best_run(of)?.za_norm)
}

fn best_run<'r>(of: &Reading<'r>) -> Result<&'r RunRow, String> {
    of.best.ok_or_else(|| "every run diverged".to_owned())
}

/// The largest learning rate up to which an init trains.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Borne {
    /// The next larger one does not train.
    UpTo(f64),
    /// There is no larger one.
    AtLeast(f64),
}

/// Of two inits at one seed, each over the learning rates that both tried: a search refines around the best
/// learning rate of each, and what one init alone tried would favour it.
pub fn borne([a, b]: &Pair) -> Result<[Borne; 2], String> {
    // By the rate itself, since two inits may have other rates at the same place on the grid.
    let tried =
        |of: &Reading| -> BTreeSet<u64> { of.runs.iter().map(|row| row.lr.to_bits()).collect() };
    let both: BTreeSet<u64> = tried(a).intersection(&tried(b)).copied().collect();
    Ok([up_to(a, &both)?, up_to(b, &both)?])
}

/// The last of these learning rates before the first one above the best that does not train.
fn up_to(of: &Reading, both: &BTreeSet<u64>) -> Result<Borne, String> {
    let best = best_run(of)?.lr_index;
    let mut rows: Vec<&RunRow> =
        of.runs.iter().copied().filter(|row| both.contains(&row.lr.to_bits())).collect();
    rows.sort_by_key(|row| row.lr_index);
    let end = rows.iter().position(|row| row.lr_index >= best && !trains(row));
    let last = rows[..end.unwrap_or(rows.len())].iter().rev().find(|row| trains(row));
    let last = last.ok_or("no LR that both inits tried trains")?;
    Ok(if end.is_some() { Borne::UpTo(last.lr) } else { Borne::AtLeast(last.lr) })
}

/// Whether a run did not diverge and ended below the loss before training: what is held out, which scatters less
/// than one batch, or the training loss where nothing is held out.
fn trains(row: &RunRow) -> bool {
    let end = if row.test_loss.is_nan() { row.train_loss } else { row.test_loss };
    row.diverged_at.is_none() && end < row.first_loss
}

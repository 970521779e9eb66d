//! The numbers of one init at one seed.

use lora_store::rows::RunRow;

use crate::readings::Reading;

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
    /// The next larger one that was tried does not train.
    UpTo(f64),
    /// No larger one was tried.
    AtLeast(f64),
}

/// From the best learning rate upwards: the last one before the first that does not train.
pub fn borne(of: &Reading) -> Result<Borne, String> {
    let best = best_run(of)?;
    let mut above: Vec<&RunRow> =
        of.runs.iter().copied().filter(|row| row.lr_index >= best.lr_index).collect();
    above.sort_by_key(|row| row.lr_index);
    let count = above.iter().take_while(|row| trains(row)).count();
    let last = above[..count].last().ok_or("the best run does not train")?;
    Ok(if count < above.len() { Borne::UpTo(last.lr) } else { Borne::AtLeast(last.lr) })
}

/// Whether a run neither diverged nor ended where it began or above, in training and in what was held out.
/// Losses of single batches scatter, so one of the two may.
fn trains(row: &RunRow) -> bool {
    let first = row.first_loss;
    // What is NaN is not below.
    row.diverged_at.is_none() && (row.train_loss < first || row.test_loss < first)
}

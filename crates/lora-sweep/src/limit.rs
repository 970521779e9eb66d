//! The limit n → ∞ of an experiment that names it as a width, solved in the folder of its runs.

use std::path::Path;

use lora_constants::{
    ConstantsError, Cost, KeptLimits, Question, Watch, question_of, solve_with, summary_of,
};
use lora_experiment::experiment::Experiment;
use lora_runner::memory::short_of;
use lora_store::limits::LimitRow;
use lora_store::run_dir::{Store, kept_limits};

use crate::caller::Caller;
use crate::error::SweepError;

/// What an experiment asks of its limit; nothing where no width is infinite. What does not fit into memory is
/// refused.
///
/// # Errors
/// [`SweepError::Limit`].
pub fn limit_question(
    named: (&str, bool),
    experiment: &Experiment,
) -> Result<Option<Question>, SweepError> {
    let Some(question) = question_of(named, experiment)? else { return Ok(None) };
    match short_of(Cost::of(&question)?.bytes) {
        Some(short) => Err(question.too_large(&short.needs(), &short.has()).into()),
        None => Ok(Some(question)),
    }
}

/// Solves what neither the folder nor `more` keeps of a limit, and returns the rows of its table. What is solved is
/// kept as it comes, so that a call that is stopped loses nothing.
///
/// # Errors
/// [`SweepError::LimitStopped`] if asked to, [`SweepError::Limit`] for a limit that cannot be solved, and
/// [`SweepError::Store`] for a folder that cannot be written.
pub fn solve_limit(
    store: &Store,
    question: &Question,
    more: Vec<LimitRow>,
    caller: &dyn Caller,
) -> Result<Vec<LimitRow>, SweepError> {
    let save = |rows: &[LimitRow]| store.keep_limits(rows).map_err(ConstantsError::from);
    let rows = more.into_iter().chain(store.kept_limits()?);
    let kept = KeptLimits::new(question, rows, &save)?;
    let found = kept.rows()?;
    if summary_of(question, &found).is_ok() {
        return Ok(found);
    }
    let before = found.len() as u64;
    // At least one is missing.
    let expected = (Cost::of(question)?.runs as u64).max(before + 1);
    if before > 0 {
        caller.tell(&format!("kept: {before} of about {expected} runs of the limit n → ∞"));
    }
    let (bar, listening) = caller.solving()?;
    bar.set_current("n = ∞".to_owned());
    bar.gauge().set_length(expected);
    let (gauge, stop) = (bar.gauge().clone(), listening.asker());
    // A search may need more runs than expected.
    let done = move |runs: usize| gauge.set_position((before + runs as u64).min(expected));
    let solved = solve_with(question, &Watch { stop: &stop, done: &done }, &kept);
    let rows = kept.rows()?;
    store.keep_limits(&rows)?;
    match solved {
        Ok(_) => Ok(rows),
        Err(ConstantsError::Stopped { .. }) => {
            let dir = store.dir().to_owned();
            Err(SweepError::LimitStopped { kept: rows.len(), dir })
        }
        Err(error) => Err(error.into()),
    }
}

/// How far the limit of an experiment is in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitState {
    /// Runs of the limit that are kept.
    pub kept: usize,
    /// Runs that the search is expected to need.
    pub expected: usize,
    /// Whether none is missing.
    pub complete: bool,
}

/// How far the limit of a question is in a folder.
///
/// # Errors
/// [`SweepError::Store`] where its table cannot be read.
pub fn limit_state(dir: &Path, question: &Question) -> Result<LimitState, SweepError> {
    let rows = KeptLimits::new(question, kept_limits(dir)?, &|_| Ok(()))?.rows()?;
    let complete = summary_of(question, &rows).is_ok();
    let expected = if complete { rows.len() } else { Cost::of(question)?.runs.max(rows.len() + 1) };
    Ok(LimitState { kept: rows.len(), expected, complete })
}

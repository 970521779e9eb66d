//! The best learning rate of a cell under a choice.

use lora_stats::{LrCurve, Optimum, Sample};

use crate::choice::{Choice, Grid, Metric};
use crate::error::MapError;
use crate::sweep::MapRun;

/// Neighbours of a coarse grid are this far apart, at least.
pub const COARSE: f64 = 4.0;
/// Slack for learning rates that are a power of their factor up to rounding.
const SLACK: f64 = 1e-6;

/// The score of a run under a choice; none where it diverged before the last step.
pub fn score(run: &MapRun, choice: Choice) -> Option<f64> {
    let losses = run.losses.get(..=choice.steps)?;
    let score = match choice.metric {
        Metric::Final => losses[choice.steps],
        Metric::Mean => losses.iter().sum::<f64>() / losses.len() as f64,
    };
    score.is_finite().then_some(score)
}

/// The runs that a choice looks at, in ascending order of learning rates.
pub fn looked_at(runs: &[MapRun], grid: Grid) -> Vec<&MapRun> {
    match grid {
        Grid::Fine => runs.iter().collect(),
        Grid::Coarse => {
            let mut kept: Vec<&MapRun> = Vec::new();
            for run in runs {
                if kept.last().is_none_or(|last| run.lr >= COARSE * last.lr * (1.0 - SLACK)) {
                    kept.push(run);
                }
            }
            kept
        }
    }
}

/// The best learning rate, where smaller and larger ones were tried; its run beside it.
///
/// # Errors
/// [`MapError::Stats`] for a learning rate without a logarithm.
pub fn best(runs: &[MapRun], choice: Choice) -> Result<Option<(f64, &MapRun)>, MapError> {
    let runs = looked_at(runs, choice.grid);
    let sample = |(index, run): (usize, &&MapRun)| {
        (index as i64, run.lr, Sample { score: score(run, choice), peak: None })
    };
    let curve = LrCurve::through(runs.iter().enumerate().map(sample))?;
    let Ok(Optimum { bracketed: true, lr, index, .. }) = curve.optimum() else { return Ok(None) };
    let run = usize::try_from(index).ok().and_then(|index| runs.get(index).copied());
    Ok(run.map(|run| (if choice.grid == Grid::Coarse { run.lr } else { lr }, run)))
}

/// The norm of Z_A after the choice's steps; none where the run diverged before, or nothing was recorded there.
pub fn za(run: &MapRun, choice: Choice) -> Option<f64> {
    score(run, choice)?;
    let (_, norm) = run.za.iter().find(|(step, _)| *step == choice.steps)?;
    (norm.is_finite() && *norm > 0.0).then_some(*norm)
}

//! Constants of the limit beside those of finite runs, seed by seed.
//!
//! A run of width n has measured η_opt; η_opt n^-γ is what c_opt predicts. Both belong to the same data, and
//! at the coupled width to the same u⁰ or the same decoder.

use std::path::Path;

use lora_experiment::experiment::Experiment;
use lora_sim::spec::Init;
use lora_stats::{DEFAULT_LEVEL, Interval, LrCurve, LrGrid, Samples, geometric_mean_interval};
use lora_store::rows::RunRow;
use lora_theory::{approximate, parse_rational};

use crate::answer::ReadoutAnswer;
use crate::error::ConstantsError;

/// One init at one width. Means over seeds are geometric.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The init.
    pub init: Init,
    /// n.
    pub width: usize,
    /// c_opt of the limit.
    pub c_opt: Interval,
    /// η_opt n^-γ as measured.
    pub measured: Interval,
    /// Measured over limit, paired by seed.
    pub ratio: Interval,
    /// Loss at the optimum, measured over limit, paired by seed.
    pub loss_ratio: Interval,
}

/// The runs of a table `runs.csv`.
///
/// # Errors
/// [`ConstantsError::Table`] if it cannot be read.
pub fn runs_of(table: &Path) -> Result<Vec<RunRow>, ConstantsError> {
    let failed = |error: csv::Error| ConstantsError::Table {
        path: table.display().to_string(),
        reason: error.to_string(),
    };
    let mut reader = csv::Reader::from_path(table).map_err(failed)?;
    reader.deserialize().collect::<Result<_, _>>().map_err(failed)
}

/// Compares every init with the runs of every width from `narrowest` on. Seeds without an optimum that is
/// bracketed on both sides are left out, and so are inits and widths without any other seed.
///
/// # Errors
/// [`ConstantsError::Stats`] if the experiment has no grid of learning rates.
pub fn compare(
    of: &ReadoutAnswer,
    experiment: &Experiment,
    runs: &[RunRow],
    narrowest: usize,
) -> Result<Vec<Compared>, ConstantsError> {
    let grid = LrGrid::new(experiment.grid_spec())?;
    let mut compared = Vec::new();
    for (&init, found) in &of.inits {
        let Some(constants) = found.constants() else { continue };
        let gamma = approximate(parse_rational(&constants.gamma)?);
        for &width in experiment.model.widths.iter().filter(|&&width| width >= narrowest) {
            let pairs = constants.seeds.iter().filter(|seed| seed.bracketed).filter_map(|seed| {
                let (eta, loss) = optimum(&grid, runs, (init, width, seed.seed))?;
                let measured = eta * (width as f64).powf(-gamma);
                Some([seed.c_opt?, measured, loss / seed.loss?])
            });
            compared.extend(over((init, width), &pairs.collect::<Vec<_>>()));
        }
    }
    Ok(compared)
}

/// The bracketed optimum of one seed's runs, with its loss.
fn optimum(
    grid: &LrGrid,
    runs: &[RunRow],
    (init, width, seed): (Init, usize, u64),
) -> Option<(f64, f64)> {
    let own = runs.iter().filter(|run| (run.init, run.width, run.seed) == (init, width, seed));
    let samples: Samples = own.map(|run| (run.lr_index, run.sample())).collect();
    let optimum = LrCurve::new(grid, &samples).optimum().ok()?;
    Some((optimum.bracketed_lr()?, optimum.score))
}

/// Means over pairs of c_opt, measured constant and ratio of losses.
fn over((init, width): (Init, usize), pairs: &[[f64; 3]]) -> Option<Compared> {
    let mean = |of: &dyn Fn(&[f64; 3]) -> f64| {
        let values: Vec<f64> = pairs.iter().map(of).collect();
        geometric_mean_interval(&values, DEFAULT_LEVEL).ok()
    };
    Some(Compared {
        init,
        width,
        c_opt: mean(&|pair| pair[0])?,
        measured: mean(&|pair| pair[1])?,
        ratio: mean(&|pair| pair[1] / pair[0])?,
        loss_ratio: mean(&|pair| pair[2])?,
    })
}

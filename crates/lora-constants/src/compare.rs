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
    /// Seeds that are compared.
    pub seeds: usize,
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
/// [`ConstantsError::Invalid`] if the runs have another readout exponent, and [`ConstantsError::Stats`] if the
/// experiment has no grid of learning rates.
pub fn compare(
    of: &ReadoutAnswer,
    experiment: &Experiment,
    runs: &[RunRow],
    narrowest: usize,
) -> Result<Vec<Compared>, ConstantsError> {
    if parse_rational(&of.readout)? != experiment.model.readout_exponent {
        let valid = "that of the runs that are compared";
        return Err(ConstantsError::Invalid { key: "readout", value: of.readout.clone(), valid });
    }
    let grid = LrGrid::new(experiment.grid_spec())?;
    let mut compared = Vec::new();
    for (&init, found) in &of.inits {
        let Some(constants) = found.constants() else { continue };
        let gamma = approximate(parse_rational(&constants.gamma)?);
        for &width in experiment.model.widths.iter().filter(|&&width| width >= narrowest) {
            let pairs = constants.seeds.iter().filter(|seed| seed.bracketed).filter_map(|seed| {
                let grid = grid.times(experiment.lr_factor(init, width));
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
        seeds: pairs.len(),
        c_opt: mean(&|pair| pair[0])?,
        measured: mean(&|pair| pair[1])?,
        ratio: mean(&|pair| pair[1] / pair[0])?,
        loss_ratio: mean(&|pair| pair[2])?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::{Constants, InitAnswer, SeedConstants};
    use std::collections::BTreeMap;

    const WIDTH: usize = 256;

    /// Runs of one seed whose score is a parabola around `best` with the depth `loss`.
    fn runs(grid: &LrGrid, seed: u64, best: f64, loss: f64) -> Vec<RunRow> {
        let (low, high) = grid.limits();
        let run = |lr_index: i64| {
            let lr = grid.lr(lr_index);
            let score = loss * (lr / best).ln().powi(2).exp();
            RunRow { score: Some(score), ..row(seed, lr_index, lr) }
        };
        (low..=high).map(run).collect()
    }

    fn row(seed: u64, lr_index: i64, lr: f64) -> RunRow {
        RunRow {
            init: Init::B,
            width: WIDTH,
            seed,
            lr_index,
            lr,
            score: None,
            first_loss: 1.0,
            train_loss: 0.5,
            test_loss: 0.5,
            peak_zb: Some(1.0),
            za_rms: 1.0,
            zb_rms: 1.0,
            za_norm: 1.0,
            zb_norm: 1.0,
            a_move: 0.1,
            b_move: 0.1,
            least_gradient_a: None,
            least_gradient_b: None,
            diverged_at: None,
        }
    }

    fn answer(readout: &str, c: [f64; 3]) -> ReadoutAnswer {
        let seed = |(seed, c): (usize, f64)| SeedConstants {
            seed: seed as u64,
            c_opt: Some(c),
            bracketed: true,
            loss: Some(0.1),
            error: Some(0.0),
            ..SeedConstants::default()
        };
        let seeds = c.into_iter().enumerate().map(seed).collect();
        let constants = Constants { gamma: "-1".into(), seeds, ..Constants::default() };
        let inits = BTreeMap::from([(Init::B, InitAnswer::Limit(Box::new(constants)))]);
        ReadoutAnswer { readout: readout.into(), inits, lower_loss: None }
    }

    /// Runs that were planted with twice the limit's c and three times its loss are found to have them; a seed
    /// whose optimum is at an edge does not count.
    #[test]
    fn planted_runs_have_the_ratios_that_they_were_planted_with() -> Result<(), ConstantsError> {
        let mut experiment = Experiment::default();
        experiment.model.widths = vec![WIDTH].into();
        let grid = LrGrid::new(experiment.grid_spec())?;
        let c = [1.0, 1.5, 2.0];
        let mut table = Vec::new();
        for (seed, c) in c.into_iter().enumerate().take(2) {
            table.extend(runs(&grid, seed as u64, 2.0 * c / WIDTH as f64, 0.3));
        }
        let lowest = grid.lr(grid.limits().0);
        table.extend(runs(&grid, 2, lowest, 0.3));
        let found = compare(&answer("1/2", c), &experiment, &table, WIDTH)?;
        let [of_b] = &found[..] else { panic!("{found:?}") };
        assert_eq!((of_b.init, of_b.width, of_b.seeds), (Init::B, WIDTH, 2));
        assert!((of_b.ratio.estimate - 2.0).abs() < 1e-6, "{:?}", of_b.ratio);
        // The best run lies beside the minimum.
        assert!((2.99..3.1).contains(&of_b.loss_ratio.estimate), "{:?}", of_b.loss_ratio);
        // Narrower runs than those that count are none.
        assert_eq!(compare(&answer("1/2", c), &experiment, &table, WIDTH + 1)?, []);
        let other = compare(&answer("1", c), &experiment, &table, WIDTH).map_err(|e| e.to_string());
        let message = "readout is 1, but must be that of the runs that are compared";
        assert_eq!(other.err().as_deref(), Some(message));
        Ok(())
    }
}

//! From runs to exponents: optimum per seed, mean per width, slope over widths.

use std::collections::BTreeMap;

use lora_sim::spec::Init;
use lora_stats::{
    Basin, Crossing, DEFAULT_LEVEL, ExponentFit, Interval, StatsError, exponent_over_seeds,
    geometric_mean_interval, mean_interval,
};

use crate::compared::{compare, curved};
use crate::epsilon::epsilon_warning;
use crate::inits::statements_of;
pub use crate::readings::{Reading, Readings, readings};
use crate::summary::{
    BasinSummary, ExponentSummary, InitSummary, LrSummary, SlopeSummary, Summary, ValueSummary,
    WidthSummary,
};
use lora_experiment::experiment::Experiment;
use lora_experiment::prediction::{Predicted, RunPlan};
use lora_experiment::warnings::before_training;
use lora_store::rows::RunRow;
use lora_types::OptimizerKind;

/// The summary of a sweep, with the predictions that its plan has and without a coordinate check.
pub fn summarise(
    name: &str,
    quick: bool,
    (experiment, plan): (&Experiment, &RunPlan),
    readings: &Readings,
) -> Summary {
    let mut seeds = experiment.training.seeds.clone();
    seeds.sort_unstable();
    let measured = Measured { widths: &experiment.model.widths, seeds: &seeds, readings };
    let unplanned = Predicted::nothing("the plan has none for this init");
    let of = |&init: &Init| {
        let planned = plan.of(init).map(|of| [&of.eta_opt, &of.eta_stable]);
        (init, measured.summary(init, planned.unwrap_or([&unplanned, &unplanned])))
    };
    let inits = experiment.training.inits.iter().map(of).collect();
    Summary {
        schema: 1,
        experiment: name.to_owned(),
        title: experiment.title.clone(),
        quick,
        level: DEFAULT_LEVEL,
        statements: statements_of(readings, experiment),
        coordinates: None,
        limit: None,
        warnings: warnings(experiment, readings, &inits),
        inits,
    }
}

/// The readings of a sweep, whoever trained it, with the widths and the seeds that it has.
#[derive(Clone, Copy, Debug)]
pub struct Measured<'a> {
    /// The widths, ascending.
    pub widths: &'a [usize],
    /// The seeds, ascending. A seed that lacks a width has no value there.
    pub seeds: &'a [u64],
    /// What the curves say.
    pub readings: &'a Readings<'a>,
}

impl Measured<'_> {
    /// The summary of an init beside the predictions for η_opt and η_stable.
    pub fn summary(&self, init: Init, [eta_opt, eta_stable]: [&Predicted; 2]) -> InitSummary {
        InitSummary {
            eta_opt: exponent_summary(self.widths, &self.eta_opt(init), eta_opt),
            eta_stable: exponent_summary(self.widths, &self.eta_stable(init), eta_stable),
            widths: self.widths.iter().map(|&n| width_summary(n, self.at(init, n))).collect(),
        }
    }

    /// The best learning rates by seed and width; none where one is not bracketed.
    pub fn eta_opt(&self, init: Init) -> Vec<Vec<Option<f64>>> {
        self.by_seed(init, |reading| reading.optimum.as_ref()?.bracketed_lr())
    }

    /// The largest stable learning rates by seed and width; none where one is not bracketed.
    pub fn eta_stable(&self, init: Init) -> Vec<Vec<Option<f64>>> {
        self.by_seed(init, |reading| reading.crossing.as_ref()?.lr)
    }

    /// A number of each reading, by seed and width.
    pub fn by_seed(
        &self,
        init: Init,
        value: impl Fn(&Reading) -> Option<f64>,
    ) -> Vec<Vec<Option<f64>>> {
        let of_seed = |seed: u64, width: usize| {
            self.at(init, width).iter().find(|reading| reading.seed == seed).and_then(&value)
        };
        let of_widths = |&seed: &u64| self.widths.iter().map(|&n| of_seed(seed, n)).collect();
        self.seeds.iter().map(of_widths).collect()
    }

    fn at(&self, init: Init, width: usize) -> &[Reading<'_>] {
        self.readings.get(&(init, width)).map_or(&[][..], Vec::as_slice)
    }
}

/// The fitted exponent of a positive quantity by seed and width, beside its prediction.
pub fn exponent_summary(
    widths: &[usize],
    by_seed: &[Vec<Option<f64>>],
    planned: &Predicted,
) -> ExponentSummary {
    let predicted = planned.exponent();
    let predictions = ExponentSummary {
        predicted: predicted.map(lora_theory::approximate),
        predicted_exact: predicted.map(|gamma| gamma.to_string()),
        no_prediction: planned.reason().map(str::to_owned),
        seeds: by_seed.len(),
        ..ExponentSummary::default()
    };
    let as_float: Vec<f64> = widths.iter().map(|&width| width as f64).collect();
    let Ok(fit) = exponent_over_seeds(&as_float, by_seed, DEFAULT_LEVEL) else {
        let missing = |&(column, _): &(usize, &usize)| by_seed.iter().any(|s| s[column].is_none());
        let excluded = widths.iter().enumerate().filter(missing).map(|(_, &width)| width).collect();
        return ExponentSummary { excluded_widths: excluded, ..predictions };
    };
    let mut summary = fitted(fit, predictions);
    summary.agreement = compare(&summary, predicted);
    summary.not_a_power_law = curved(&as_float, by_seed);
    summary
}

fn fitted(fit: ExponentFit, predictions: ExponentSummary) -> ExponentSummary {
    let whole = |widths: &[f64]| widths.iter().map(|&width| width as usize).collect();
    ExponentSummary {
        exponent: Some(fit.exponent),
        lower: fit.lower,
        upper: fit.upper,
        prefactor: Some(fit.intercept.exp()),
        widths_used: whole(&fit.widths_used),
        excluded_widths: whole(&fit.excluded_widths),
        local_slopes: fit
            .local_slopes
            .iter()
            .map(|s| SlopeSummary {
                from: s.from as usize,
                to: s.to as usize,
                slope: s.slope,
                lower: s.lower,
                upper: s.upper,
            })
            .collect(),
        ..predictions
    }
}

fn width_summary(width: usize, readings: &[Reading]) -> WidthSummary {
    let best = |value: fn(&RunRow) -> Option<f64>| {
        mean(readings.iter().map(|reading| reading.best.and_then(value)))
    };
    let runs = || readings.iter().flat_map(|reading| &reading.runs);
    WidthSummary {
        width,
        eta_opt: optimum_summary(readings),
        basin: basin_summary(readings),
        eta_stable: crossing_summary(readings),
        loss: mean_score(readings.iter().map(|reading| reading.best.and_then(|row| row.score))),
        test_loss: best(|row| Some(row.test_loss)),
        za_rms: best(|row| Some(row.za_rms)),
        zb_rms: best(|row| Some(row.zb_rms)),
        za_norm: best(|row| Some(row.za_norm)),
        zb_norm: best(|row| Some(row.zb_norm)),
        diverged_runs: runs().filter(|row| row.diverged_at.is_some()).count(),
        runs: runs().count(),
    }
}

fn optimum_summary(readings: &[Reading]) -> LrSummary {
    let optima = readings.iter().filter_map(|reading| reading.optimum.as_ref());
    lr_summary(readings.len(), optima.map(|o| (Some(o.lr), o.bracketed, o.interpolated)))
}

/// The mean crossing. Where a seed has none, its last stable or its first unstable learning rate
/// stands in as a bound.
fn crossing_summary(readings: &[Reading]) -> LrSummary {
    let crossings = readings.iter().filter_map(|reading| reading.crossing.as_ref());
    let bound = |c: &Crossing| c.lr.or(c.last_stable).or(c.first_unstable);
    lr_summary(readings.len(), crossings.map(|c| (bound(c), c.bracketed(), c.interpolated)))
}

/// From each seed's learning rate, whether it is bracketed, and whether it was interpolated.
fn lr_summary(seeds: usize, found: impl Iterator<Item = (Option<f64>, bool, bool)>) -> LrSummary {
    let found: Vec<_> = found.collect();
    let ValueSummary { value, lower, upper } = mean(found.iter().map(|&(lr, _, _)| lr));
    let complete = !found.is_empty() && found.len() == seeds;
    LrSummary {
        value,
        lower,
        upper,
        bracketed: complete && found.iter().all(|&(_, bracketed, _)| bracketed),
        at_grid_point: found.iter().filter(|&&(_, _, interpolated)| !interpolated).count(),
    }
}

fn basin_summary(readings: &[Reading]) -> BasinSummary {
    let basins = || readings.iter().map(|reading| reading.basin.as_ref());
    BasinSummary {
        lower: mean(basins().map(|basin| basin.map(|basin| basin.lower))).value,
        upper: mean(basins().map(|basin| basin.map(|basin| basin.upper))).value,
        complete: !readings.is_empty()
            && basins().all(|basin| basin.is_some_and(Basin::is_complete)),
    }
}

/// Geometric mean with its interval; nothing if some seed has none or a value is not positive.
fn mean(values: impl Iterator<Item = Option<f64>>) -> ValueSummary {
    summary(values, |values| geometric_mean_interval(values, DEFAULT_LEVEL))
}

/// The mean of scores: geometric, or arithmetic where some are zero, as shares of errors may be.
fn mean_score(values: impl Iterator<Item = Option<f64>>) -> ValueSummary {
    summary(values, |values| {
        if !values.contains(&0.0) {
            return geometric_mean_interval(values, DEFAULT_LEVEL);
        }
        mean_interval(values, DEFAULT_LEVEL)
    })
}

/// The mean of one value for each seed; nothing if some seed has none, or if there is no such mean.
fn summary(
    values: impl Iterator<Item = Option<f64>>,
    mean: impl Fn(&[f64]) -> Result<Interval, StatsError>,
) -> ValueSummary {
    let Some(values) = values.collect::<Option<Vec<f64>>>() else {
        return ValueSummary::default();
    };
    mean(&values).map_or_else(
        |_| ValueSummary::default(),
        |interval| ValueSummary {
            value: Some(interval.estimate),
            lower: interval.lower,
            upper: interval.upper,
        },
    )
}

fn warnings(
    experiment: &Experiment,
    readings: &Readings,
    inits: &BTreeMap<Init, InitSummary>,
) -> Vec<String> {
    let mut warnings = before_training(experiment);
    warnings.extend(fit_warnings(inits));
    warnings.extend(epsilon_warning(experiment, readings));
    let predicted = experiment.model.kind.is_synthetic();
    if predicted && experiment.training.optimizer == OptimizerKind::Sgd {
        warnings.push(format!(
            "under SGD the theory's exponents depend on the number of steps; the predictions are for {} \
             symbolic steps",
            lora_theory::DEFAULT_STEPS
        ));
    }
    if experiment.training.seeds.len() == 1 {
        warnings.push(ONE_SEED.into());
    }
    warnings
}

/// What is said of a sweep with a single seed.
pub const ONE_SEED: &str = "one seed gives no intervals";

/// Reasons to doubt fitted exponents.
pub fn fit_warnings(inits: &BTreeMap<Init, InitSummary>) -> Vec<String> {
    let mut warnings = Vec::new();
    for (init, summary) in inits {
        for (quantity, fit) in [("eta_opt", &summary.eta_opt), ("eta_stable", &summary.eta_stable)]
        {
            if let Some(curve) = &fit.not_a_power_law {
                warnings.push(format!("{init} {quantity}: {curve}"));
            }
            if !fit.excluded_widths.is_empty() {
                warnings.push(format!(
                    "{init} {quantity}: not bracketed at widths {:?}, which are not in the fit",
                    fit.excluded_widths
                ));
            }
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_of_zero_has_an_arithmetic_mean() {
        let of = |values: &[f64]| mean_score(values.iter().copied().map(Some)).value;
        assert!(of(&[0.1, 0.4]).is_some_and(|mean| (mean - 0.2).abs() < 1e-12), "geometric");
        assert!(of(&[0.0, 0.4]).is_some_and(|mean| (mean - 0.2).abs() < 1e-12), "arithmetic");
        assert_eq!(of(&[0.0, 0.0]), Some(0.0));
        assert_eq!(mean_score([Some(0.0), None].into_iter()).value, None);
        assert_eq!(mean([Some(0.0), Some(0.4)].into_iter()).value, None, "no norm is zero");
    }
}

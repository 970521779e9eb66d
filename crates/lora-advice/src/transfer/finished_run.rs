//! What a finished run measured of learning rates: η_opt and η_stable against the width, under each init.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use lora_analysis::summary::{ExponentSummary, InitSummary, LrSummary, Summary};
use lora_experiment::experiment::Experiment;
use lora_stats::Agreement;
use lora_store::run_dir::Store;
use lora_theory::{Rational, parse_rational};
use lora_types::{Init, ModelKind, OptimizerKind, Quantity, Verdict};

use crate::transfer::choices::CarriedLr;
use crate::transfer::curve::Slope;
use crate::transfer::factor::LrRange;
use crate::transfer::run_error::{RunError, SummaryOf};
use crate::transfer::stored::{FEWEST_POINTS, MeasuredExponent};

/// The file that says what a run measured.
const SUMMARY: &str = "summary.json";

/// A finished run of an experiment.
#[derive(Clone, Debug)]
pub struct FinishedRun {
    dir: PathBuf,
    experiment: Experiment,
    summary: Summary,
}

/// One learning rate of a run against the width, under one init.
#[derive(Clone, Debug, PartialEq)]
pub struct RunMeasured {
    /// The run in words: its directory and its title.
    pub run: String,
    /// Whether a transformer was trained, of which the theory says nothing.
    pub of_transformer: bool,
    /// a in W_out ~ N(0, n^-2a) of the synthetic network.
    pub readout: Rational,
    /// Its update rule.
    pub optimizer: OptimizerKind,
    /// Its η_B/η_A.
    pub lr_ratio: f64,
    /// Its exponent, with the local slopes.
    pub exponent: MeasuredExponent,
    /// The exponent that the theory predicts of it.
    pub predicted: Option<Rational>,
    /// Reasons to doubt its numbers.
    pub doubts: Vec<String>,
    /// The widths at which the search enclosed it, with its value, ascending; there is one at least.
    rates: Vec<(u32, LrRange)>,
}

impl FinishedRun {
    /// Reads what is in the directory of a run. Where its tables cannot be checked, a note says so.
    ///
    /// # Errors
    /// [`RunError`] if it is no directory of a run, if a table is not as the run wrote it, and if there is no summary, or
    /// it is of other inits or widths than the run.
    pub fn open(dir: &Path) -> Result<(Self, Option<String>), RunError> {
        let store = Store::for_report(dir)?;
        let read = store.read_back()?;
        // They are what the summary was made of.
        read.runs()?;
        let note = read.note();
        Ok((Self::read(dir, read.experiment)?, note))
    }

    /// Reads the summary in the directory of a run of `experiment`, which was read back from there.
    fn read(dir: &Path, experiment: Experiment) -> Result<Self, RunError> {
        let path = dir.join(SUMMARY);
        let file = |fault: String| RunError::File { path: path.clone(), fault };
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(RunError::NotARun { dir: dir.to_owned() });
            }
            Err(error) => return Err(file(error.to_string())),
        };
        let summary: Summary = serde_json::from_slice(&text)
            .map_err(|error| file(format!("is not a run’s summary: {error}")))?;
        let run = of_run(&experiment);
        if let Some(found) = of_summary(&summary).into_iter().find(|of| !run.contains(of)) {
            return Err(RunError::OtherRun { path, found, run });
        }
        if let Some(lacks) = run.iter().find(|of| !of_summary(&summary).contains(of)) {
            return Err(RunError::Lacks { path, lacks: lacks.clone() });
        }
        Ok(Self { dir: dir.to_owned(), experiment, summary })
    }

    /// What it measured of a learning rate under an init.
    ///
    /// # Errors
    /// [`RunError`] if the run has no such init, or nothing to fit an exponent with an interval to.
    pub fn measured(&self, init: Init, goal: CarriedLr) -> Result<RunMeasured, RunError> {
        let dir = self.dir.clone();
        let Some(results) = self.summary.inits.get(&init) else {
            let has = self.summary.inits.keys().copied().collect();
            return Err(RunError::NoInit { dir, init, has });
        };
        if let [only] = results.widths.as_slice() {
            return Err(RunError::OneWidth { dir, width: only.width });
        }
        let fit = match goal {
            CarriedLr::Optimal => &results.eta_opt,
            CarriedLr::Stable => &results.eta_stable,
        };
        let rates = rates(results, goal);
        let Some(estimate) = fit.exponent.filter(|_| rates.len() > 1) else {
            let widths = rates.iter().map(|(width, _)| *width).collect();
            return Err(RunError::TooFew { dir, goal, init, widths });
        };
        let Some((lower, upper)) = fit.lower.zip(fit.upper) else {
            return Err(RunError::OneSeed { dir });
        };
        let (verdict, reason) = judged(fit);
        let quantity = match goal {
            CarriedLr::Optimal => Quantity::EtaOpt,
            CarriedLr::Stable => Quantity::EtaStable,
        };
        let ends = [fit.widths_used.first(), fit.widths_used.last()];
        let [smallest_used, largest_used] = ends.map(|end| end.map_or(0.0, |&n| n as f64));
        let exponent = MeasuredExponent {
            claim: format!("{} of {}", quantity.key(), self.summary.experiment),
            quantity,
            estimate,
            lower,
            upper,
            smallest_used,
            largest_used,
            points_used: fit.widths_used.len(),
            verdict,
            reason,
            slopes: slopes(fit),
        };
        Ok(RunMeasured {
            run: format!("{} ({})", self.dir.display(), self.summary.title),
            of_transformer: self.experiment.model.kind == ModelKind::Transformer,
            readout: self.experiment.model.readout_exponent,
            optimizer: self.experiment.training.optimizer,
            lr_ratio: self.experiment.training.lr_ratio,
            exponent,
            predicted: fit.predicted_exact.as_deref().and_then(|exact| parse_rational(exact).ok()),
            doubts: self.doubts(),
            rates,
        })
    }

    fn doubts(&self) -> Vec<String> {
        let Summary { quick, warnings, .. } = &self.summary;
        let quick = quick.then(|| "the run has the quick sizes of its experiment".to_owned());
        let warned = warnings.iter().map(|warning| format!("the run warns: {warning}"));
        quick.into_iter().chain(warned).collect()
    }
}

/// What a run of an experiment measures.
fn of_run(experiment: &Experiment) -> Vec<SummaryOf> {
    let inits = experiment.training.inits.iter();
    inits.map(|&init| SummaryOf { init, widths: experiment.model.widths.to_vec() }).collect()
}

fn of_summary(summary: &Summary) -> Vec<SummaryOf> {
    let widths = |of: &InitSummary| of.widths.iter().map(|row| row.width).collect();
    let inits = summary.inits.iter();
    inits.map(|(&init, of)| SummaryOf { init, widths: widths(of) }).collect()
}

impl RunMeasured {
    /// The measured width nearest to another one, in logarithms, with the learning rate there.
    pub fn nearest(&self, width: u32) -> (u32, LrRange) {
        let distance = |of: u32| (f64::from(of).ln() - f64::from(width).ln()).abs();
        let nearer = |best: (u32, LrRange), next: &(u32, LrRange)| {
            if distance(next.0) < distance(best.0) { *next } else { best }
        };
        self.rates.iter().fold(self.rates[0], nearer)
    }
}

/// The widths that are in the fit, with the learning rates there.
fn rates(results: &InitSummary, goal: CarriedLr) -> Vec<(u32, LrRange)> {
    let rate = |lr: &LrSummary| {
        let value = lr.value.filter(|_| lr.bracketed)?;
        Some(LrRange { value, lower: lr.lower.unwrap_or(value), upper: lr.upper.unwrap_or(value) })
    };
    let at = |row: &lora_analysis::summary::WidthSummary| {
        let lr = match goal {
            CarriedLr::Optimal => &row.eta_opt,
            CarriedLr::Stable => &row.eta_stable,
        };
        Some((u32::try_from(row.width).ok()?, rate(lr)?))
    };
    results.widths.iter().filter_map(at).collect()
}

fn slopes(fit: &ExponentSummary) -> Vec<Slope> {
    let slope = |of: &lora_analysis::summary::SlopeSummary| {
        let (from, to) = (of.from as f64, of.to as f64);
        Some(Slope { from, to, slope: of.slope, lower: of.lower?, upper: of.upper? })
    };
    fit.local_slopes.iter().filter_map(slope).collect()
}

/// The verdict on the theory's exponent that a run's interval amounts to, and why.
fn judged(fit: &ExponentSummary) -> (Verdict, String) {
    if let Some(why) = &fit.not_a_power_law {
        return (Verdict::NotAPowerLaw, format!("the run’s points lie on {why}"));
    }
    if fit.widths_used.len() < FEWEST_POINTS {
        let why = "the run measured it at two widths, and a power law takes three";
        return (Verdict::Undecided, why.to_owned());
    }
    let said = |what: &str| format!("the run’s 95% interval {what}");
    match fit.agreement {
        Agreement::Agrees => (Verdict::Holds, said("holds it and no other multiple of 1/4")),
        Agreement::Excluded => (Verdict::Refuted, said("does not hold it")),
        Agreement::TooWide => (Verdict::Undecided, said("holds another multiple of 1/4 as well")),
        Agreement::NoInterval => (Verdict::Undecided, "the run has no interval".to_owned()),
        Agreement::NoPrediction => (Verdict::Undecided, "the theory has none".to_owned()),
    }
}

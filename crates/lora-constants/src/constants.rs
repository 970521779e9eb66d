//! From a question to its answer: a search for every readout, init and seed, then means over seeds.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicUsize;

use lora_limit::Dynamics;
use lora_sim::spec::Init;
use lora_stats::{Basin, Crossing, DEFAULT_LEVEL};

use crate::answer::{
    Answer, BasinOver, Constants, InitAnswer, LossOver, ReadoutAnswer, SeedConstants,
};
use crate::error::ConstantsError;
use crate::kept::{Keep, NothingKept};
use crate::over_seeds::{Found, ends, estimate, over};
use crate::pair::lower_loss;
use crate::question::Question;
use crate::search::Curve;
use crate::seed::OfSeed;
use crate::setting::{Setting, settings};
use crate::watch::Watch;

/// Version of the document.
pub(crate) const SCHEMA: u32 = 1;

/// The largest quadrature error of a loss that may be quoted, relative to it.
const RELIABLE: f64 = 0.25;

/// The curves of all seeds, by readout exponent and init.
pub type Curves = Vec<BTreeMap<Init, Vec<(u64, Curve)>>>;

/// Answers a question, and gives the runs behind the answer in the order of its readouts.
///
/// # Errors
/// [`ConstantsError::Stopped`] if asked to, and else what a student, a solver or a grid refuses. A limit that
/// does not exist is no error: the answer says why.
pub fn solve(question: &Question, watch: &Watch) -> Result<(Answer, Curves), ConstantsError> {
    solve_with(question, watch, &NothingKept)
}

/// The same, where runs that are kept are not solved again, and those that are solved are kept.
///
/// # Errors
/// As [`solve`], and what `kept` refuses.
pub fn solve_with(
    question: &Question,
    watch: &Watch,
    kept: &dyn Keep,
) -> Result<(Answer, Curves), ConstantsError> {
    let counted = AtomicUsize::new(0);
    let (mut readouts, mut all) = (Vec::new(), Vec::new());
    for &readout in &question.readouts {
        let (settings, missing) = settings(question, readout)?;
        let mut curves: BTreeMap<Init, Vec<(u64, Curve)>> = BTreeMap::new();
        for &seed in &question.experiment.training.seeds {
            let of = OfSeed { question, readout, seed, kept };
            let found = of.curves(&settings, (watch, &counted))?;
            for (setting, curve) in settings.iter().zip(found) {
                curves.entry(setting.init).or_default().push((seed, curve));
            }
        }
        let mut inits: BTreeMap<Init, InitAnswer> = missing.into_iter().collect();
        for setting in &settings {
            let of_init = curves.get(&setting.init).map_or(&[][..], Vec::as_slice);
            let tolerance = question.experiment.search.basin;
            let constants = Box::new(constants(setting, tolerance, of_init));
            inits.insert(setting.init, InitAnswer::Limit(constants));
        }
        let lower_loss = lower_loss(&inits);
        readouts.push(ReadoutAnswer { readout: readout.to_string(), inits, lower_loss });
        all.push(curves);
    }
    Ok((document(question, readouts), all))
}

fn document(question: &Question, readouts: Vec<ReadoutAnswer>) -> Answer {
    let experiment = &question.experiment;
    Answer {
        schema: SCHEMA,
        experiment: question.name.clone(),
        title: experiment.title.clone(),
        quick: question.quick,
        seeds: experiment.training.seeds.clone(),
        level: DEFAULT_LEVEL,
        coupled_width: question.width,
        neurons: question.neurons,
        loss_neurons: question.loss_neurons,
        replicates: question.replicates,
        score: experiment.search.score,
        stability_bound: experiment.search.stability_bound,
        readouts,
        settings: experiment.clone(),
    }
}

/// Means over the curves of all seeds; `tolerance` is the one that makes the basin.
fn constants(setting: &Setting, tolerance: f64, curves: &[(u64, Curve)]) -> Constants {
    let found = |of: fn(&Curve) -> Found| -> Vec<Found> {
        curves.iter().map(|(_, curve)| of(curve)).collect()
    };
    let c_opt = estimate(&found(Found::optimum));
    let c_stable = estimate(&found(|curve| Found::crossing(curve.crossing.as_ref())));
    let bracketed = |curve: &Curve| curve.crossing.as_ref().is_some_and(Crossing::bracketed);
    let loss = loss(curves);
    Constants {
        gamma: setting.class.terms().gamma.to_string(),
        dynamics: words(setting.class.dynamics()).to_owned(),
        c_opt: c_opt.value,
        c_opt_interval: c_opt.interval,
        c_opt_bound: c_opt.bound,
        bracketed: curves.iter().all(|(_, curve)| curve.optimum.is_some_and(|o| o.bracketed)),
        basin: basin(curves, within(loss, tolerance)),
        c_stable: c_stable.value,
        c_stable_interval: c_stable.interval,
        c_stable_bound: c_stable.bound,
        c_stable_bracketed: curves.iter().all(|(_, curve)| bracketed(curve)),
        c_stable_remark: setting.remark.clone(),
        loss,
        loss_reliable: within(loss, RELIABLE),
        seeds: curves.iter().map(of_curve).collect(),
    }
}

/// Whether a loss has a value that is known to this relative error.
fn within(loss: LossOver, error: f64) -> bool {
    loss.value.is_some() && loss.quadrature_error.is_some_and(|found| found <= error)
}

fn basin(curves: &[(u64, Curve)], resolved: bool) -> BasinOver {
    let basins = || curves.iter().map(|(_, curve)| curve.basin.as_ref());
    let end = |of: fn(&Basin) -> f64| over(basins().map(|basin| basin.map(of)));
    BasinOver {
        lower: end(|basin| basin.lower).map(|end| end.estimate),
        upper: end(|basin| basin.upper).map(|end| end.estimate),
        complete: basins().all(|basin| basin.is_some_and(Basin::is_complete)),
        resolved,
    }
}

/// The lowest losses over seeds.
fn loss(curves: &[(u64, Curve)]) -> LossOver {
    let lowest = || curves.iter().map(|(_, curve)| curve.lowest());
    let losses = over(lowest().map(|found| found.map(|(loss, _)| loss)));
    let squares: Option<Vec<f64>> =
        lowest().map(|found| found.map(|(loss, error)| (error / loss).powi(2))).collect();
    let rms = |x: &Vec<f64>| (x.iter().sum::<f64>() / x.len() as f64).sqrt();
    LossOver {
        value: losses.map(|losses| losses.estimate),
        interval: ends(losses),
        quadrature_error: squares.as_ref().map(rms),
    }
}

fn of_curve((seed, curve): &(u64, Curve)) -> SeedConstants {
    let (optimum, lowest) = (curve.optimum.as_ref(), curve.lowest());
    SeedConstants {
        seed: *seed,
        c_opt: optimum.map(|optimum| optimum.lr),
        bracketed: optimum.is_some_and(|optimum| optimum.bracketed),
        basin: curve.basin.map(|basin| [basin.lower, basin.upper]),
        c_stable: Found::crossing(curve.crossing.as_ref()).value(),
        c_stable_status: curve.crossing.map(|crossing| crossing.status),
        c_best: curve.best().map(|best| best.c),
        loss: lowest.map(|(loss, _)| loss),
        error: lowest.map(|(_, error)| error),
        runs: curve.runs.len(),
    }
}

/// What the solver runs, for a reader.
fn words(dynamics: Dynamics) -> &'static str {
    match dynamics {
        Dynamics::MeanField { full: true } => "A and B move, φ in full",
        Dynamics::MeanField { full: false } => "A and B move, φ linear around H",
        Dynamics::Decoder { homogeneous: false, moving: false } => "A moves through a random B",
        Dynamics::Decoder { homogeneous: true, moving: false } => {
            "A moves through a random B, H drops out of φ"
        }
        Dynamics::Decoder { homogeneous: false, moving: true } => {
            "A moves through a random B, and B adds to the output"
        }
        Dynamics::Decoder { homogeneous: true, moving: true } => {
            "A moves through a random B, and B adds to the output; H drops out of φ"
        }
    }
}

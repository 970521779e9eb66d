//! From a question to its answer: a search for every readout, init and seed, then means over seeds.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use lora_limit::{Class, Dynamics, Solver, Variant};
use lora_sim::spec::Init;
use lora_stats::{Basin, Crossing, DEFAULT_LEVEL, Interval, geometric_mean_interval};
use lora_theory::Rational;
use rayon::prelude::*;

use crate::answer::{
    Answer, BasinOver, Constants, InitAnswer, LossOver, LowerLoss, ReadoutAnswer, SeedConstants,
};
use crate::bound::Bound;
use crate::error::ConstantsError;
use crate::question::Question;
use crate::run::LimitRun;
use crate::search::{Curve, search};
use crate::student::Student;

/// Version of the document.
const SCHEMA: u32 = 1;

/// Who watches while limits are solved.
pub struct Watch<'a> {
    /// Whether to stop; asked before every run.
    pub stop: &'a (dyn Fn() -> bool + Sync),
    /// Told after every run how many are done.
    pub done: &'a (dyn Fn(usize) + Sync),
}

/// A limit that exists.
struct Setting {
    init: Init,
    class: Class,
    bound: Bound,
}

/// The curves of all seeds, by readout exponent and init.
pub type Curves = Vec<BTreeMap<Init, Vec<(u64, Curve)>>>;

/// Answers a question, and gives the runs behind the answer in the order of its readouts.
///
/// # Errors
/// [`ConstantsError::Stopped`] if asked to, and else what a student, a solver or a grid refuses. A limit that
/// does not exist is no error: the answer says why.
pub fn solve(question: &Question, watch: &Watch) -> Result<(Answer, Curves), ConstantsError> {
    let counted = AtomicUsize::new(0);
    let (mut readouts, mut all) = (Vec::new(), Vec::new());
    for &readout in &question.readouts {
        let (settings, missing) = settings(question, readout)?;
        let mut curves: BTreeMap<Init, Vec<(u64, Curve)>> = BTreeMap::new();
        for &seed in &question.experiment.training.seeds {
            let found = of_seed(question, readout, (&settings, seed), (watch, &counted))?;
            for (setting, curve) in settings.iter().zip(found) {
                curves.entry(setting.init).or_default().push((seed, curve));
            }
        }
        let mut inits: BTreeMap<Init, InitAnswer> = missing.into_iter().collect();
        for setting in &settings {
            let of_init = curves.get(&setting.init).map_or(&[][..], Vec::as_slice);
            let constants = Box::new(constants(setting, of_init));
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
        replicates: question.replicates,
        score: experiment.search.score,
        stability_bound: experiment.search.stability_bound,
        readouts,
        settings: experiment.clone(),
    }
}

type Missing = Vec<(Init, InitAnswer)>;

/// The limits of a readout, and the inits that have none.
fn settings(
    question: &Question,
    readout: Rational,
) -> Result<(Vec<Setting>, Missing), ConstantsError> {
    let (mut settings, mut missing) = (Vec::new(), Vec::new());
    let kappa = question.experiment.search.stability_bound;
    for &init in &question.experiment.training.inits {
        match question.class(readout, init) {
            Ok(class) => {
                let bound = Bound::of(&class, kappa, question.width)?;
                settings.push(Setting { init, class, bound });
            }
            Err(why) => missing.push((init, InitAnswer::Nothing { no_limit: why.to_string() })),
        }
    }
    Ok((settings, missing))
}

/// The curves of one seed. The inits share its student and are searched side by side.
fn of_seed(
    question: &Question,
    readout: Rational,
    (settings, seed): (&[Setting], u64),
    (watch, counted): (&Watch, &AtomicUsize),
) -> Result<Vec<Curve>, ConstantsError> {
    if settings.is_empty() {
        return Ok(Vec::new());
    }
    let stopped = || ConstantsError::Stopped { done: counted.load(Ordering::SeqCst) };
    let go_on = || if (watch.stop)() { Err(stopped()) } else { Ok(()) };
    go_on()?;
    let (model, training) = (question.model(readout), question.experiment.training());
    let (grid, rules) = (question.grid()?, &question.experiment.search);
    let student = Student::draw(&model, question.width, seed)?;
    let curve = |setting: &Setting| {
        go_on()?;
        let (class, points) = (&setting.class, &student.points);
        let start = student.start(class, &model, setting.init);
        let solve = |solver: &Solver, (index, c): (i64, f64)| {
            go_on()?;
            let solution = solver.solve(c, Variant::default())?;
            (watch.done)(counted.fetch_add(1, Ordering::SeqCst) + 1);
            Ok::<_, ConstantsError>(LimitRun::of(&question.experiment, (index, c), &solution))
        };
        let over = |quadrature| Solver::new(class, &model, &training, points, &start, quadrature);
        let solver = over(question.quadrature(seed))?;
        let bound = setting.bound.value();
        let mut curve = search(&grid, rules.basin, bound, |index, c| solve(&solver, (index, c)))?;
        drop(solver);
        if let Some(best) = curve.best().map(|best| (best.c_index, best.c)) {
            curve.refined = Some(solve(&over(question.finer_quadrature(seed))?, best)?);
        }
        Ok(curve)
    };
    settings.par_iter().map(curve).collect()
}

/// Means over the curves of all seeds.
fn constants(setting: &Setting, curves: &[(u64, Curve)]) -> Constants {
    let optima = || curves.iter().map(|(_, curve)| curve.optimum.as_ref());
    let basins = || curves.iter().map(|(_, curve)| curve.basin.as_ref());
    let c_opt = over(optima().map(|found| found.map(|optimum| optimum.lr)));
    let c_stable = over(curves.iter().map(|(_, curve)| curve.crossing.as_ref().and_then(reached)));
    let basin_end = |of: fn(&Basin) -> f64| over(basins().map(|basin| basin.map(of)));
    let bracketed = |curve: &Curve| curve.crossing.as_ref().is_some_and(Crossing::bracketed);
    Constants {
        gamma: setting.class.terms().gamma.to_string(),
        dynamics: words(setting.class.dynamics()).to_owned(),
        c_opt: value(c_opt),
        c_opt_interval: ends(c_opt),
        bracketed: optima().all(|found| found.is_some_and(|optimum| optimum.bracketed)),
        basin: BasinOver {
            lower: value(basin_end(|basin| basin.lower)),
            upper: value(basin_end(|basin| basin.upper)),
            complete: basins().all(|basin| basin.is_some_and(Basin::is_complete)),
        },
        c_stable: value(c_stable),
        c_stable_interval: ends(c_stable),
        c_stable_bracketed: curves.iter().all(|(_, curve)| bracketed(curve)),
        c_stable_remark: setting.bound.remark(),
        loss: loss(curves),
        seeds: curves.iter().map(of_curve).collect(),
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
        value: value(losses),
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
        c_stable: curve.crossing.as_ref().and_then(reached),
        loss: lowest.map(|(loss, _)| loss),
        error: lowest.map(|(_, error)| error),
        runs: curve.runs.len(),
    }
}

/// Where Z_B crosses the bound, or the c next to it that bounds the crossing.
fn reached(crossing: &Crossing) -> Option<f64> {
    crossing.lr.or(crossing.last_stable).or(crossing.first_unstable)
}

/// The loss under Init\[A\] over that under Init\[B\], seed by seed.
fn lower_loss(inits: &BTreeMap<Init, InitAnswer>) -> Option<LowerLoss> {
    let seeds = |init| inits.get(&init)?.constants().map(|found| &found.seeds);
    let pairs = seeds(Init::A)?.iter().zip(seeds(Init::B)?);
    let interval = over(pairs.map(|(a, b)| Some(a.loss? / b.loss?)))?;
    let lower = match ends(Some(interval)) {
        Some([_, high]) if high < 1.0 => Some(Init::A),
        Some([low, _]) if low > 1.0 => Some(Init::B),
        _ => None,
    };
    Some(LowerLoss { ratio: interval.estimate, interval: ends(Some(interval)), lower })
}

/// The geometric mean; nothing if a seed has no value, or one without a logarithm.
fn over(values: impl Iterator<Item = Option<f64>>) -> Option<Interval> {
    let values: Vec<f64> = values.collect::<Option<_>>()?;
    geometric_mean_interval(&values, DEFAULT_LEVEL).ok()
}

fn value(interval: Option<Interval>) -> Option<f64> {
    interval.map(|interval| interval.estimate)
}

fn ends(interval: Option<Interval>) -> Option<[f64; 2]> {
    let interval = interval?;
    Some([interval.lower?, interval.upper?])
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

//! `limit`: the constants of the limit n → ∞.

use std::collections::BTreeMap;
use std::time::Instant;

use lora_constants::{Choices, Cost, KNOWN, Question, Watch, drawings, solve, write};
use lora_runner::memory::{PICTURE, check_drawing, short_of};
use lora_runner::threads::pool;
use lora_store::folder::Folder;
use pyo3::prelude::*;

use crate::answer::{Plain, record, records};
use crate::arguments::{Number, PathArgument, Words, rational, within};
use crate::cells::column;
use crate::drawn::Figures;
use crate::experiment::GivenExperiment;
use crate::failure::Failure;
use crate::number::Exact;
use crate::on_thread::{StopFlag, on_thread};
use crate::table::Table;
use crate::watched::{progress_of, threads_of};

records! {
    /// The constants of every readout and init that was asked for: the c in η = c n^γ as n → ∞.
    Limit {
        /// Version of the document.
        schema: u32,
        /// Short name of the experiment.
        experiment: String,
        /// Its title.
        title: String,
        /// Whether its sizes are the quick ones.
        quick: bool,
        /// Seeds.
        seeds: Vec<u64>,
        /// Confidence level of all intervals over seeds.
        level: f64,
        /// n of the runs from which the limit takes what stays random in it.
        coupled_width: usize,
        /// Neurons of the quadrature, on each side and in each replicate.
        neurons: usize,
        /// Neurons over which the lowest loss is solved.
        loss_neurons: usize,
        /// Replicates of the quadrature.
        replicates: usize,
        /// What is minimised.
        score: String,
        /// The bound on the rms of Z_B.
        stability_bound: f64,
        /// One entry for each readout exponent.
        readouts: Vec<ReadoutLimit>,
        /// Every key of the experiment.
        settings: Plain,
    }
    + figures
    {
        /// The constants as a table: a row for each readout and init.
        #[getter]
        fn table(&self) -> PyResult<Table> {
            let rows: Vec<(&ReadoutLimit, &String, &InitLimit)> = self
                .readouts
                .iter()
                .flat_map(|of| of.inits.iter().map(move |(init, limit)| (of, init, limit)))
                .collect();
            let found = || rows.iter().map(|(.., limit)| limit.constants());
            let end = |interval: &Option<(f64, f64)>, upper: bool| {
                interval.map(|(low, high)| if upper { high } else { low })
            };
            let why = |limit: &InitLimit| match limit {
                InitLimit::Limit(_) => None,
                InitLimit::Nothing(why) => Some(why.no_limit.clone()),
            };
            Ok(Table::of(vec![
                column("readout", rows.iter().map(|(of, ..)| of.readout.0.clone())),
                column("init", rows.iter().map(|(_, init, _)| (*init).clone())),
                column("gamma", found().map(|c| c.map(|c| c.gamma.0.clone()))),
                column("c_opt", found().map(|c| c.and_then(|c| c.c_opt))),
                column("c_opt_lower", found().map(|c| c.and_then(|c| end(&c.c_opt_interval, false)))),
                column("c_opt_upper", found().map(|c| c.and_then(|c| end(&c.c_opt_interval, true)))),
                column("c_stable", found().map(|c| c.and_then(|c| c.c_stable))),
                column("loss", found().map(|c| c.and_then(|c| c.loss.value))),
                column("quadrature_error", found().map(|c| c.and_then(|c| c.loss.quadrature_error))),
                column("no_limit", rows.iter().map(|(.., limit)| why(limit))),
            ])?)
        }
    }

    /// The constants with one readout exponent.
    ReadoutLimit {
        /// a in W_out ~ N(0, n^-2a).
        readout: Exact,
        /// By init: its constants, or why it has none.
        inits: BTreeMap<String, InitLimit>,
        /// Which of Init[A] and Init[B] ends lower, or why they are not compared; None unless both have a limit.
        lower_loss: Option<LossPair>,
    }

    /// Why an init has no limit.
    NoLimit {
        /// Which quantity does what.
        no_limit: String,
    }

    /// The constants of one init. Means over seeds are geometric.
    Constants {
        /// γ in η = c n^γ.
        gamma: Exact,
        /// How A and B move, in words.
        dynamics: String,
        /// The c with the lowest loss; None if a seed has none.
        c_opt: Option<f64>,
        /// Its interval over seeds; None of a bound.
        c_opt_interval: Option<(f64, f64)>,
        /// "at_least" or "at_most", where `c_opt` is a bound.
        c_opt_bound: Option<String>,
        /// Whether every seed has it inside the c that were tried.
        bracketed: bool,
        /// The c whose loss is within the tolerance of the lowest.
        basin: BasinOver,
        /// The largest c at which Z_B stays under the bound at every step.
        c_stable: Option<f64>,
        /// Its interval over seeds; None of a bound.
        c_stable_interval: Option<(f64, f64)>,
        /// "at_least" or "at_most", where `c_stable` is a bound.
        c_stable_bound: Option<String>,
        /// Whether every seed has it inside the c that were tried.
        c_stable_bracketed: bool,
        /// Why there is no c_stable, or for which width it stands.
        c_stable_remark: Option<String>,
        /// The lowest loss.
        loss: LossOver,
        /// Whether the loss has a value with a quadrature error of at most 25%.
        loss_reliable: bool,
        /// Of every seed.
        seeds: Vec<SeedConstants>,
    }

    /// A basin; its ends are geometric means over seeds.
    BasinOver {
        /// Its lower end.
        lower: Option<f64>,
        /// Its upper end.
        upper: Option<f64>,
        /// Whether both ends were seen for every seed.
        complete: bool,
        /// Whether the quadrature error of the loss is at most the basin's tolerance.
        resolved: bool,
    }

    /// The lowest losses of the seeds.
    LossOver {
        /// Geometric mean.
        value: Option<f64>,
        /// Its interval over seeds.
        interval: Option<(f64, f64)>,
        /// The quadrature error of one seed's loss, relative to it.
        quadrature_error: Option<f64>,
    }

    /// What one seed says.
    SeedConstants {
        /// The seed.
        seed: u64,
        /// The c with the lowest loss, between those that were tried.
        c_opt: Option<f64>,
        /// Whether it is inside the c that were tried.
        bracketed: bool,
        /// Ends of the basin.
        basin: Option<(f64, f64)>,
        /// The largest c at which Z_B stays under the bound.
        c_stable: Option<f64>,
        /// Where it lies beside the c that were tried: "bracketed", "all_stable" or "none_stable".
        c_stable_status: Option<String>,
        /// The best of the c that were tried.
        c_best: Option<f64>,
        /// The loss there, over `loss_neurons`.
        loss: Option<f64>,
        /// Its quadrature error.
        error: Option<f64>,
        /// Limits that the search solved.
        runs: usize,
    }

    /// Init[A] beside Init[B], each at its own best c.
    LowerLoss {
        /// Geometric mean over seeds of the loss under Init[A] over that under Init[B].
        ratio: f64,
        /// Its interval over seeds, widened by the quadrature errors of both losses.
        interval: Option<(f64, f64)>,
        /// The interval over seeds alone.
        interval_over_seeds: Option<(f64, f64)>,
        /// The init that ends lower; None where the widened interval holds 1 or is missing.
        lower: Option<String>,
    }

    /// Why two inits are not compared.
    NotCompared {
        /// Which, and what is wrong with its loss.
        not_compared: String,
    }
}

/// An init's constants, or why it has none.
#[derive(Clone, Debug, IntoPyObject, serde::Deserialize, serde::Serialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "a limit has two of them")]
pub enum InitLimit {
    Limit(Constants),
    Nothing(NoLimit),
}

impl InitLimit {
    fn constants(&self) -> Option<&Constants> {
        match self {
            Self::Limit(constants) => Some(constants),
            Self::Nothing(_) => None,
        }
    }
}

/// Two inits beside each other, or why they are not.
#[derive(Clone, Debug, IntoPyObject, serde::Deserialize, serde::Serialize)]
#[serde(untagged)]
pub enum LossPair {
    Compared(LowerLoss),
    Not(NotCompared),
}

/// One readout exponent, or several.
#[derive(FromPyObject)]
pub enum Readouts {
    One(Number),
    Several(Vec<Number>),
}

/// Solves the limit n → ∞ of the synthetic network's training at η = c n^γ, and finds the best and the largest
/// stable c of each init. No network is trained. It stops at Ctrl-C.
///
/// Args:
///     experiment: a dict of sections, the path of a TOML file, or the name of one in experiments/; the paper's if
///         None.
///     quick: small sizes, in seconds.
///     set: "key=value" pairs put over the experiment, such as "training.steps=50".
///     readout: a in W_out ~ N(0, n^-2a), or several; that of the experiment if None.
///     lr_exponent: γ in η = c n^γ; the critical exponent of each init if None.
///     width: n of the runs from which the limit takes what stays random in it.
///     neurons: neurons of the quadrature, an even number.
///     loss_neurons: neurons over which the lowest loss is solved, 4, 8, 12, … times as many; 4 times as many if None.
///     replicates: times that the quadrature is repeated, at least two.
///     threads: threads to compute on, 1 to 1024; all cores if None. The answer does not depend on it.
///     out: a folder for limit.json, limit.csv, manifest.json and the figures.
///     progress: True for a line on standard error, False for nothing, or a callable that takes the share that is
///         done, from 0 to 1, and a line.
///
/// Raises:
///     LoraLimitsError: for an experiment or an argument that is wrong, and for want of memory.
///     OSError: for a file or a folder that cannot be read or written.
#[pyfunction]
#[pyo3(signature = (
    experiment=None, *, quick=false, set=Words::default(), readout=None, lr_exponent=None, width=None, neurons=None,
    loss_neurons=None, replicates=None, threads=None, out=None, progress=None,
))]
#[pyo3(
    text_signature = "(experiment=None, *, quick=False, set=(), readout=None, lr_exponent=None, width=None, neurons=None, loss_neurons=None, replicates=None, threads=None, out=None, progress=True)"
)]
#[expect(clippy::too_many_arguments, reason = "they are keywords")]
pub fn limit(
    py: Python<'_>,
    experiment: Option<&Bound<'_, PyAny>>,
    quick: bool,
    set: Words,
    readout: Option<Readouts>,
    lr_exponent: Option<Number>,
    width: Option<i64>,
    neurons: Option<i64>,
    loss_neurons: Option<i64>,
    replicates: Option<i64>,
    threads: Option<i64>,
    out: Option<PathArgument>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Limit> {
    let given = GivenExperiment::of(experiment, None, set.0, quick)?;
    let readouts = match readout {
        None => Vec::new(),
        Some(Readouts::One(readout)) => vec![readout],
        Some(Readouts::Several(readouts)) => readouts,
    };
    let readouts: Result<Vec<_>, Failure> =
        readouts.iter().map(|of| Ok(rational("readout", Some(of))?.unwrap_or_default())).collect();
    let whole = |name, given: Option<i64>| {
        let found = given.map(|given| within(name, given, (1, u32::MAX))).transpose();
        found.map(|found| found.map(|value| value as usize))
    };
    let choices = Choices {
        readouts: readouts?,
        gamma: rational("lr_exponent", lr_exponent.as_ref())?,
        width: whole("width", width)?,
        neurons: whole("neurons", neurons)?,
        loss_neurons: whole("loss_neurons", loss_neurons)?,
        replicates: whole("replicates", replicates)?,
    };
    let threads = threads_of(threads)?;
    let (teller, audience) = progress_of(py, progress)?;
    let work = move |stop: StopFlag| {
        let loaded = given.load()?;
        let question = Question::new((&loaded.name, given.quick), &loaded.experiment, &choices)?;
        if let Some(PathArgument(out)) = &out {
            check_drawing(PICTURE)?;
            Folder::check(out, &KNOWN)?;
        }
        let cost = Cost::of(&question)?;
        if let Some(short) = short_of(cost.bytes) {
            let error = question.too_large(&short.needs(), &short.has());
            let said = format!("{error}: try smaller loss_neurons, neurons, replicates or width");
            return Err(Failure::Request(said));
        }
        let (bar, expected) = (teller.bar()?, cost.runs as u64);
        bar.gauge().set_length(expected);
        let gauge = bar.gauge().clone();
        // A search may need more runs than expected.
        let done = move |runs: usize| gauge.set_position((runs as u64).min(expected));
        let stopped = || stop.asked();
        let watch = Watch { stop: &stopped, done: &done };
        let began = Instant::now();
        let (answer, curves) = pool(threads)?.install(|| solve(&question, &watch))?;
        if let Some(PathArgument(out)) = &out {
            write(out, &answer, &curves, began.elapsed().as_secs_f64())?;
        }
        let limit: Limit = record(&answer)?;
        Ok(Limit { figures: Figures::of(move || drawings(&answer, &curves)), ..limit })
    };
    let answer = on_thread(py, work, |py| audience.look(py));
    audience.end(py);
    answer
}

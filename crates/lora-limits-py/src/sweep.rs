//! `sweep`: an experiment, trained and concluded in a folder.

use std::path::Path;
use std::sync::Mutex;

use lora_runner::engine::{self, EngineName};
use lora_runner::threads::pool;
use lora_sweep::{ExperimentCall, place};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::answer::record;
use crate::arguments::{PathArgument, Words};
use crate::experiment::GivenExperiment;
use crate::failure::Failure;
use crate::on_thread::{StopFlag, on_thread};
use crate::summary::Summary;
use crate::sweep_tables::SweepTables;
use crate::table::Table;
use crate::watched::{PythonCaller, progress_of, threads_of};
use crate::works;

/// A finished sweep.
#[pyclass(frozen, get_all, skip_from_py_object, module = "lora_limits")]
#[derive(Clone, Debug)]
pub struct Sweep {
    /// The folder that holds it.
    directory: String,
    /// What follows from it, as summary.json holds it.
    summary: Summary,
    /// A row for each run, as runs.csv holds it: losses in units of the targets' squares, rms and mean norms of Z_A
    /// and Z_B after the last step.
    runs: Table,
    /// A row for each recorded step of each run, as trajectories.csv holds it, in f32.
    steps: Table,
    /// A row for each adapted module of each run of a transformer; no rows of the synthetic network.
    modules: Table,
    /// A row for each run of the limit n = ∞, as limits.csv holds it, in units of n^z_a_power and n^z_b_power; no rows
    /// without "inf" among the widths.
    limits: Table,
    /// The pictures of the figures.
    figures: Vec<String>,
    /// Runs that this call trained.
    trained: usize,
    /// Runs that the folder kept.
    kept: usize,
    /// What the final test has found, in words; empty where there is none.
    final_test: String,
    /// How long it took, on what.
    time: String,
    /// What there is to know besides.
    notes: Vec<String>,
}

#[pymethods]
impl Sweep {
    /// The names of the fields.
    #[classattr]
    fn _fields() -> Vec<&'static str> {
        vec![
            "directory",
            "summary",
            "runs",
            "steps",
            "modules",
            "limits",
            "figures",
            "trained",
            "kept",
            "final_test",
            "time",
            "notes",
        ]
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        crate::shown::repr(slf.as_any())
    }

    fn _repr_html_(slf: &Bound<'_, Self>) -> PyResult<String> {
        crate::shown::html(slf.as_any())
    }

    /// A figure from the folder, which a notebook shows. "scaling" if None.
    #[pyo3(signature = (name=None))]
    fn figure<'py>(slf: &Bound<'py, Self>, name: Option<&str>) -> PyResult<Bound<'py, PyAny>> {
        slf.py().import("lora_limits._figure")?.call_method1("plot", (slf, name))
    }

    /// The names of its figures.
    #[getter]
    fn figure_names(&self) -> Vec<String> {
        let stem =
            |path: &String| Some(Path::new(path).file_stem()?.to_string_lossy().into_owned());
        let mut names: Vec<String> = self.figures.iter().filter_map(stem).collect();
        names.sort();
        names
    }
}

/// Runs an experiment: trains what its folder does not keep, writes tables and figures, and returns the results.
///
/// It stops at Ctrl-C. Every finished run is kept, so that the same call goes on where it was. The batch that trains
/// goes on after the call, and is kept, too: a new call in its folder waits for it, and so does the end of the
/// interpreter, unless a second Ctrl-C gives it up.
///
/// Args:
///     experiment: a dict of sections such as {"model": {"widths": [64, 128]}}, the path of a TOML file, or the name
///         of one in experiments/; the paper's if None.
///     name: the short name of an experiment that is a dict, such as "tiny".
///     out: the folder; runs/NAME if None, or runs/NAME-quick. A dict needs it or a name.
///     quick: small sizes, to see everything work.
///     set: "key=value" pairs put over the experiment, such as "training.steps=400".
///     engine: "auto", "cpu" or "cuda".
///     threads: threads to compute on, 1 to 1024; all cores if None. Results do not depend on it.
///     fresh: deletes the runs that the folder keeps.
///     progress: True for a line on standard error, False for nothing, or a callable that takes the share that is
///         done, from 0 to 1, and a line.
///
/// Raises:
///     LoraLimitsError: for an experiment that is wrong, a folder of something else, and for want of memory.
///     OSError: for a file or a folder that cannot be read or written.
#[pyfunction]
#[pyo3(signature = (
    experiment=None, *, name=None, out=None, quick=false, set=Words::default(), engine="auto".to_owned(),
    threads=None, fresh=false, progress=None,
))]
#[pyo3(
    text_signature = "(experiment=None, *, name=None, out=None, quick=False, set=(), engine='auto', threads=None, fresh=False, progress=True)"
)]
#[expect(clippy::too_many_arguments, reason = "they are keywords")]
pub fn sweep(
    py: Python<'_>,
    experiment: Option<&Bound<'_, PyAny>>,
    name: Option<String>,
    out: Option<PathArgument>,
    quick: bool,
    set: Words,
    engine: String,
    threads: Option<i64>,
    fresh: bool,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Sweep> {
    if out.is_none() && name.is_none() && experiment.is_some_and(|of| of.cast::<PyDict>().is_ok()) {
        let said = "experiment: a dict needs name or out, which say where its results go";
        return Err(Failure::Request(said.to_owned()).into());
    }
    let given = GivenExperiment::of(experiment, name.as_deref(), set.0, quick)?;
    let (engine, threads) = (engine_of(&engine)?, threads_of(threads)?);
    let (teller, audience) = progress_of(py, progress)?;
    let work = move |stop: StopFlag| {
        let loaded = given.load()?;
        let caller = PythonCaller { stop, teller, notes: Mutex::default() };
        pool(threads)?.install(|| {
            let chosen = engine::choose_for(engine, &loaded)?;
            let out =
                place(out.as_ref().map(|PathArgument(out)| out.as_path()), &loaded.name, quick);
            let (loaded, chosen, caller) = (&loaded, &chosen, &caller);
            let call = ExperimentCall { loaded, quick, chosen, shard: None, fresh, caller };
            let in_folder = works::begin(&out, &caller.stop)?;
            let finished = call.run(&out)?;
            drop(in_folder);
            let SweepTables { runs, steps, modules, limits } = SweepTables::of(&finished.results)?;
            let counts = finished.manifest.sweep;
            let figures = finished.concluded.figures.iter();
            Ok(Sweep {
                directory: out.display().to_string(),
                summary: record(&finished.concluded.summary)?,
                runs,
                steps,
                modules,
                limits,
                figures: figures.map(|path| path.display().to_string()).collect(),
                trained: counts.map_or(0, |counts| counts.runs - counts.kept),
                kept: counts.map_or(0, |counts| counts.kept),
                final_test: finished.finals,
                time: finished.time,
                notes: caller.notes(),
            })
        })
    };
    let answer = on_thread(py, work, |py| audience.look(py));
    audience.end(py);
    answer
}

fn engine_of(name: &str) -> Result<EngineName, Failure> {
    let all = [EngineName::Auto, EngineName::Cpu, EngineName::Cuda];
    let found = all.into_iter().find(|of| of.name() == name);
    found.ok_or_else(|| Failure::argument("engine", name, "must be auto, cpu or cuda"))
}

//! `judge`: exponents and verdicts of a table of anybody's runs.

use std::collections::BTreeMap;

use lora_advice::predict::StatedSetting;
use lora_judge::numbers::{above_zero, finite, share};
use lora_judge::{Asked, Better, ColumnNames, KNOWN, Role, drawings, write};
use lora_runner::threads::pool;
use lora_store::folder::Folder;
use pyo3::prelude::*;

use crate::answer::{record, records};
use crate::arguments::{Number, PathArgument, Words, init, optimizer, rational, read, trained};
use crate::arrow_in::GivenTable;
use crate::drawn::Figures;
use crate::failure::Failure;
use crate::on_thread::{StopFlag, on_thread};
use crate::summary::{InitSummary, StatementSummary, exponents, widths};
use crate::table::Table;
use crate::watched::threads_of;

records! {
    /// A table of runs that was judged.
    Judgement {
        /// Version of the document.
        schema: u32,
        /// The table's name.
        table: String,
        /// How its columns were understood.
        columns: Vec<ReadAs>,
        /// What it holds, and what became of it.
        counts: Counts,
        /// What a reader should know before any number.
        notes: Vec<String>,
        /// The settings, each judged by itself.
        sweeps: Vec<JudgedSweep>,
        /// The tolerance of the basin.
        basin: f64,
        /// The bound of the rms of Z_B.
        bound: f64,
    }
    + figures
    {
        /// The fitted exponents as a table: two rows for each setting and init.
        #[getter]
        fn exponents(&self) -> PyResult<Table> {
            Ok(exponents(&self.by_setting())?)
        }

        /// What holds at each width as a table: a row for each setting, init and width.
        #[getter]
        fn widths(&self) -> PyResult<Table> {
            Ok(widths(&self.by_setting())?)
        }
    }

    /// How a column was understood.
    ReadAs {
        /// What it holds, such as "lr".
        holds: String,
        /// Its name.
        column: String,
        /// Columns that have a known name for the same and are not used.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        instead_of: Vec<String>,
    }

    /// What a table holds, and what became of it.
    Counts {
        /// Rows of the table.
        rows: usize,
        /// Rows of runs that have not finished, which are left out.
        unfinished: usize,
        /// Rows with neither a width nor a learning rate, which are left out.
        unlabelled: usize,
        /// Rows of earlier steps of runs whose last step counts.
        earlier_steps: usize,
        /// Rows without a loss of runs that have one at another step.
        without_loss: usize,
        /// Rows that say again what another one says.
        repeated: usize,
        /// Rows that a later one of the same run replaces, with another loss.
        replaced: usize,
        /// Runs that are judged.
        runs: usize,
        /// Those of them that diverged.
        diverged: usize,
    }

    /// One setting of a table.
    JudgedSweep {
        /// The columns that set it apart, with their values.
        setting: BTreeMap<String, String>,
        /// Version of the document.
        schema: u32,
        /// The table's name.
        experiment: String,
        /// The setting in words.
        title: String,
        /// False: a table has no quick sizes.
        quick: bool,
        /// Confidence level of all intervals.
        level: f64,
        /// By init: "A", "B", "AB".
        inits: BTreeMap<String, InitSummary>,
        /// What the paper says of the two inits, by width.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        statements: Vec<StatementSummary>,
        /// Reasons to doubt a number.
        warnings: Vec<String>,
        /// The tests of the exponents, by init.
        tests: BTreeMap<String, InitTests>,
    }

    /// The tests of one init.
    InitTests {
        /// Of the best learning rate.
        eta_opt: FitTest,
        /// Of the largest stable learning rate; None where the table has no Z_B.
        eta_stable: Option<FitTest>,
    }

    /// The test of one exponent.
    FitTest {
        /// The verdict on the prediction; None for one seed. Without a prediction it is "not_a_power_law" where the
        /// points are shown to lie on none, else None.
        verdict: Option<String>,
        /// Why, in a sentence.
        reason: String,
        /// The verdict is about [prediction − tolerance, prediction + tolerance].
        tolerance: f64,
        /// The exponent over the widths from which on the points are straight.
        exponent: Option<f64>,
        /// Lower end of its 95% interval.
        lower: Option<f64>,
        /// Upper end.
        upper: Option<f64>,
        /// The smallest of these widths.
        smallest: Option<f64>,
        /// What would decide, if it is undecided.
        needed: Option<Needed>,
    }

    /// What would decide, if estimates stayed where they are.
    Needed {
        /// Number of seeds at the present widths; None above 10,000.
        seeds: Option<usize>,
        /// The widest width with the present seeds; None above 2^40.
        widest: Option<f64>,
    }
}

/// What the page of a setting says of how it is made again.
const AGAIN: &str = "lora_limits.judge(table, …)";

impl Judgement {
    fn by_setting(&self) -> Vec<(String, &BTreeMap<String, InitSummary>)> {
        self.sweeps.iter().map(|sweep| (sweep.title.clone(), &sweep.inits)).collect()
    }
}

/// Whether higher values are better: a flag, or the best value.
#[derive(FromPyObject)]
pub enum Higher {
    Flag(bool),
    Best(Number),
}

fn better(given: Option<Higher>) -> Result<Better, Failure> {
    Ok(match given {
        None => Better::ByName,
        Some(Higher::Flag(false)) => Better::Lower,
        Some(Higher::Flag(true)) => Better::Higher(1.0),
        Some(Higher::Best(best)) => Better::Higher(read("higher_is_better", &best, finite)?),
    })
}

/// Judges a table of runs of any framework: optima, exponents with intervals, and verdicts. Nothing is trained.
///
/// A row is a run, with a width n, a learning rate η and a loss. It may have the init, the seed, the rank, the
/// module, the step and rms sizes of features too. Columns are found by their usual names.
///
/// Args:
///     table: the path of a CSV or Parquet file, a dict of columns, or a data frame of pandas, polars or pyarrow
///         (anything with __arrow_c_stream__).
///     by: further columns whose values are judged separately.
///     ignore_columns: columns from which nothing is taken.
///     higher_is_better: True or the best value if higher losses are better, False if lower ones are; by the
///         column's name if None.
///     init: "A", "B" or "AB" for a table without a column of inits; "A" if None.
///     basin: the basin holds the losses up to 1 + this times the best.
///     stability_bound: the rms of Z_B that a stable run stays under.
///     width_column, lr_column, loss_column, init_column, seed_column, rank_column, module_column, run_column,
///         step_column, zb_column: columns with names of their own.
///     readout, optimizer, train, lr_ratio_exponent, rank_exponent, multiplier_rank, multiplier_width, layer: the
///         setting whose predictions are compared, as `predict` has it; none if all are left out.
///     threads: threads to compute on, 1 to 1024; all cores if None. The answer does not depend on it.
///     out: a folder for judged.json, the figures and a page for each setting.
///
/// Raises:
///     LoraLimitsError: for a table that cannot be judged, for arguments that contradict each other, and for a folder of
///         something else.
///     OSError: for a file that cannot be read, and a folder that cannot be written.
#[pyfunction]
#[pyo3(signature = (
    table, *, by=Words::default(), ignore_columns=Words::default(), higher_is_better=None, init=None,
    basin=Number::of("0.1"), stability_bound=Number::of("10"), width_column=None, lr_column=None,
    loss_column=None, init_column=None, seed_column=None, rank_column=None, module_column=None, run_column=None,
    step_column=None, zb_column=None, readout=None, optimizer=None, train=None, lr_ratio_exponent=None,
    rank_exponent=None, multiplier_rank=None, multiplier_width=None, layer=false, threads=None, out=None,
))]
#[pyo3(
    text_signature = "(table, *, by=(), ignore_columns=(), higher_is_better=None, init=None, basin=0.1, stability_bound=10.0, width_column=None, lr_column=None, loss_column=None, init_column=None, seed_column=None, rank_column=None, module_column=None, run_column=None, step_column=None, zb_column=None, readout=None, optimizer=None, train=None, lr_ratio_exponent=None, rank_exponent=None, multiplier_rank=None, multiplier_width=None, layer=False, threads=None, out=None)"
)]
#[expect(clippy::too_many_arguments, reason = "they are keywords")]
pub fn judge(
    py: Python<'_>,
    table: &Bound<'_, PyAny>,
    by: Words,
    ignore_columns: Words,
    higher_is_better: Option<Higher>,
    init: Option<String>,
    basin: Number,
    stability_bound: Number,
    width_column: Option<String>,
    lr_column: Option<String>,
    loss_column: Option<String>,
    init_column: Option<String>,
    seed_column: Option<String>,
    rank_column: Option<String>,
    module_column: Option<String>,
    run_column: Option<String>,
    step_column: Option<String>,
    zb_column: Option<String>,
    readout: Option<Number>,
    optimizer: Option<String>,
    train: Option<Words>,
    lr_ratio_exponent: Option<Number>,
    rank_exponent: Option<Number>,
    multiplier_rank: Option<Number>,
    multiplier_width: Option<Number>,
    layer: bool,
    threads: Option<i64>,
    out: Option<PathArgument>,
) -> PyResult<Judgement> {
    if layer && readout.is_some() {
        let said = "layer contradicts readout: give one of them";
        return Err(Failure::Request(said.to_owned()).into());
    }
    let stated = StatedSetting {
        layer,
        readout: rational("readout", readout.as_ref())?,
        optimizer: optimizer.as_deref().map(self::optimizer).transpose()?,
        train: train.map(|train| trained(&train.0)).transpose()?,
        lr_ratio: rational("lr_ratio_exponent", lr_ratio_exponent.as_ref())?,
        rank: rational("rank_exponent", rank_exponent.as_ref())?,
        multiplier_rank: rational("multiplier_rank", multiplier_rank.as_ref())?,
        multiplier_width: rational("multiplier_width", multiplier_width.as_ref())?,
    };
    let names: ColumnNames = [
        (Role::Width, width_column),
        (Role::Lr, lr_column),
        (Role::Loss, loss_column),
        (Role::Init, init_column),
        (Role::Seed, seed_column),
        (Role::Rank, rank_column),
        (Role::Module, module_column),
        (Role::Run, run_column),
        (Role::Step, step_column),
        (Role::PeakZb, zb_column),
    ]
    .into_iter()
    .filter_map(|(role, name)| Some((role, name?)))
    .collect();
    let asked = Asked {
        names,
        ignored: ignore_columns.0,
        by: by.0,
        better: better(higher_is_better)?,
        init: self::init(init.as_deref())?,
        setting: stated.setting().map_err(Failure::from)?,
        basin: read("basin", &basin, share)?,
        bound: read("stability_bound", &stability_bound, above_zero)?,
    };
    let threads = threads_of(threads)?;
    let given = GivenTable::of(table)?;
    let work = move |stop: StopFlag| {
        if let Some(PathArgument(out)) = &out {
            Folder::check(out, &KNOWN)?;
        }
        let columns = asked.names.values().chain(&asked.by).chain(&asked.ignored);
        let table = given.read(&columns.cloned().collect::<Vec<_>>())?;
        let judged =
            pool(threads)?.install(|| lora_judge::judge_until(&table, &asked, &|| stop.asked()))?;
        if let Some(PathArgument(out)) = &out {
            write(&judged, out, AGAIN)?;
        }
        let judgement: Judgement = record(&judged)?;
        Ok(Judgement { figures: Figures::of(move || drawings(&judged)), ..judgement })
    };
    on_thread(py, work, |_| Ok(()))
}

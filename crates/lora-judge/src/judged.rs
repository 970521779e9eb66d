//! The judgement of a table: a summary for each setting, as our own sweeps have one, and its verdicts.

use std::collections::{BTreeMap, BTreeSet};

use lora_analysis::analysis::{Measured, ONE_SEED, fit_warnings};
use lora_analysis::inits::statements;
use lora_analysis::summary::Summary;
use lora_experiment::prediction::{InitPredictions, Predicted};
use lora_stats::DEFAULT_LEVEL;
use lora_store::rows::RunRow;
use lora_theory::Setting;
use lora_types::Init;
use serde::Serialize;

use crate::columns::{Columns, ReadAs};
use crate::error::{JudgeError, TableFault};
use crate::fit_test::FitTest;
use crate::gaps::{edges, missing, not_positive};
use crate::measurement::{Measurement, Reader};
use crate::names::{ColumnNames, Role, is_accuracy};
use crate::repeats::{Counts, Runs, Seen};
use crate::score::Better;
use crate::sweep::{Extent, Sweep};
use crate::table::Table;

/// What is asked of a table.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Columns that were named.
    pub names: ColumnNames,
    /// Further columns whose values are judged separately.
    pub by: Vec<String>,
    /// Which losses are better.
    pub better: Better,
    /// The init of runs in a table without a column of inits.
    pub init: Option<Init>,
    /// The setting whose predictions are compared; its init is that of the runs.
    pub setting: Option<Setting>,
    /// Tolerance of the basin: losses up to 1 + this times the best.
    pub basin: f64,
    /// Bound of the rms of Z_B.
    pub bound: f64,
}

impl Default for Asked {
    /// Losses, no theory, and the basin and the bound of our own experiments.
    fn default() -> Self {
        Self {
            names: ColumnNames::new(),
            by: Vec::new(),
            better: Better::ByName,
            init: None,
            setting: None,
            basin: 0.1,
            bound: 10.0,
        }
    }
}

/// A table that was judged.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    /// Version of this schema.
    pub schema: u32,
    /// The table's name.
    pub table: String,
    /// How its columns were understood.
    pub columns: Vec<ReadAs>,
    /// What it holds, and what became of it.
    pub counts: Counts,
    /// What a reader should know of the table before any number.
    pub notes: Vec<String>,
    /// The settings, each judged by itself.
    pub sweeps: Vec<JudgedSweep>,
    /// What is minimised, in words.
    #[serde(skip)]
    pub score: String,
    /// The tolerance of the basin.
    pub basin: f64,
    /// The bound of Z_B.
    pub bound: f64,
}

/// One setting of a table.
#[derive(Clone, Debug, Serialize)]
pub struct JudgedSweep {
    /// The columns that set it apart, with their values.
    pub setting: BTreeMap<String, String>,
    /// The summary, as `summary.json` of our own sweeps has it.
    #[serde(flatten)]
    pub summary: Summary,
    /// The tests of the exponents, by init.
    pub tests: BTreeMap<Init, InitTests>,
    #[serde(skip)]
    pub(crate) sweep: Sweep,
}

/// The tests of one init.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InitTests {
    /// Of the best learning rate.
    pub eta_opt: FitTest,
    /// Of the largest stable learning rate; null where the table has no Z_B.
    pub eta_stable: Option<FitTest>,
}

impl JudgedSweep {
    /// The runs.
    pub fn runs(&self) -> &[RunRow] {
        &self.sweep.runs
    }

    /// Whether the largest stable learning rate was looked for.
    pub(crate) fn has_stable(&self) -> bool {
        self.tests.values().any(|tests| tests.eta_stable.is_some())
    }
}

/// Why nothing is predicted of a table without a setting.
const NO_SETTING: &str = "no setting was stated";

/// Why nothing is measured of Z_B.
const NO_ZB: &str = "the table has no Z_B";

/// Judges a table: every setting in it by itself, with the functions that summarise our own sweeps.
///
/// # Errors
/// [`JudgeError::Table`] for a table that lacks a column, for a cell that is not what it must be, and for a
/// table without a finished run.
pub fn judge(table: &Table, asked: &Asked) -> Result<Judged, JudgeError> {
    let needed = [Role::Width, Role::Lr, Role::Loss];
    let columns = Columns::of(table, &asked.names, &needed)?;
    let name = columns.get(Role::Loss).map_or("", |at| table.columns[at].as_str());
    let best = asked.better.best(is_accuracy(name));
    let init = asked.init.unwrap_or(Init::A);
    let reader = Reader::new(table, &columns, &asked.by, init, best)?;
    let mut notes = first_notes(&columns, asked, name, best);
    let (rows, unfinished) = read(table, &reader, &mut notes)?;
    let runs = Runs::of(rows);
    notes.extend(runs.notes);
    if runs.counts.replaced > 0 {
        notes.extend(set_apart(table, &columns, &reader));
    }
    let counts = Counts { rows: table.len(), unfinished, ..runs.counts };
    notes.extend(diverged(&runs.runs));
    let sweeps = Sweep::all(runs.runs);
    notes.extend(settings(&sweeps));
    let bound = columns.get(Role::PeakZb).map(|_| asked.bound);
    let sweeps = sweeps.into_iter().map(|sweep| one(sweep, table, asked, bound)).collect();
    Ok(Judged {
        schema: 1,
        table: table.name.clone(),
        columns: columns.read_as().to_vec(),
        counts,
        notes,
        sweeps,
        score: best.map_or(name.to_owned(), |best| format!("{best} − {name}")),
        basin: asked.basin,
        bound: asked.bound,
    })
}

/// The columns that may set runs apart which are taken for one: not read, and with several values that repeat.
fn set_apart(table: &Table, columns: &Columns, reader: &Reader) -> Option<String> {
    let read = |at: &usize| {
        let used = columns.read_as().iter().any(|read| read.column == table.columns[*at]);
        used || reader.by.contains(at)
    };
    let several = |at: &usize| {
        let values: BTreeSet<&str> = table.rows.iter().map(|row| row.cells[*at].as_str()).collect();
        (2..=MOST_SETTINGS).contains(&values.len()) && 2 * values.len() <= table.len()
    };
    let all = (0..table.columns.len()).filter(|at| !read(at)).filter(several);
    let names: Vec<&str> = all.map(|at| table.columns[at].as_str()).collect();
    let one = if names.len() == 1 { "this column sets" } else { "one of these columns sets" };
    (!names.is_empty())
        .then(|| format!("if {one} runs apart, judge its values separately: {}", names.join(", ")))
}

/// A column with more values than this names runs, and no settings.
const MOST_SETTINGS: usize = 20;

/// The finished rows, and the number of the others.
fn read(
    table: &Table,
    reader: &Reader,
    notes: &mut Vec<String>,
) -> Result<(Vec<Measurement>, usize), JudgeError> {
    let (mut rows, mut unfinished) = (Vec::new(), BTreeMap::<String, Seen>::new());
    for row in &table.rows {
        match reader.unfinished(row) {
            Some(state) => unfinished.entry(state).or_default().add(row.place),
            None => rows.push(reader.run(row)?),
        }
    }
    if rows.is_empty() {
        return Err(table.fault(TableFault::NothingFinished));
    }
    for (state, seen) in &unfinished {
        let are = if seen.count == 1 { "is" } else { "are" };
        notes.push(format!("{} {are} {state:?} and left out", seen.words("run")));
    }
    Ok((rows, unfinished.values().map(|seen| seen.count).sum()))
}

/// How the table was understood, where that is not plain.
fn first_notes(columns: &Columns, asked: &Asked, loss: &str, best: Option<f64>) -> Vec<String> {
    let mut notes = Vec::new();
    for read in columns.read_as().iter().filter(|read| !read.instead_of.is_empty()) {
        let others = read.instead_of.join(", ");
        notes.push(format!("{} is read as {}, not {others}", read.column, read.holds));
    }
    if let Some(best) = best {
        notes.push(format!("higher values of {loss} are better: the score is {best} − {loss}"));
    }
    if columns.get(Role::Init).is_none() && asked.init.is_none() {
        notes.push(format!(
            "there is no column of inits: every run counts as {}, which is PEFT's default",
            Init::A
        ));
    }
    notes
}

fn diverged(runs: &[Measurement]) -> Option<String> {
    let mut seen = Seen::default();
    runs.iter().filter(|run| run.diverged.is_some()).for_each(|run| seen.add(run.place));
    (seen.count > 0)
        .then(|| format!("{} diverged: no finite loss, and so in no optimum", seen.words("run")))
}

fn settings(sweeps: &[Sweep]) -> Option<String> {
    let names: Vec<String> = sweeps.iter().map(Sweep::name).collect();
    (sweeps.len() > 1)
        .then(|| format!("{} settings are judged separately: {}", sweeps.len(), names.join("; ")))
}

/// The judgement of one setting.
fn one(sweep: Sweep, table: &Table, asked: &Asked, bound: Option<f64>) -> JudgedSweep {
    let readings = sweep.readings((asked.basin, bound));
    let (mut inits, mut tests) = (BTreeMap::new(), BTreeMap::new());
    for (&init, Extent { widths, seeds }) in &sweep.inits {
        let measured = Measured { widths, seeds, readings: &readings };
        let of = predictions(asked, init, bound);
        let mut summary = measured.summary(init, [&of.eta_opt, &of.eta_stable]);
        let test = |by_seed: &[Vec<Option<f64>>], predicted: &Predicted| {
            FitTest::of(widths, by_seed, predicted.exponent())
        };
        let eta_stable = bound.map(|_| test(&measured.eta_stable(init), &of.eta_stable));
        if bound.is_none() {
            // What was not measured has no width that it was not bracketed at.
            summary.eta_stable.excluded_widths.clear();
        }
        tests.insert(
            init,
            InitTests { eta_opt: test(&measured.eta_opt(init), &of.eta_opt), eta_stable },
        );
        inits.insert(init, summary);
    }
    let mut warnings = edges(&readings);
    warnings.extend(missing(&sweep, &readings));
    warnings.extend(not_positive(&readings));
    warnings.extend(fit_warnings(&inits));
    if sweep.inits.values().any(|extent| extent.seeds.len() == 1) {
        warnings.push(ONE_SEED.to_owned());
    }
    let name = sweep.name();
    let title = if name.is_empty() { "all runs".to_owned() } else { name };
    let widths: BTreeSet<usize> =
        sweep.inits.values().flat_map(|extent| &extent.widths).copied().collect();
    let widths: Vec<usize> = widths.into_iter().collect();
    let mut statements = statements(&readings, &widths);
    // Tables need not hold what a statement is about.
    statements.retain(|of| of.ratio.is_some());
    let summary = Summary {
        schema: 1,
        experiment: table.name.clone(),
        title,
        quick: false,
        level: DEFAULT_LEVEL,
        inits,
        statements,
        warnings,
    };
    JudgedSweep { setting: sweep.label.iter().cloned().collect(), summary, tests, sweep }
}

fn predictions(asked: &Asked, init: Init, bound: Option<f64>) -> InitPredictions {
    let nothing = || Predicted::nothing(NO_SETTING);
    let stated = asked.setting.clone().map(|setting| Setting { init: init.into(), ..setting });
    let mut of = stated.map_or_else(
        || InitPredictions { eta_opt: nothing(), eta_stable: nothing() },
        |setting| InitPredictions::in_setting(&setting),
    );
    if bound.is_none() {
        of.eta_stable = Predicted::nothing(NO_ZB);
    }
    of
}

//! The judgement of a table: a summary for each setting, as our own sweeps have one, and its verdicts.

use std::collections::{BTreeMap, BTreeSet};

use lora_analysis::analysis::{Measured, ONE_SEED, fit_warnings};
use lora_analysis::conclusion::conclusion;
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
use crate::finished::Finished;
use crate::fit_test::FitTest;
use crate::gaps::{between_samples, edges, missing, not_positive};
use crate::history::check_rates;
use crate::measurement::{Label, Measurement, Reader};
use crate::names::{ColumnNames, Role, is_accuracy};
use crate::notes::{choices, direction, diverged, set_apart, settings};
use crate::origin::plain;
use crate::repeats::{Counts, Runs};
use crate::score::Better;
use crate::sweep::{Extent, Sweep};
use crate::table::Table;

/// What is asked of a table.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Columns that were named.
    pub names: ColumnNames,
    /// Columns that say nothing.
    pub ignored: Vec<String>,
    /// Further columns whose values are judged separately.
    pub by: Vec<String>,
    /// Which losses are better.
    pub better: Better,
    /// The init of runs in a table without a column of inits; it is refused beside one.
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
            ignored: Vec::new(),
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
    /// Whether the table has no column of inits.
    #[serde(skip)]
    untold: bool,
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

    /// The conclusion in words. Of a table without inits it does not say that one init alone was trained.
    pub fn conclusion(&self) -> String {
        let text = conclusion(&self.summary);
        match self.summary.inits.keys().next() {
            Some(init) if self.untold => text.replacen(
                &format!("{init} alone was trained"),
                &format!("Every run counts as {init}"),
                1,
            ),
            _ => text,
        }
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
/// [`JudgeError::Table`] for a table that lacks a column, for a cell that is not what it must be, for a table
/// without a finished run, for learning rates of a schedule, for runs that cannot be told apart, and for too many
/// settings.
pub fn judge(table: &Table, asked: &Asked) -> Result<Judged, JudgeError> {
    judge_until(table, asked, &|| false)
}

/// The same, but `stop` is asked before each setting whether to leave off.
///
/// # Errors
/// As [`judge`], and [`JudgeError::Stopped`].
pub fn judge_until(
    table: &Table,
    asked: &Asked,
    stop: &dyn Fn() -> bool,
) -> Result<Judged, JudgeError> {
    let needed = [Role::Width, Role::Lr, Role::Loss];
    let columns = Columns::of(table, &asked.names, &asked.ignored, &needed)?;
    let name = |role| columns.get(role).map_or("", |at: usize| table.columns[at].as_str());
    let loss = name(Role::Loss);
    let best = asked.better.best(is_accuracy(loss));
    let reader = Reader::new(table, &columns, &asked.by, asked.init, best)?;
    let mut notes = choices(&columns, asked.init, |_| true);
    // A score that nobody named is that of our own tables.
    let own = plain(loss) == "score" && !asked.names.contains_key(&Role::Loss);
    notes.extend(direction(loss, own, asked.better, best));
    let Finished { rows, unfinished, unlabelled, notes: left_out } = Finished::of(table, &reader)?;
    notes.extend(left_out);
    let rows: Result<Vec<Measurement>, _> =
        rows.into_iter().map(|(at, row)| reader.run(at, row)).collect();
    let rows = rows?;
    check_rates(table, &rows, name(Role::Lr))?;
    check_settings(table, &rows)?;
    let runs = Runs::of(table, rows)?;
    notes.extend(runs.notes);
    if runs.alike {
        notes.extend(set_apart(table, &columns, &reader));
    }
    let counts = Counts { rows: table.len(), unfinished, unlabelled, ..runs.counts };
    notes.extend(diverged(&runs.runs, table, &columns));
    let mut sweeps = Sweep::all(runs.runs);
    notes.extend(settings(&sweeps));
    notes.extend(sweeps.iter_mut().flat_map(Sweep::leave_out_seeds));
    let bound = columns.get(Role::PeakZb).map(|_| asked.bound);
    let untold = columns.get(Role::Init).is_none();
    let of = sweeps.len();
    let judged = |(done, sweep)| match stop() {
        true => Err(JudgeError::Stopped { done, of }),
        false => Ok(one(sweep, table, asked, bound, untold)),
    };
    let sweeps: Result<Vec<_>, _> = sweeps.into_iter().enumerate().map(judged).collect();
    let sweeps = sweeps?;
    Ok(Judged {
        schema: 1,
        table: table.name.clone(),
        columns: columns.read_as().to_vec(),
        counts,
        notes,
        sweeps,
        score: best.map_or(loss.to_owned(), |best| format!("{best} − {loss}")),
        basin: asked.basin,
        bound: asked.bound,
    })
}

/// More settings than this are a column that was not meant to set any apart.
const MOST_SETTINGS: usize = 100;

fn check_settings(table: &Table, rows: &[Measurement]) -> Result<(), JudgeError> {
    let labels: BTreeSet<&Label> = rows.iter().map(|row| &row.label).collect();
    if labels.len() <= MOST_SETTINGS {
        return Ok(());
    }
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (column, value) in labels.iter().copied().flatten() {
        values.entry(column).or_default().insert(value);
    }
    let most = values.iter().max_by_key(|(_, values)| values.len());
    let column = most.map_or(String::new(), |(column, _)| (*column).to_owned());
    let count = labels.len();
    Err(table.fault(TableFault::TooManySettings { column, count, most: MOST_SETTINGS }))
}

/// The judgement of one setting.
fn one(
    sweep: Sweep,
    table: &Table,
    asked: &Asked,
    bound: Option<f64>,
    untold: bool,
) -> JudgedSweep {
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
    warnings.extend(between_samples(&readings));
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
        coordinates: None,
        limit: None,
        warnings,
    };
    let setting = sweep.label.iter().cloned().collect();
    JudgedSweep { setting, summary, tests, sweep, untold }
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

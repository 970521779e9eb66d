//! From cells to measured runs.

use lora_types::{Init, Width};

use crate::columns::{Columns, position};
use crate::error::{JudgeError, TableFault};
use crate::names::Role;
use crate::origin::plain;
use crate::place::Place;
use crate::table::{Row, Table, Value, is_missing};

/// What sets runs apart that are not judged together: columns with their values.
pub(crate) type Label = Vec<(String, String)>;

/// The other numbers of a run, which are `NaN` where a table lacks them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Others {
    pub(crate) first_loss: f64,
    pub(crate) test_loss: f64,
    pub(crate) za_rms: f64,
    pub(crate) zb_rms: f64,
    pub(crate) za_norm: f64,
    pub(crate) zb_norm: f64,
}

/// A row that was understood.
#[derive(Clone, Debug)]
pub(crate) struct Measurement {
    /// Where it stands among the rows of the table, from 0.
    pub(crate) at: usize,
    pub(crate) place: Place,
    pub(crate) label: Label,
    pub(crate) init: Init,
    pub(crate) width: usize,
    /// None without a column of seeds.
    pub(crate) seed: Option<u64>,
    /// What tells the run from others; none where the table does not say.
    pub(crate) run: Option<String>,
    pub(crate) lr: f64,
    /// The bits of its step, which are ordered as the steps are. Epochs may have fractions.
    pub(crate) step: Option<u64>,
    /// What is minimised; none for a run that diverged.
    pub(crate) score: Option<f64>,
    /// Whether the table itself says that the run diverged, or has no finite loss.
    pub(crate) diverged: Option<usize>,
    /// Whether the table itself says so.
    pub(crate) marked: bool,
    /// Whether the row says anything of the loss. A history may have rows that do not.
    pub(crate) logged: bool,
    pub(crate) peak_zb: Option<f64>,
    /// Whether Z_B was written as NaN or infinite.
    pub(crate) zb_left: bool,
    pub(crate) others: Others,
}

/// How rows are understood.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) table: &'a Table,
    pub(crate) columns: &'a Columns,
    /// Columns whose values are judged separately.
    pub(crate) by: Vec<usize>,
    /// The init of every run of a table without a column of inits.
    pub(crate) init: Init,
    /// The best value of the column of losses, if higher ones are better.
    pub(crate) best: Option<f64>,
}

impl<'a> Reader<'a> {
    /// With the columns `by` besides rank and module, whose values set runs apart.
    pub(crate) fn new(
        table: &'a Table,
        columns: &'a Columns,
        by: &[String],
        init: Option<Init>,
        best: Option<f64>,
    ) -> Result<Self, JudgeError> {
        if let Some(column) = columns.get(Role::Init).filter(|_| init.is_some()) {
            let column = table.columns[column].clone();
            return Err(table.fault(TableFault::InitTwice { column }));
        }
        let known = [Role::Rank, Role::Module].into_iter().filter_map(|role| columns.get(role));
        let mut all: Vec<usize> = known.collect();
        for name in by {
            let at = position(table, name)?;
            if !all.contains(&at) {
                all.push(at);
            }
        }
        Ok(Self { table, columns, by: all, init: init.unwrap_or(Init::A), best })
    }

    /// The row `at` as a run.
    pub(crate) fn run(&self, at: usize, row: &Row) -> Result<Measurement, JudgeError> {
        let value = |role| self.columns.value(self.table, row, role);
        let (score, diverged, peak) = (self.score(row)?, self.diverged(row)?, value(Role::PeakZb)?);
        let other = |role| Ok::<f64, JudgeError>(value(role)?.number().unwrap_or(f64::NAN));
        Ok(Measurement {
            at,
            place: row.place,
            label: self.label(row),
            init: self.init(row)?,
            width: self.width(row)?,
            seed: self.whole(row, Role::Seed)?,
            run: self.run_of(row),
            lr: self.lr(row)?,
            step: self.moment(row)?,
            score: score.filter(|_| diverged.is_none()),
            diverged: diverged.or(if score.is_none() { Some(0) } else { None }),
            marked: diverged.is_some(),
            logged: diverged.is_some() || value(Role::Loss)? != Value::Missing,
            peak_zb: peak.number(),
            zb_left: peak == Value::NotFinite,
            others: Others {
                first_loss: other(Role::FirstLoss)?,
                test_loss: other(Role::TestLoss)?,
                za_rms: other(Role::ZaRms)?,
                zb_rms: other(Role::ZbRms)?,
                za_norm: other(Role::ZaNorm)?,
                zb_norm: other(Role::ZbNorm)?,
            },
        })
    }

    fn moment(&self, row: &Row) -> Result<Option<u64>, JudgeError> {
        let Some(column) = self.columns.get(Role::Step) else { return Ok(None) };
        let wrong = || self.table.bad(row, column, "a number of at least 0");
        match self.table.value(row, column).map_err(|_| wrong())? {
            Value::Missing => Ok(None),
            // A sum with 0 has no sign where it is 0.
            Value::Number(step) if step >= 0.0 => Ok(Some((step + 0.0).to_bits())),
            _ => Err(wrong()),
        }
    }

    fn run_of(&self, row: &Row) -> Option<String> {
        let cell = row.cells[self.columns.get(Role::Run)?].trim();
        (!is_missing(cell)).then(|| cell.to_owned())
    }

    /// Whether a row says neither of what width nor of what learning rate it is.
    pub(crate) fn is_unlabelled(&self, row: &Row) -> bool {
        let missing = |role| self.columns.get(role).is_none_or(|at| is_missing(&row.cells[at]));
        missing(Role::Width) && missing(Role::Lr)
    }

    /// Whether a row is of an infinite width, as our own `runs.csv` has them.
    pub(crate) fn is_of_limit(&self, row: &Row) -> bool {
        let cell = self.columns.get(Role::Width).map(|at| row.cells[at].trim());
        cell.is_some_and(|cell| cell.parse() == Ok(Width::Infinite))
    }

    /// The state of a row, if it says that the run has not finished.
    pub(crate) fn unfinished(&self, row: &Row) -> Option<String> {
        let state = row.cells[self.columns.get(Role::State)?].to_lowercase();
        UNFINISHED.contains(&state.as_str()).then_some(state)
    }

    pub(crate) fn label(&self, row: &Row) -> Label {
        let of = |&at: &usize| (self.table.columns[at].clone(), row.cells[at].clone());
        self.by.iter().map(of).collect()
    }

    pub(crate) fn init(&self, row: &Row) -> Result<Init, JudgeError> {
        let Some(column) = self.columns.get(Role::Init) else { return Ok(self.init) };
        let cell = &row.cells[column];
        // PEFT's default, a random A, is called so.
        if cell.eq_ignore_ascii_case("true") || cell.eq_ignore_ascii_case("gaussian") {
            return Ok(Init::A);
        }
        let found = Init::ALL.into_iter().find(|init| {
            cell.eq_ignore_ascii_case(init.key()) || cell.eq_ignore_ascii_case(init.label())
        });
        found.ok_or_else(|| self.table.bad(row, column, INITS))
    }

    pub(crate) fn width(&self, row: &Row) -> Result<usize, JudgeError> {
        let width = self.whole_of(row, Role::Width, 1)?.unwrap_or(1);
        Ok(usize::try_from(width).unwrap_or(usize::MAX))
    }

    pub(crate) fn whole(&self, row: &Row, role: Role) -> Result<Option<u64>, JudgeError> {
        self.whole_of(row, role, 0)
    }

    fn whole_of(&self, row: &Row, role: Role, least: u64) -> Result<Option<u64>, JudgeError> {
        let column = self.columns.get(role);
        column.map(|column| self.table.whole(row, column, least)).transpose()
    }

    pub(crate) fn lr(&self, row: &Row) -> Result<f64, JudgeError> {
        let Some(column) = self.columns.get(Role::Lr) else { return Ok(f64::NAN) };
        let number = self.table.number(row, column).ok().flatten();
        // A smaller one has no exact logarithm, and nobody trains at it.
        let lr = number.filter(|lr| lr.is_normal() && *lr > 0.0);
        lr.ok_or_else(|| self.table.bad(row, column, "a finite number above 0"))
    }

    fn score(&self, row: &Row) -> Result<Option<f64>, JudgeError> {
        let Some(column) = self.columns.get(Role::Loss) else { return Ok(None) };
        let value = self.table.number(row, column)?;
        match (value, self.best) {
            (Some(value), Some(best)) if value > best => {
                let must = format!("at most {best}, which is the best value of this column");
                Err(self.table.bad(row, column, must))
            }
            (Some(value), Some(best)) => Ok(Some(best - value)),
            (value, _) => Ok(value),
        }
    }

    fn diverged(&self, row: &Row) -> Result<Option<usize>, JudgeError> {
        let Some(column) = self.columns.get(Role::Diverged) else { return Ok(None) };
        let cell = row.cells[column].trim().to_lowercase();
        if plain(&self.table.columns[column]).ends_with("diverged") {
            return match cell.as_str() {
                "true" | "yes" | "1" | "1.0" => Ok(Some(0)),
                "false" | "no" | "0" | "0.0" => Ok(None),
                other if is_missing(other) => Ok(None),
                _ => Err(self.table.bad(row, column, DIVERGED)),
            };
        }
        if is_missing(&cell) {
            return Ok(None);
        }
        let step = self.table.whole(row, column, 0);
        let step = step.map_err(|_| self.table.bad(row, column, DIVERGED_AT))?;
        Ok(Some(usize::try_from(step).unwrap_or(usize::MAX)))
    }
}

/// What a column that says whether runs diverged may hold.
const DIVERGED: &str =
    "1, true or yes for a run that diverged, and 0, false, no or empty for one that did not";

/// What a column of steps of divergence may hold.
const DIVERGED_AT: &str = "the step at which the run diverged, or empty for a run that did not";

/// What an init may be.
const INITS: &str = "A (A random, B = 0), B (B random, A = 0) or AB";

/// What trackers call a run that has not finished.
const UNFINISHED: [&str; 8] =
    ["crashed", "failed", "killed", "pending", "preempted", "preempting", "running", "scheduled"];

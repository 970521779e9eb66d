//! The coordinate check: sizes of features against width at each training step, as users of muP know it.

use std::collections::{BTreeMap, BTreeSet};

use lora_analysis::analysis::exponent_summary;
use lora_analysis::summary::ExponentSummary;
use lora_theory::{Rational, Setting};
use lora_types::Init;
use serde::Serialize;

use crate::columns::{Columns, ReadAs, position};
use crate::coordinate_rates::Rates;
use crate::coordinate_sizes::is_size;
use crate::coordinate_theory::Theory;
use crate::error::{JudgeError, TableFault};
use crate::finished::Finished;
use crate::fit_test::FitTest;
use crate::measurement::{Label, Reader};
use crate::names::{ColumnNames, Role};
use crate::notes::choices;
use crate::origin::plain;
use crate::seen::Seen;
use crate::sweep::numbers;
use crate::table::{Row, Table};

/// What is asked of a coordinate check.
#[derive(Clone, Debug, Default)]
pub struct CheckAsked {
    /// Columns that were named.
    pub names: ColumnNames,
    /// Columns that say nothing.
    pub ignored: Vec<String>,
    /// Columns of sizes; those with a known name if there are none.
    pub sizes: Vec<String>,
    /// Further columns whose values are checked separately.
    pub by: Vec<String>,
    /// The init of a table without a column of inits; it is refused beside one.
    pub init: Option<Init>,
    /// The setting whose predictions are compared; its init is that of the rows.
    pub setting: Option<Setting>,
    /// γ of the learning rate η = Θ(n^γ): rows with one c in η = c n^γ are checked together. If it is absent, every
    /// learning rate is checked separately where a width has several. It is then 0, as for one learning rate in all;
    /// else nothing is predicted.
    pub gamma: Option<Rational>,
}

/// A table that was checked.
#[derive(Clone, Debug, Serialize)]
pub struct CoordinateCheck {
    /// Version of this schema.
    pub schema: u32,
    /// The table's name.
    pub table: String,
    /// How its columns were understood.
    pub columns: Vec<ReadAs>,
    /// What a reader should know of the table before any number.
    pub notes: Vec<String>,
    /// A row for each setting, init, size and step.
    pub rows: Vec<CoordinateRow>,
}

/// How a size goes with the width at one step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CoordinateRow {
    /// The columns that set the rows apart, with their values.
    pub setting: BTreeMap<String, String>,
    /// The initialisation.
    pub init: Init,
    /// The column of the size.
    pub size: String,
    /// Updates made so far; null in a table without steps.
    pub step: Option<u64>,
    /// Its exponent, beside the prediction.
    pub fit: ExponentSummary,
    /// The test of the exponent.
    pub test: FitTest,
}

/// What is read besides sizes.
const USED: [&str; 7] = ["width", "lr", "init", "seed", "rank", "step", "module"];

/// Where a row belongs.
type Group = (Label, Init, usize, Option<u64>);

/// Fits the exponent of every size in the width, at each step.
///
/// Exponents, intervals and tests are those of [`judge`](crate::judge). Of several rows of one width, seed
/// and step the last one counts; without a column of seeds they are numbered. A width at which some seed has no
/// positive size is not in the fit.
///
/// # Errors
/// [`JudgeError::Table`] for a table without widths or sizes, for a cell that is not what it must be, and for a table
/// without a finished run.
pub fn check(table: &Table, asked: &CheckAsked) -> Result<CoordinateCheck, JudgeError> {
    let columns = Columns::of(table, &asked.names, &asked.ignored, &[Role::Width])?;
    let sizes = sizes(table, &columns, asked)?;
    let reader = Reader::new(table, &columns, &asked.by, asked.init, None)?;
    let mut notes = choices(&columns, asked.init, |of| USED.contains(&of));
    let Finished { rows, notes: left_out, .. } = Finished::of(table, &reader)?;
    notes.extend(left_out);
    let rates = Rates::of(table, &columns, &reader, &rows, asked.gamma)?;
    notes.extend(rates.note.clone());
    let first_step = first_step(table, &columns, &reader, &rows)?;
    if first_step > 0 {
        notes.push(
            "the column t of muP's coordinate check is 1 before the first update: the step is t − 1".to_owned(),
        );
    }
    let values = Values::of(table, &reader, &sizes, &rates, &rows, first_step)?;
    notes.extend(values.notes());
    let theory = Theory { setting: asked.setting.as_ref(), gamma: rates.gamma };
    let mut groups: Vec<(Group, BySeed)> = values.groups.into_iter().collect();
    // Numbers are ordered as numbers.
    groups.sort_by(|(one, _), (other, _)| numbers(&one.0).total_order(&numbers(&other.0)));
    let rows: Vec<CoordinateRow> = groups
        .into_iter()
        .map(|(group, values)| row(&table.columns[group.2], group, &values, &theory))
        .collect();
    notes.extend(excluded(&rows));
    let used = columns.read_as().iter().filter(|read| USED.contains(&read.holds));
    Ok(CoordinateCheck {
        schema: 1,
        table: table.name.clone(),
        columns: used.cloned().collect(),
        notes,
        rows,
    })
}

/// The columns of sizes.
fn sizes(table: &Table, columns: &Columns, asked: &CheckAsked) -> Result<Vec<usize>, JudgeError> {
    if !asked.sizes.is_empty() {
        return asked.sizes.iter().map(|name| position(table, name)).collect();
    }
    let used = [Role::Width, Role::Lr, Role::Step, Role::Seed].map(|role| columns.get(role));
    let all = (0..table.columns.len()).filter(|&at| is_size(&table.columns[at]));
    let found: Vec<usize> =
        all.filter(|&at| !used.contains(&Some(at)) && !columns.ignores(at)).collect();
    if found.is_empty() {
        return Err(table.fault(TableFault::NoSizes { columns: table.all_columns() }));
    }
    Ok(found)
}

/// The number of the step before the first update: muP's own coordinate check, which has modules and a column `t`,
/// counts from 1.
fn first_step(
    table: &Table,
    columns: &Columns,
    reader: &Reader,
    rows: &[(usize, &Row)],
) -> Result<u64, JudgeError> {
    let named_t = columns.get(Role::Step).is_some_and(|at| plain(&table.columns[at]) == "t");
    if !named_t || columns.get(Role::Module).is_none() {
        return Ok(0);
    }
    let mut least = u64::MAX;
    for (_, row) in rows {
        least = least.min(reader.whole(row, Role::Step)?.unwrap_or_default());
    }
    Ok(u64::from(least == 1))
}

/// By width and seed.
type BySeed = BTreeMap<(usize, u64), Option<f64>>;

/// The values of every group, and what became of rows that are too many.
#[derive(Default)]
struct Values {
    groups: BTreeMap<Group, BySeed>,
    replaced: usize,
    identical: Seen,
    /// The most seeds that rows were numbered to; none in a table with seeds.
    numbered: Option<u64>,
}

impl Values {
    fn of(
        table: &Table,
        reader: &Reader,
        sizes: &[usize],
        rates: &Rates,
        rows: &[(usize, &Row)],
        first_step: u64,
    ) -> Result<Self, JudgeError> {
        let mut found = Self::default();
        let mut known = BTreeSet::<&[String]>::new();
        let mut next = BTreeMap::<(Label, Init, usize, Option<u64>), u64>::new();
        for &(at, row) in rows {
            let (mut label, init) = (reader.label(row), reader.init(row)?);
            label.extend(rates.labels.get(&at).cloned());
            let (width, seed) = (reader.width(row)?, reader.whole(row, Role::Seed)?);
            let step = reader.whole(row, Role::Step)?.map(|step| step.saturating_sub(first_step));
            let seed = match seed {
                Some(seed) => seed,
                None if !known.insert(&row.cells) => {
                    found.identical.add(row.place);
                    continue;
                }
                None => {
                    let seed = next.entry((label.clone(), init, width, step)).or_default();
                    *seed += 1;
                    found.numbered = found.numbered.max(Some(*seed));
                    *seed
                }
            };
            let mut again = false;
            for &size in sizes {
                let value = table.number(row, size)?.filter(|value| *value > 0.0);
                let group = found.groups.entry((label.clone(), init, size, step)).or_default();
                again |= group.insert((width, seed), value).is_some();
            }
            found.replaced += usize::from(again);
        }
        Ok(found)
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if let Some(most) = self.numbered.filter(|most| *most > 1) {
            notes.push(format!(
                "there is no column of seeds: the k-th row at a width and a step counts as seed k, which gives up \
                 to {most} seeds"
            ));
        }
        if self.identical.count > 0 {
            let verb = if self.identical.count == 1 { "repeats" } else { "repeat" };
            notes.push(format!(
                "{} {verb} every cell of another row, and what is said twice counts once",
                self.identical.words("row")
            ));
        }
        if self.replaced > 0 {
            notes.push(format!(
                "{} rows have a later row of the same width, seed and step, which counts instead",
                self.replaced
            ));
        }
        notes
    }
}

/// At which widths some seed has no positive size, which are in no fit.
fn excluded(rows: &[CoordinateRow]) -> Vec<String> {
    let mut steps: Vec<(String, &[usize], Vec<String>)> = Vec::new();
    for row in rows.iter().filter(|row| !row.fit.excluded_widths.is_empty()) {
        let setting = row.setting.iter().map(|(column, value)| format!(", {column} {value}"));
        let of = format!("{}{}, {}", row.init, setting.collect::<String>(), row.size);
        let widths = row.fit.excluded_widths.as_slice();
        let step = row.step.map(|step| step.to_string());
        match steps.iter_mut().find(|(name, at, _)| *name == of && *at == widths) {
            Some((.., steps)) => steps.extend(step),
            None => steps.push((of, widths, step.into_iter().collect())),
        }
    }
    let left_out = steps.len().saturating_sub(MOST_EXCLUDED);
    let mut said: Vec<String> = steps.into_iter().take(MOST_EXCLUDED).map(said_of_widths).collect();
    if left_out > 0 {
        said.push(format!("{left_out} more sizes have widths that are in no fit"));
    }
    said
}

/// More notes on widths are not read.
const MOST_EXCLUDED: usize = 20;

fn said_of_widths((of, widths, steps): (String, &[usize], Vec<String>)) -> String {
    let widths = widths.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
    let at = match steps.as_slice() {
        [] => String::new(),
        [step] => format!(" at step {step}"),
        steps => format!(" at steps {}", steps.join(", ")),
    };
    format!("{of}{at}: the fit leaves out n = {widths}, where some seed has no positive size")
}

fn row(name: &str, group: Group, values: &BySeed, theory: &Theory) -> CoordinateRow {
    let (label, init, _, step) = group;
    let widths: BTreeSet<usize> = values.keys().map(|&(width, _)| width).collect();
    let seeds: BTreeSet<u64> = values.keys().map(|&(_, seed)| seed).collect();
    let widths: Vec<usize> = widths.into_iter().collect();
    let at = |width: usize, seed: u64| values.get(&(width, seed)).copied().flatten();
    let by_seed: Vec<Vec<Option<f64>>> =
        seeds.iter().map(|&seed| widths.iter().map(|&n| at(n, seed)).collect()).collect();
    let predicted = theory.of(name, init, step);
    CoordinateRow {
        setting: label.into_iter().collect(),
        init,
        size: name.to_owned(),
        step,
        fit: exponent_summary(&widths, &by_seed, &predicted),
        test: FitTest::of(&widths, &by_seed, predicted.exponent()),
    }
}

//! The coordinate check: sizes of features against width at each training step, as users of muP know it.

use std::collections::{BTreeMap, BTreeSet};

use lora_analysis::analysis::exponent_summary;
use lora_analysis::summary::ExponentSummary;
use lora_experiment::prediction::Predicted;
use lora_theory::{Analysis, DEFAULT_STEPS, OptimizerKind, Rational, Setting, analyse};
use lora_types::Init;
use serde::Serialize;

use crate::columns::{Columns, ReadAs, position};
use crate::error::{JudgeError, TableFault};
use crate::fit_test::FitTest;
use crate::measurement::Reader;
use crate::names::{ColumnNames, Role, plain};
use crate::table::Table;

/// What is asked of a coordinate check.
#[derive(Clone, Debug, Default)]
pub struct CheckAsked {
    /// Columns that were named.
    pub names: ColumnNames,
    /// Columns of sizes; those with a known name if there are none.
    pub sizes: Vec<String>,
    /// Further columns whose values are checked separately.
    pub by: Vec<String>,
    /// The init of a table without a column of inits.
    pub init: Option<Init>,
    /// The setting whose predictions are compared; its init is that of the rows.
    pub setting: Option<Setting>,
    /// γ of the learning rate η = Θ(n^γ). If it is absent, it is 0 for a table with one learning rate, and
    /// nothing is predicted of a table with several.
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

/// Sizes with a known name, as [`plain`] writes them, and what the theory calls them.
const SIZES: [(&str, &str); 17] = [
    ("za", "Z_A"),
    ("z_a", "Z_A"),
    ("za_rms", "Z_A"),
    ("zb", "Z_B"),
    ("z_b", "Z_B"),
    ("zb_rms", "Z_B"),
    ("delta1", "δ1"),
    ("delta1_rms", "δ1"),
    ("delta2", "δ2"),
    ("delta2_rms", "δ2"),
    ("delta3", "δ3"),
    ("delta3_rms", "δ3"),
    ("delta_zb", "ΔZ_B"),
    ("delta_f", "Δf"),
    ("output_change", "Δf"),
    ("l1", ""),
    ("l2", ""),
];

/// What is read besides sizes.
const USED: [&str; 7] = ["width", "lr", "init", "seed", "rank", "step", "module"];

/// Where a row belongs, and the learning rate's place if it sets rows apart.
type Group = (Vec<(String, String)>, Init, usize, Option<u64>);

/// Fits the exponent of every size in the width, at each step.
///
/// Exponents, intervals and tests are those of [`judge`](crate::judge). Of several rows of one width, seed
/// and step the last one counts. A width at which some seed has no positive size is not in the fit.
///
/// # Errors
/// [`JudgeError::Table`] for a table without widths or sizes, and for a cell that is not what it must be.
pub fn check(table: &Table, asked: &CheckAsked) -> Result<CoordinateCheck, JudgeError> {
    let columns = Columns::of(table, &asked.names, &[Role::Width])?;
    let sizes = sizes(table, &columns, asked)?;
    let by_lr = several_rates(table, &columns);
    let mut by = asked.by.clone();
    by.extend(by_lr.map(|at| table.columns[at].clone()));
    let init = asked.init.unwrap_or(Init::A);
    let reader = Reader::new(table, &columns, &by, init, None)?;
    let (values, replaced) = values(table, &reader, &sizes)?;
    let mut notes = Vec::new();
    if columns.get(Role::Init).is_none() && asked.init.is_none() {
        notes.push(format!(
            "there is no column of inits: every row counts as {}, which is PEFT's default",
            Init::A
        ));
    }
    if by_lr.is_some() {
        notes.push("every learning rate is checked separately".to_owned());
    }
    if replaced > 0 {
        notes.push(format!(
            "{replaced} rows have a later row of the same width, seed and step, which counts instead"
        ));
    }
    let gamma = asked.gamma.or_else(|| constant_rate(table, &columns, by_lr.is_some()));
    let theory = Theory { asked, gamma };
    let rows = values
        .into_iter()
        .map(|(group, values)| row(&table.columns[group.2], group, &values, &theory));
    Ok(CoordinateCheck {
        schema: 1,
        table: table.name.clone(),
        columns: columns
            .read_as()
            .iter()
            .filter(|read| USED.contains(&read.holds))
            .cloned()
            .collect(),
        notes,
        rows: rows.collect(),
    })
}

/// The columns of sizes.
fn sizes(table: &Table, columns: &Columns, asked: &CheckAsked) -> Result<Vec<usize>, JudgeError> {
    if !asked.sizes.is_empty() {
        return asked.sizes.iter().map(|name| position(table, name)).collect();
    }
    let used = [Role::Width, Role::Lr, Role::Step, Role::Seed].map(|role| columns.get(role));
    let known = |name: &str| SIZES.iter().any(|(size, _)| plain(name) == *size);
    let all = (0..table.columns.len()).filter(|&at| known(&table.columns[at]));
    let found: Vec<usize> = all.filter(|&at| !used.contains(&Some(at))).collect();
    if found.is_empty() {
        return Err(table.fault(TableFault::NoSizes { columns: table.columns.clone() }));
    }
    Ok(found)
}

/// The column of learning rates, if some width has several of them.
fn several_rates(table: &Table, columns: &Columns) -> Option<usize> {
    let (lr, width) = (columns.get(Role::Lr)?, columns.get(Role::Width)?);
    let mut of_width: BTreeMap<&str, &str> = BTreeMap::new();
    for row in &table.rows {
        let known = of_width.entry(&row.cells[width]).or_insert(&row.cells[lr]);
        if *known != row.cells[lr] {
            return Some(lr);
        }
    }
    None
}

/// γ = 0, if all rows that are fitted together have one learning rate.
fn constant_rate(table: &Table, columns: &Columns, apart: bool) -> Option<Rational> {
    let lr = columns.get(Role::Lr)?;
    let rates: BTreeSet<&str> = table.rows.iter().map(|row| row.cells[lr].as_str()).collect();
    (apart || rates.len() == 1).then(|| Rational::from_integer(0))
}

/// By width and seed.
type Values = BTreeMap<(usize, u64), Option<f64>>;

/// The values of every group, and how many rows another one replaces.
fn values(
    table: &Table,
    reader: &Reader,
    sizes: &[usize],
) -> Result<(BTreeMap<Group, Values>, usize), JudgeError> {
    let (mut values, mut replaced) = (BTreeMap::<Group, Values>::new(), 0);
    for row in &table.rows {
        let (label, init) = (reader.label(row), reader.init(row)?);
        let (width, seed) = (reader.width(row)?, reader.whole(row, Role::Seed)?);
        let step = reader.whole(row, Role::Step)?;
        let mut again = false;
        for &size in sizes {
            let value = table.number(row, size)?.filter(|value| *value > 0.0);
            let group = values.entry((label.clone(), init, size, step)).or_default();
            again |= group.insert((width, seed.unwrap_or_default()), value).is_some();
        }
        replaced += usize::from(again);
    }
    Ok((values, replaced))
}

/// What may be predicted.
struct Theory<'a> {
    asked: &'a CheckAsked,
    gamma: Option<Rational>,
}

fn row(name: &str, group: Group, values: &Values, theory: &Theory) -> CoordinateRow {
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

impl Theory<'_> {
    /// The size after `step` updates: the largest exponent over the steps up to it.
    fn of(&self, name: &str, init: Init, step: Option<u64>) -> Predicted {
        let Some(setting) = &self.asked.setting else {
            return Predicted::nothing("no setting was stated");
        };
        let known = SIZES.iter().find(|(size, symbol)| plain(name) == *size && !symbol.is_empty());
        let Some((_, symbol)) = known else {
            return Predicted::nothing("the theory has no such size");
        };
        let Some(gamma) = self.gamma else {
            return Predicted::nothing("the exponent of the learning rate was not stated");
        };
        if step == Some(0) {
            return Predicted::nothing("the theory speaks of sizes after the first update");
        }
        // No exponent of a sign-like optimizer changes later.
        let most = match setting.optimizer {
            OptimizerKind::Sgd => lora_theory::MAX_STEPS,
            _ => DEFAULT_STEPS,
        };
        let steps = step.map_or(setting.steps, |step| step.min(u64::from(most)) as u32);
        let setting = Setting { init: init.into(), steps, ..setting.clone() };
        let size = |analysis: &Analysis| {
            let found = analysis.quantities().into_iter().find(|(name, _)| name == symbol);
            found.map(|(_, growth)| growth.at(gamma)).transpose()
        };
        match analyse(&setting).and_then(|analysis| size(&analysis)) {
            Ok(Some(exponent)) => Predicted::of_size(exponent),
            Ok(None) => Predicted::nothing("the layer alone has no output"),
            Err(error) => Predicted::nothing(format!("the theory cannot treat it: {error}")),
        }
    }
}

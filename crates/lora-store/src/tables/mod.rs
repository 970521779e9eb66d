//! `export`: every run that a sweep keeps, as tidy tables for pandas, polars and the like.
//!
//! The tables depend on the kept runs alone, not on when or how they were trained. Runs are read and
//! written one by one.

mod column;
mod csv;
mod docs;
mod finals;
mod parquet;
mod runs;
mod sink;
mod steps;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use atomic_files::Part;
use lora_types::{ExtraMeasurement, hex};

use crate::error::StoreError;
use crate::folder::{Folder, Known};
use crate::stored::{Database, Listed, StoredFinal, StoredRun, holder};
use docs::{
    ANSWERS_TABLE, FINALS_TABLE, LOSSES_TABLE, MEASUREMENTS_TABLE, RUNS_TABLE, STEPS_TABLE,
};
use finals::{ANSWERS, FINALS, Finals};
use runs::{ExportedRun, tested};
pub use sink::Format;
use sink::Sink;
use steps::{ExportedStep, LOSSES, LossRow, MEASUREMENTS, MeasurementRow, STEPS};

/// What is said of the columns.
const DOCS: &str = "columns.csv";

/// How an export's directory is known.
pub const KNOWN: Known =
    Known { files: &[(DOCS, "table,column,type")], alone: None, by: "table export" };

/// Its name inside the sweep's.
const PLACE: &str = "export";

/// Hex digits of a hash that names a run or a setting: two of a million runs have the same with a
/// probability of 3e-8, and are refused.
const DIGITS: usize = 16;

/// What an export has written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedTables {
    /// The tables, each with its number of rows.
    pub tables: Vec<(PathBuf, usize)>,
    /// The description of every column.
    pub columns: PathBuf,
}

/// Writes the tables of a sweep's directory to `out`, or to a directory inside it.
///
/// # Errors
///
/// Fails if the directory has no database with runs, if a run in it is not what its key says, or if a
/// table cannot be written. Nothing is replaced then but the description of the columns.
pub fn export(
    dir: &Path,
    out: Option<&Path>,
    format: Format,
) -> Result<ExportedTables, StoreError> {
    let database = Database::of_sweep(dir)?;
    // Who writes has read all of it before, and must not be held up for long.
    if holder(dir).is_none() {
        database.check_whole()?;
    }
    let list = database.list()?;
    if list.is_empty() {
        return Err(StoreError::NothingStored(database.path().to_owned()));
    }
    check_names(&list)?;
    let out = out.map_or_else(|| dir.join(PLACE), Path::to_owned);
    let folder = Folder::for_writing(&out, &KNOWN)?;
    let mut tables = Tables::new(folder.dir().to_owned(), format)?;
    // First, since the directory is known by it.
    folder.write_csv(DOCS, &docs::all(docs::Extra::default()))?;
    let final_test = tables.add_finals(&list, database.finals()?)?;
    for listed in list {
        let kept = database.get(&listed.key)?;
        let kept = kept.ok_or_else(|| StoreError::StartedOver(database.path().to_owned()));
        let StoredRun { trajectory, .. } = kept?;
        tables.add(listed, &trajectory)?;
    }
    let measurements = tables.measurements.is_some();
    folder.write_csv(DOCS, &docs::all(docs::Extra { measurements, final_test }))?;
    for (table, there) in [
        (MEASUREMENTS_TABLE, measurements),
        (FINALS_TABLE, final_test),
        (ANSWERS_TABLE, final_test),
    ] {
        if !there {
            folder.remove(&format.file(table))?;
        }
    }
    Ok(ExportedTables { tables: tables.finish()?, columns: folder.dir().join(DOCS) })
}

/// The tables that are being written.
struct Tables {
    dir: PathBuf,
    format: Format,
    runs: Sink<ExportedRun>,
    steps: Sink<ExportedStep>,
    losses: Sink<LossRow>,
    /// Begins with the first measurement that only some kinds of model have.
    measurements: Option<Sink<MeasurementRow>>,
    /// Those of the final test, with their numbers of rows.
    finals: Vec<(Part, usize)>,
}

impl Tables {
    fn new(dir: PathBuf, format: Format) -> Result<Self, StoreError> {
        Ok(Self {
            runs: Sink::new(&dir, format, RUNS_TABLE, runs::COLUMNS)?,
            steps: Sink::new(&dir, format, STEPS_TABLE, STEPS)?,
            losses: Sink::new(&dir, format, LOSSES_TABLE, LOSSES)?,
            measurements: None,
            finals: Vec::new(),
            dir,
            format,
        })
    }

    fn add(&mut self, listed: Listed, trajectory: &lora_sim::Trajectory) -> Result<(), StoreError> {
        let run: Arc<str> = name('r', &listed.key).into();
        let tested = tested(&listed);
        for &record in &trajectory.records {
            self.steps.push(ExportedStep { run: Arc::clone(&run), tested, record })?;
        }
        for (step, &train_loss) in trajectory.losses.iter().enumerate() {
            self.losses.push(LossRow { run: Arc::clone(&run), step, train_loss })?;
        }
        for measurement in &trajectory.extra {
            self.add_extra(&run, measurement)?;
        }
        let setting = name('s', &listed.setting.id).into();
        self.runs.push(ExportedRun::new(run, setting, listed, trajectory))
    }

    /// Whether there are results of a final test.
    fn add_finals(
        &mut self,
        list: &[Listed],
        finals: Vec<StoredFinal>,
    ) -> Result<bool, StoreError> {
        if finals.is_empty() {
            return Ok(false);
        }
        let mut results = Sink::new(&self.dir, self.format, FINALS_TABLE, FINALS)?;
        let mut all_answers = Sink::new(&self.dir, self.format, ANSWERS_TABLE, ANSWERS)?;
        let of = Finals::new(list);
        for (result, answers) in
            finals.into_iter().filter_map(|one| of.rows(one, |run| name('r', run)))
        {
            results.push(result)?;
            answers.into_iter().try_for_each(|answer| all_answers.push(answer))?;
        }
        self.finals = vec![results.finish()?, all_answers.finish()?];
        Ok(true)
    }

    fn add_extra(
        &mut self,
        run: &Arc<str>,
        ExtraMeasurement { name, values }: &ExtraMeasurement,
    ) -> Result<(), StoreError> {
        let sink = match &mut self.measurements {
            Some(sink) => sink,
            none => {
                none.insert(Sink::new(&self.dir, self.format, MEASUREMENTS_TABLE, MEASUREMENTS)?)
            }
        };
        let name: Arc<str> = name.as_str().into();
        for &(step, value) in values {
            let (run, name) = (Arc::clone(run), Arc::clone(&name));
            sink.push(MeasurementRow { run, step, name, value })?;
        }
        Ok(())
    }

    /// Puts all in place when all are written. Their paths with their numbers of rows.
    fn finish(self) -> Result<Vec<(PathBuf, usize)>, StoreError> {
        let Self { runs, steps, losses, measurements, finals, .. } = self;
        let mut parts = vec![runs.finish()?, steps.finish()?, losses.finish()?];
        if let Some(measurements) = measurements {
            parts.push(measurements.finish()?);
        }
        parts.extend(finals);
        let keep = |(part, rows): (Part, usize)| {
            let path = part.path().to_owned();
            match part.keep() {
                Ok(()) => Ok((path, rows)),
                Err(error) => Err(StoreError::file(path, error)),
            }
        };
        parts.into_iter().map(keep).collect()
    }
}

/// The short name of a hash, after a letter: digits alone would pass for a number in CSV.
fn name(letter: char, hash: &[u8; 32]) -> String {
    format!("{letter}{}", hex(&hash[..DIGITS / 2]))
}

/// Refuses two runs of one name.
fn check_names(list: &[Listed]) -> Result<(), StoreError> {
    let mut seen = BTreeSet::new();
    match list.iter().find(|listed| !seen.insert(&listed.key[..DIGITS / 2])) {
        None => Ok(()),
        Some(listed) => Err(StoreError::SameName { name: name('r', &listed.key) }),
    }
}

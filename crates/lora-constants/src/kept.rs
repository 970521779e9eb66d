//! Runs of limits that were solved before, and those that are kept while others are solved.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lora_sim::spec::Init;
use lora_store::limits::LimitRow;
use lora_theory::{Exponent, Rational, approximate};

use crate::error::ConstantsError;
use crate::key::{key, key_of_row};
use crate::question::Question;
use crate::run::LimitRun;

/// A run of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// a.
    pub readout: Rational,
    /// Which factor starts random.
    pub init: Init,
    /// Seed.
    pub seed: u64,
    /// Neurons of the quadrature.
    pub neurons: usize,
    /// Position of c on the search's grid.
    pub c_index: i64,
}

/// Where runs of limits are kept.
pub trait Keep: Sync {
    /// A run that is kept.
    fn find(&self, place: &Place) -> Option<LimitRun>;

    /// Keeps a run that has just been solved.
    ///
    /// # Errors
    /// [`ConstantsError::Store`] where that fails.
    fn keep(&self, place: Place, run: &LimitRun) -> Result<(), ConstantsError>;
}

/// Nothing is kept.
pub(crate) struct NothingKept;

impl Keep for NothingKept {
    fn find(&self, _: &Place) -> Option<LimitRun> {
        None
    }

    fn keep(&self, _: Place, _: &LimitRun) -> Result<(), ConstantsError> {
        Ok(())
    }
}

/// How long a run that is solved may wait until it is written: what a process that is killed loses.
const PAUSE: Duration = Duration::from_secs(1);

/// What writes the rows that are kept so far.
type Save<'a> = &'a (dyn Fn(&[LimitRow]) -> Result<(), ConstantsError> + Sync);

/// The table of an experiment's limits.
pub struct KeptLimits<'a> {
    readout: Rational,
    units: BTreeMap<Init, Unit>,
    save: Save<'a>,
    solved: Mutex<SolvedRuns>,
}

struct SolvedRuns {
    runs: BTreeMap<Place, LimitRun>,
    written: Instant,
}

/// What the rows of an init have in common.
struct Unit {
    key: String,
    gamma: f64,
    z_a_power: Option<f64>,
    z_b_power: Option<f64>,
}

impl<'a> KeptLimits<'a> {
    /// Those of a question that are among `rows`: what has another key was solved for something else, or was changed
    /// since, and is left out. `save` writes all that is kept, at most once a second while others are solved.
    ///
    /// # Errors
    /// What the calculus refuses; a question of an experiment with an infinite width has a limit for each init.
    pub fn new(
        question: &Question,
        rows: impl IntoIterator<Item = LimitRow>,
        save: Save<'a>,
    ) -> Result<Self, ConstantsError> {
        let units = units(question)?;
        let mut own = Vec::new();
        for row in rows {
            let Some(unit) = units.get(&row.init) else { continue };
            if key_of_row(&unit.key, &row)? == row.key {
                own.push(row);
            }
        }
        Ok(Self::of(question, own.into_iter(), units, save))
    }

    /// The same of rows that belong to the question, whatever solved them.
    ///
    /// # Errors
    /// As [`KeptLimits::new`].
    pub fn trusted(question: &Question, rows: &[LimitRow]) -> Result<Self, ConstantsError> {
        Ok(Self::of(question, rows.iter().cloned(), units(question)?, &not_written))
    }

    fn of(
        question: &Question,
        rows: impl Iterator<Item = LimitRow>,
        units: BTreeMap<Init, Unit>,
        save: Save<'a>,
    ) -> Self {
        let readout = question.experiment.model.readout_exponent;
        let seeds = &question.experiment.training.seeds;
        let rows = rows.filter(|row| seeds.contains(&row.seed));
        let runs = rows.map(|row| (place(readout, &row), run(&row))).collect();
        let solved = Mutex::new(SolvedRuns { runs, written: Instant::now() });
        Self { readout, units, save, solved }
    }

    /// All that is kept, by init, seed, neurons and c.
    ///
    /// # Errors
    /// [`ConstantsError::Store`] if a row has no JSON.
    pub fn rows(&self) -> Result<Vec<LimitRow>, ConstantsError> {
        self.rows_of(&self.solved())
    }

    fn rows_of(&self, solved: &SolvedRuns) -> Result<Vec<LimitRow>, ConstantsError> {
        let own = solved.runs.iter().filter(|(place, _)| place.readout == self.readout);
        let units = own.filter_map(|(place, run)| Some((self.units.get(&place.init)?, place, run)));
        units.map(|(unit, place, run)| row(unit, place, run)).collect()
    }

    fn solved(&self) -> MutexGuard<'_, SolvedRuns> {
        self.solved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keep for KeptLimits<'_> {
    fn find(&self, place: &Place) -> Option<LimitRun> {
        self.solved().runs.get(place).copied()
    }

    fn keep(&self, place: Place, run: &LimitRun) -> Result<(), ConstantsError> {
        let mut solved = self.solved();
        solved.runs.insert(place, *run);
        if solved.written.elapsed() < PAUSE {
            return Ok(());
        }
        solved.written = Instant::now();
        // One after another, so that no older table replaces a newer one.
        (self.save)(&self.rows_of(&solved)?)
    }
}

/// What reads rows alone writes none.
fn not_written(_: &[LimitRow]) -> Result<(), ConstantsError> {
    Ok(())
}

/// Of each init of the experiment, at its own readout exponent.
fn units(question: &Question) -> Result<BTreeMap<Init, Unit>, ConstantsError> {
    let readout = question.experiment.model.readout_exponent;
    let unit = |&init: &Init| {
        let class = question.class(readout, init)?;
        let key = key(question, readout, init, &class)?;
        let power = |exponent: Exponent| exponent.power().map(approximate);
        let unit = Unit {
            key,
            gamma: approximate(class.terms().gamma),
            z_a_power: power(class.z_a_exponent()),
            z_b_power: power(class.terms().scales.z_b),
        };
        Ok((init, unit))
    };
    question.experiment.training.inits.iter().map(unit).collect()
}

fn place(readout: Rational, row: &LimitRow) -> Place {
    let &LimitRow { init, seed, neurons, c_index, .. } = row;
    Place { readout, init, seed, neurons, c_index }
}

fn run(row: &LimitRow) -> LimitRun {
    let &LimitRow { c_index, c, neurons, score, error, z_a, z_b, peak_z_b, diverged_at, .. } = row;
    LimitRun { c_index, c, neurons, loss: score, error, z_a, z_b, peak_z_b, diverged_at }
}

fn row(unit: &Unit, place: &Place, run: &LimitRun) -> Result<LimitRow, ConstantsError> {
    let mut row = LimitRow {
        key: String::new(),
        init: place.init,
        gamma: unit.gamma,
        seed: place.seed,
        neurons: run.neurons,
        c_index: run.c_index,
        c: run.c,
        score: run.loss,
        error: run.error,
        z_a: run.z_a,
        z_a_power: unit.z_a_power,
        z_b: run.z_b,
        z_b_power: unit.z_b_power,
        peak_z_b: run.peak_z_b,
        diverged_at: run.diverged_at,
    };
    row.key = key_of_row(&unit.key, &row)?;
    Ok(row)
}

//! Every run that a database keeps, whatever its setting, in an order that does not tell when it was
//! trained.
//!
//! What a run was is beside its trajectory in plain columns, which its digest does not cover. But its
//! key is a hash of them, so each is held against it here: a changed one is found.

use std::collections::BTreeMap;
use std::sync::Arc;

use lora_sim::spec::{Init, Model, Training};
use rusqlite::types::Type;
use rusqlite::{Row, Transaction, TransactionBehavior};

use crate::error::StoreError;
use crate::stored::database::Database;
use crate::stored::fault;
use crate::stored::key::{Hash, RunText, SettingRead};

/// What runs share.
#[derive(Clone, Debug)]
pub struct SharedSetting {
    /// Hash of all the rest.
    pub id: Hash,
    /// Of the engine.
    pub numerics: String,
    /// The model; what [`Model::explicit_hidden_up_to`] does is said of each run.
    pub model: Model,
    /// How they were trained.
    pub training: Training,
    /// The keys of the transformer as JSON; `{}` for the other models, since readers of CSV take an empty
    /// text for none.
    pub transformer: String,
}

/// A run that is kept, without its trajectory.
#[derive(Clone, Debug)]
pub struct Listed {
    /// What [`Database::get`] finds it under.
    pub key: Hash,
    /// What it shares with others.
    pub setting: Arc<SharedSetting>,
    /// n.
    pub width: usize,
    /// Seed of data, teacher and student.
    pub seed: u64,
    /// Whether W_h was drawn entry by entry.
    pub explicit_hidden: bool,
    /// Which factor started random.
    pub init: Init,
    /// η_A.
    pub lr: f64,
    /// Seed of the random factor's entries.
    pub adapter_seed: u64,
}

/// Settings with their places in the order of their texts.
type Settings = BTreeMap<Hash, (usize, Arc<SharedSetting>)>;

impl Database {
    /// Every run that is kept, by setting, init, width, seed and learning rate.
    ///
    /// The list is of one moment. What it names stays, since nothing that is kept is changed; so
    /// trajectories can be asked for one by one, while another process writes.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] if a run is not what its key says, or [`StoreError::Database`] where SQLite
    /// fails.
    pub fn list(&self) -> Result<Vec<Listed>, StoreError> {
        // One look at both tables, so that each run has its setting.
        let connection = self.connection();
        let look = Transaction::new_unchecked(connection, TransactionBehavior::Deferred);
        let look = self.checked(look)?;
        let settings = self.settings()?;
        let sql = "SELECT key, setting, width, seed, explicit_hidden, init, lr, adapter_seed
                   FROM runs";
        let mut statement = self.checked(connection.prepare(sql))?;
        let mut rows = self.checked(statement.query([]))?;
        let mut runs = Vec::new();
        while let Some(row) = self.checked(rows.next())? {
            runs.push(self.listed(row, &settings)?);
        }
        drop(rows);
        self.checked(look.finish())?;
        runs.sort_by(|(a, x), (b, y)| {
            let by = |place: usize, run: &Listed| (place, run.init, run.width, run.seed);
            by(*a, x).cmp(&by(*b, y)).then(x.lr.total_cmp(&y.lr)).then(x.key.cmp(&y.key))
        });
        if runs.windows(2).any(|pair| pair[0].1.key == pair[1].1.key) {
            return Err(fault::damaged(self.path(), "a run is in it twice"));
        }
        Ok(runs.into_iter().map(|(_, run)| run).collect())
    }

    fn settings(&self) -> Result<Settings, StoreError> {
        let sql = "SELECT id, numerics, text FROM settings ORDER BY text";
        let mut statement = self.checked(self.connection().prepare(sql))?;
        let mut rows = self.checked(statement.query([]))?;
        let mut settings = Settings::new();
        while let Some(row) = self.checked(rows.next())? {
            let (id, numerics, text) = self.checked(three(row))?;
            let read = SettingRead::new(&id, &text).filter(|read| read.numerics == numerics);
            let SettingRead { model, training, transformer, .. } = read.ok_or_else(|| {
                fault::damaged(self.path(), "a setting in it is not what its hash says")
            })?;
            let transformer = transformer.as_ref().map(serde_json::to_string).transpose();
            let transformer = transformer.map_err(StoreError::encode)?;
            let transformer = transformer.unwrap_or_else(|| "{}".to_owned());
            let setting = SharedSetting { id, numerics, model, training, transformer };
            settings.insert(id, (settings.len(), Arc::new(setting)));
        }
        Ok(settings)
    }

    /// The run of a row, with the place of its setting.
    fn listed(&self, row: &Row, settings: &Settings) -> Result<(usize, Listed), StoreError> {
        let damaged = |why| fault::damaged(self.path(), why);
        let (key, setting): (Hash, Hash) =
            self.checked(row.get(0).and_then(|key| Ok((key, row.get(1)?))))?;
        let setting = settings.get(&setting);
        let (place, setting) = setting.ok_or_else(|| damaged("a run in it has no setting"))?;
        let run = self.checked(run_text(row))?;
        let lr = f64::from_bits(run.lr);
        if run.key(&setting.id)? != key {
            return Err(damaged("a run in it is not what its key says"));
        }
        let RunText { width, seed, explicit_hidden, init, adapter_seed, .. } = run;
        let setting = Arc::clone(setting);
        let run = Listed { key, setting, width, seed, explicit_hidden, init, lr, adapter_seed };
        Ok((*place, run))
    }
}

fn three(row: &Row) -> rusqlite::Result<(Hash, String, String)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn run_text(row: &Row) -> rusqlite::Result<RunText> {
    let init: String = row.get(5)?;
    let known = init.parse::<Init>().ok();
    let wrong = || rusqlite::Error::InvalidColumnType(5, init.clone(), Type::Text);
    Ok(RunText {
        width: usize::try_from(whole(row, 2)?).map_err(|_| out_of_range(2))?,
        seed: whole(row, 3)?,
        explicit_hidden: row.get(4)?,
        init: known.ok_or_else(wrong)?,
        lr: row.get::<_, f64>(6)?.to_bits(),
        adapter_seed: whole(row, 7)?,
    })
}

/// A whole number, 0 or above.
fn whole(row: &Row, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| out_of_range(column))
}

fn out_of_range(column: usize) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(column, "negative".to_owned(), Type::Integer)
}

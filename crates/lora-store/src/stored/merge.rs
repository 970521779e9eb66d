//! Runs of several databases in one.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{Connection, Transaction, TransactionBehavior, params_from_iter};

use crate::error::StoreError;
use crate::stored::database::Database;
use crate::stored::fault;
use crate::stored::finals;
use crate::stored::finals::StoredFinal;
use crate::stored::key::{Hash, hash};
use crate::stored::session::Session;

/// The tables whose rows go over, what is referred to first, with the columns of each.
const TABLES: [(&str, &str); 3] = [
    ("settings", "id, numerics, text"),
    ("sessions", "id, name, experiment, numerics, provenance, started, ended"),
    (
        "runs",
        "key, setting, session, width, seed, explicit_hidden, init, lr, adapter_seed, diverged_at, \
         seconds, trajectory, digest",
    ),
];

/// Refuses databases with different results for one run, and a run whose digest is not its own.
///
/// # Errors
///
/// [`StoreError::Conflict`] or [`StoreError::Damaged`], or [`StoreError::Database`] where SQLite fails.
pub fn refuse_conflicts(databases: &[&Database]) -> Result<(), StoreError> {
    refuse_different(databases, Database::digests, |key| key)?;
    let finals = |database: &Database| {
        let of = |StoredFinal { run, data, result }: StoredFinal| ((run, data), result.encode());
        Ok(database.finals()?.into_iter().map(of).collect())
    };
    refuse_different(databases, finals, |(run, _)| run)
}

/// Refuses databases with different results under one key; `run` gives the run of a key.
fn refuse_different<K: Eq + std::hash::Hash, R: PartialEq>(
    databases: &[&Database],
    results: impl Fn(&Database) -> Result<Vec<(K, R)>, StoreError>,
    run: impl Fn(&K) -> &Hash,
) -> Result<(), StoreError> {
    let mut known: HashMap<K, (R, usize)> = HashMap::new();
    for (position, database) in databases.iter().enumerate() {
        for (key, result) in results(database)? {
            match known.get(&key) {
                Some((other, first)) if *other != result => {
                    return Err(conflict(run(&key), databases[*first], database));
                }
                Some(_) => (),
                None => _ = known.insert(key, (result, position)),
            }
        }
    }
    Ok(())
}

/// Two results of one run.
fn conflict(key: &Hash, first: &Database, second: &Database) -> StoreError {
    let run = match second.words(key) {
        Ok(run) => run,
        Err(error) => return error,
    };
    let [first, second] = [first, second].map(|database| database.path().to_owned());
    StoreError::Conflict { first, second, run }
}

impl Database {
    /// Takes over all rows of others that it does not have, and notes the call, all or nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`] or [`StoreError::Damaged`] where SQLite fails. Nothing is
    /// added then.
    pub fn take_over(&self, others: &[&Self], session: &Session) -> Result<(), StoreError> {
        let told = |error| self.gone().unwrap_or_else(|| fault::of_sqlite(self.path(), error));
        let immediate = TransactionBehavior::Immediate;
        let transaction = Transaction::new_unchecked(self.connection(), immediate).map_err(told)?;
        for other in others {
            let blame = |(theirs, error)| {
                fault::of_sqlite(if theirs { other.path() } else { self.path() }, error)
            };
            let from = other.connection();
            for (table, columns) in TABLES {
                copy(from, &transaction, table, columns).map_err(blame)?;
            }
            if finals::is_there(from).map_err(|error| blame((true, error)))? {
                finals::make(&transaction).map_err(told)?;
                let (table, columns) = finals::FINALS;
                copy(from, &transaction, table, columns).map_err(blame)?;
            }
        }
        self.begin(session)?;
        transaction.commit().map_err(told)
    }

    /// Every run's key with its digest, which must be that of its trajectory.
    fn digests(&self) -> Result<Vec<(Hash, Hash)>, StoreError> {
        let rows = || {
            let mut select =
                self.connection().prepare("SELECT key, trajectory, digest FROM runs")?;
            let row = |row: &rusqlite::Row| {
                let (key, bytes): (Hash, Vec<u8>) = (row.get(0)?, row.get(1)?);
                let digest: Hash = row.get(2)?;
                Ok((hash(&[&key, &bytes]) == digest).then_some((key, digest)))
            };
            select.query_map([], row)?.collect::<rusqlite::Result<Option<Vec<_>>>>()
        };
        self.checked(rows())?.ok_or_else(|| {
            fault::damaged(self.path(), "a run in it does not have the digest that was written")
        })
    }

    /// A run in words.
    fn words(&self, key: &Hash) -> Result<String, StoreError> {
        let sql = "SELECT width, seed, init, lr FROM runs WHERE key = ?1";
        let run = self.connection().query_row(sql, [key], |row| {
            let (width, seed): (i64, i64) = (row.get(0)?, row.get(1)?);
            let (init, lr): (String, f64) = (row.get(2)?, row.get(3)?);
            Ok(format!("n = {width}, seed {seed}, Init[{init}], η = {lr:e}"))
        });
        self.checked(run)
    }
}

/// Copies the rows of a table. An error comes with whether it is the source's.
fn copy(
    from: &Connection,
    to: &Connection,
    table: &str,
    columns: &str,
) -> Result<(), (bool, rusqlite::Error)> {
    let count = columns.split(',').count();
    let places = vec!["?"; count].join(", ");
    let theirs = |error| (true, error);
    let ours = |error| (false, error);
    let insert = format!("INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})");
    let mut insert = to.prepare(&insert).map_err(ours)?;
    // In the order in which they came: the last session is the last row.
    let select = format!("SELECT {columns} FROM {table} ORDER BY rowid");
    let mut select = from.prepare(&select).map_err(theirs)?;
    let mut rows = select.query([]).map_err(theirs)?;
    while let Some(row) = rows.next().map_err(theirs)? {
        let values = (0..count).map(|column| row.get::<_, Value>(column));
        let values = values.collect::<rusqlite::Result<Vec<Value>>>().map_err(theirs)?;
        insert.execute(params_from_iter(values)).map_err(ours)?;
    }
    Ok(())
}

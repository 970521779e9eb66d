//! A database of runs as an ordinary SQLite file, for tests that look at it or spoil it.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

/// Longest time to wait for another process.
const PATIENCE: Duration = Duration::from_secs(10);

/// What SQLite says.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct SqlError(#[from] rusqlite::Error);

/// A database that a sweep has made.
pub struct SqlFile {
    connection: Connection,
}

/// A row of a run, as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub struct RunInSql {
    /// Its key.
    pub key: Vec<u8>,
    /// n.
    pub width: i64,
    /// The seed of its problem.
    pub seed: i64,
    /// The key of its init.
    pub init: String,
    /// The learning rate.
    pub lr: f64,
    /// The packed trajectory.
    pub trajectory: Vec<u8>,
    /// The digest of that and the key.
    pub digest: Vec<u8>,
}

impl SqlFile {
    /// One that is there, to be looked at and changed.
    ///
    /// # Errors
    ///
    /// [`SqlError`] if it cannot be opened.
    pub fn open(path: &Path) -> Result<Self, SqlError> {
        Self::with(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// One that is there, to be looked at alone. What a killed process left in it is not put right.
    ///
    /// # Errors
    ///
    /// [`SqlError`] if it cannot be opened.
    pub fn look(path: &Path) -> Result<Self, SqlError> {
        Self::with(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    fn with(path: &Path, flags: OpenFlags) -> Result<Self, SqlError> {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(PATIENCE)?;
        Ok(Self { connection })
    }

    /// Carries out statements that give nothing.
    ///
    /// # Errors
    ///
    /// [`SqlError`] if one fails.
    pub fn change(&self, sql: &str) -> Result<(), SqlError> {
        Ok(self.connection.execute_batch(sql)?)
    }

    /// The whole number that a query gives.
    ///
    /// # Errors
    ///
    /// [`SqlError`] if it fails or gives none.
    pub fn number(&self, sql: &str) -> Result<i64, SqlError> {
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// The text that a query gives.
    ///
    /// # Errors
    ///
    /// [`SqlError`] if it fails or gives none.
    pub fn text(&self, sql: &str) -> Result<String, SqlError> {
        Ok(self.connection.query_row(sql, [], |row| row.get(0))?)
    }

    /// Every run, by key.
    ///
    /// # Errors
    ///
    /// [`SqlError`] if the database has no such runs.
    pub fn runs(&self) -> Result<Vec<RunInSql>, SqlError> {
        let sql = "SELECT key, width, seed, init, lr, trajectory, digest FROM runs ORDER BY key";
        let mut select = self.connection.prepare(sql)?;
        let rows = select.query_map([], |row| {
            Ok(RunInSql {
                key: row.get(0)?,
                width: row.get(1)?,
                seed: row.get(2)?,
                init: row.get(3)?,
                lr: row.get(4)?,
                trajectory: row.get(5)?,
                digest: row.get(6)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Puts trajectory and digest of this row in the place of those of the run with its key.
    ///
    /// # Errors
    ///
    /// [`SqlError`] if the database cannot be changed.
    pub fn replace(&self, run: &RunInSql) -> Result<(), SqlError> {
        let sql = "UPDATE runs SET trajectory = ?1, digest = ?2 WHERE key = ?3";
        self.connection.execute(sql, (&run.trajectory, &run.digest, &run.key))?;
        Ok(())
    }
}

//! The database file: opened, asked, and written batch by batch.

use std::fs;
use std::path::{Path, PathBuf};

use lora_sim::Trajectory;
use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior, params,
};

use crate::error::{FoundInstead, StoreError};
use crate::stored::batch::{NewBatch, put_batch};
use crate::stored::key::{Hash, hash};
use crate::stored::lock::Lock;
use crate::stored::names::FILE;
use crate::stored::numerics::Numerics;
use crate::stored::session::{Session, now};
use crate::stored::{blob, fault, file, schema};
use lora_experiment::request::Request;

/// An open database of runs.
#[derive(Debug)]
pub struct Database {
    connection: Connection,
    path: PathBuf,
    /// Of whoever writes.
    lock: Option<Lock>,
}

/// A finished run.
#[derive(Debug)]
pub struct StoredRun {
    /// Its share of its batch's wall time.
    pub seconds: f64,
    /// What was measured.
    pub trajectory: Trajectory,
}

impl Database {
    /// The one of a directory, for this process alone to write; made if there is none, or if all is
    /// to be `fresh`.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] if another process writes to it, [`StoreError::OtherProgram`],
    /// [`StoreError::OtherVersion`] or [`StoreError::Damaged`] if it is not to be trusted, and
    /// [`StoreError::Database`] where SQLite fails.
    pub fn for_writing(dir: &Path, fresh: bool) -> Result<Self, StoreError> {
        let lock = Lock::take(dir)?;
        let path = dir.join(FILE);
        if fresh {
            delete(&path)?;
        }
        if !path.exists() {
            // Alone it would be taken for that of the database to come.
            let _ = fs::remove_file(file::journal(&path));
            file::create(dir, &path).map_err(|error| fault::of_sqlite(&path, error))?;
        }
        let mut database = Self::open(path)?;
        database.check_whole()?;
        database.lock = Some(lock);
        Ok(database)
    }

    /// The one of a directory, to look at; a process may be writing to it.
    ///
    /// # Errors
    ///
    /// As [`Database::for_writing`], without [`StoreError::InUse`]; also if there is none.
    pub fn for_reading(dir: &Path) -> Result<Self, StoreError> {
        Self::open(dir.join(FILE))
    }

    /// The one of a sweep's directory, to look at; refused by name if it is none.
    ///
    /// # Errors
    ///
    /// [`StoreError::NotASweep`], otherwise as [`Database::for_reading`].
    pub fn of_sweep(dir: &Path) -> Result<Self, StoreError> {
        if dir.join(FILE).exists() {
            return Self::for_reading(dir);
        }
        let found = match dir {
            dir if dir.is_file() => FoundInstead::File,
            dir if dir.exists() => FoundInstead::NoRuns,
            _ => FoundInstead::Nothing,
        };
        Err(StoreError::NotASweep { path: dir.to_owned(), found })
    }

    /// One that is gone with the process.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`] where SQLite has no memory.
    pub fn in_memory() -> Result<Self, StoreError> {
        let path = PathBuf::from("memory");
        let made = Connection::open_in_memory().and_then(|connection| {
            schema::make(&connection)?;
            Ok(connection)
        });
        let connection = made.map_err(|error| fault::of_sqlite(&path, error))?;
        Ok(Self { connection, path, lock: None })
    }

    /// Also a reader opens it for writing, where it may: so SQLite can take back the half of a
    /// transaction that a process left when it was killed.
    fn open(path: PathBuf) -> Result<Self, StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = file::connect(&path, flags).map_err(|error| fault::of_sqlite(&path, error))?;
        schema::check(&opened, &path)?;
        Ok(Self { connection: opened, path, lock: None })
    }

    /// Reads all of it and refuses one that is damaged.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`].
    pub fn check_whole(&self) -> Result<(), StoreError> {
        schema::check_whole(&self.connection, &self.path)
    }

    /// What became of it, if it is not where it was any more: no other failure matters then.
    pub fn gone(&self) -> Option<StoreError> {
        let place = self.lock.as_ref()?.place();
        if let Some(fate) = place.fate() {
            return Some(StoreError::Gone { path: place.dir().to_owned(), fate });
        }
        (!self.path.exists()).then(|| StoreError::DatabaseGone(self.path.clone()))
    }

    /// Makes sure that it is where it was, and this process's alone.
    pub(super) fn check_place(&self) -> Result<(), StoreError> {
        match (self.gone(), &self.lock) {
            (Some(gone), _) => Err(gone),
            (None, Some(lock)) => lock.renew(),
            (None, None) => Ok(()),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Refuses runs of numerics that are not among these: runs of two engines must not be mixed.
    ///
    /// # Errors
    ///
    /// [`StoreError::OtherNumerics`], or [`StoreError::Database`] or [`StoreError::Damaged`] where SQLite fails.
    pub fn refuse_others(&self, numerics: &Numerics) -> Result<(), StoreError> {
        let sql = "SELECT DISTINCT numerics FROM settings ORDER BY numerics";
        let known = || {
            let mut select = self.connection.prepare(sql)?;
            let names = select.query_map([], |row| row.get::<_, String>(0))?;
            names.collect::<rusqlite::Result<Vec<String>>>()
        };
        let other = self.checked(known())?.into_iter().find(|known| !numerics.has(known));
        let Some(held) = other else { return Ok(()) };
        Err(StoreError::OtherNumerics {
            path: self.path.clone(),
            held,
            asked: numerics.to_string(),
        })
    }

    /// Refuses to put runs of an experiment among those of claims, and the other way round: status and
    /// merge could not tell what a directory is.
    ///
    /// # Errors
    ///
    /// [`StoreError::OtherKind`]; [`StoreError::Request`] if what the last call was asked cannot be read; or
    /// [`StoreError::Database`] or [`StoreError::Damaged`] where SQLite fails.
    pub fn refuse_other_kind(&self, request: &Request) -> Result<(), StoreError> {
        let Some(last) = self.last_session()? else { return Ok(()) };
        let kind = |request: &Request| match request {
            Request::Experiment(_) => "a sweep",
            Request::Topics(_) => "a verification",
        };
        let (held, asked) = (kind(&last.request()?), kind(request));
        if held == asked {
            return Ok(());
        }
        Err(StoreError::OtherKind { path: self.path.clone(), held, asked })
    }

    /// Notes that a call begins.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`] or [`StoreError::Damaged`] where SQLite fails.
    pub fn begin(&self, s: &Session) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO sessions (id, name, experiment, numerics, provenance, started, ended)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)";
        let row = params![s.id, s.name, s.experiment, s.numerics, s.provenance, s.started];
        self.checked(self.connection.execute(sql, row)).map(|_| ())
    }

    /// The call that began last: by the order of the rows, since the clocks of several machines may
    /// have had their part in a merged one.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`] or [`StoreError::Damaged`] where SQLite fails.
    pub fn last_session(&self) -> Result<Option<Session>, StoreError> {
        let sql = "SELECT id, name, experiment, numerics, provenance, started FROM sessions
                   ORDER BY rowid DESC LIMIT 1";
        let session = self.connection.query_row(sql, [], |row| {
            Ok(Session {
                id: row.get(0)?,
                name: row.get(1)?,
                experiment: row.get(2)?,
                numerics: row.get(3)?,
                provenance: row.get(4)?,
                started: row.get(5)?,
            })
        });
        self.checked(session.optional())
    }

    /// The run of a key, if it is kept.
    ///
    /// # Errors
    ///
    /// [`StoreError::Damaged`] if the run does not have the digest that was written, or [`StoreError::Database`]
    /// where SQLite fails.
    pub fn get(&self, key: &Hash) -> Result<Option<StoredRun>, StoreError> {
        let sql = "SELECT seconds, trajectory, digest FROM runs WHERE key = ?1";
        let row = self.connection.query_row(sql, [key], |row| {
            Ok((row.get::<_, f64>(0)?, row.get::<_, Vec<u8>>(1)?, row.get::<_, Vec<u8>>(2)?))
        });
        let Some((seconds, bytes, digest)) = self.checked(row.optional())? else { return Ok(None) };
        let whole = hash(&[key, &bytes])[..] == digest[..];
        let trajectory = blob::decode(&bytes).filter(|_| whole).ok_or_else(|| {
            fault::damaged(&self.path, "a run in it does not have the digest that was written")
        })?;
        Ok(Some(StoredRun { seconds, trajectory }))
    }

    /// Keeps batches, all of them or nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError::Gone`], [`StoreError::DatabaseGone`] or [`StoreError::LockLost`] if the directory is not
    /// this process's any more, or [`StoreError::Database`] where SQLite fails. Nothing is stored then.
    pub fn put(&self, session: &Session, batches: &[NewBatch]) -> Result<(), StoreError> {
        self.check_place()?;
        self.checked(self.try_put(session, batches))
    }

    fn try_put(&self, session: &Session, batches: &[NewBatch]) -> rusqlite::Result<()> {
        let immediate = TransactionBehavior::Immediate;
        let transaction = Transaction::new_unchecked(&self.connection, immediate)?;
        transaction
            .execute("UPDATE sessions SET ended = ?1 WHERE id = ?2", params![now(), session.id])?;
        for batch in batches {
            put_batch(&transaction, session, batch)?;
        }
        transaction.commit()
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// A result of SQLite; where the file has gone, that is what its error says.
    pub(super) fn checked<T>(&self, result: rusqlite::Result<T>) -> Result<T, StoreError> {
        result.map_err(|error| self.gone().unwrap_or_else(|| fault::of_sqlite(&self.path, error)))
    }
}

/// Deletes a database that is ours or is none at all, never another program's.
fn delete(path: &Path) -> Result<(), StoreError> {
    match Database::open(path.to_owned()) {
        Err(error @ (StoreError::OtherVersion { .. } | StoreError::OtherProgram(_))) => {
            return Err(error);
        }
        opened => drop(opened),
    }
    // First the journal: alone it would be taken for that of a database to come.
    for file in [file::journal(path), path.to_owned()] {
        match fs::remove_file(&file) {
            Err(error) if file.exists() => return Err(StoreError::file(file, error)),
            _ => {}
        }
    }
    Ok(())
}

//! The tables, and how a file is known to hold them.
//!
//! Everything is keyed by hashes of contents, so that databases are merged by inserting rows.

use std::path::Path;

use rusqlite::Connection;

use crate::error::StoreError;
use crate::stored::fault::{damaged, of_sqlite};

/// "LoRA" in ASCII: SQLite's mark of whose file it is.
const APPLICATION: i32 = 0x4c6f_5241;

/// Version of the tables.
const VERSION: i32 = 1;

/// `settings`: what runs share (see `key.rs`). `sessions`: a row for every call that could train,
/// with its experiment and where it ran. `runs`: a row for every finished run; `seconds` is its
/// share of its batch's wall time, `trajectory` as in `blob.rs`, `digest` the SHA-256 of key and
/// trajectory.
const TABLES: &str = "
CREATE TABLE settings (
    id BLOB NOT NULL PRIMARY KEY,
    numerics TEXT NOT NULL,
    text TEXT NOT NULL
) STRICT;
CREATE TABLE sessions (
    id BLOB NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    experiment TEXT NOT NULL,
    numerics TEXT NOT NULL,
    provenance TEXT NOT NULL,
    started REAL NOT NULL,
    ended REAL NOT NULL
) STRICT;
CREATE TABLE runs (
    key BLOB NOT NULL PRIMARY KEY,
    setting BLOB NOT NULL REFERENCES settings (id),
    session BLOB NOT NULL REFERENCES sessions (id),
    width INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    explicit_hidden INTEGER NOT NULL,
    init TEXT NOT NULL,
    lr REAL NOT NULL,
    adapter_seed INTEGER NOT NULL,
    diverged_at INTEGER,
    seconds REAL NOT NULL,
    trajectory BLOB NOT NULL,
    digest BLOB NOT NULL
) STRICT;
";

/// Makes the tables of a new database, all or none.
pub fn make(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE;
         PRAGMA application_id = {APPLICATION};
         PRAGMA user_version = {VERSION};
         {TABLES}
         COMMIT;"
    ))
}

/// Refuses a file that is another program's, or another version's.
pub fn check(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    // An empty file would pass as a new database; ours has its tables before it has its name.
    if path.metadata().is_ok_and(|file| file.len() == 0) {
        return Err(damaged(path, "it is empty"));
    }
    let number = |name| {
        connection
            .pragma_query_value(None, name, |row| row.get::<_, i32>(0))
            .map_err(|error| of_sqlite(path, error))
    };
    match (number("application_id")?, number("user_version")?) {
        (APPLICATION, VERSION) => Ok(()),
        (APPLICATION, version) => {
            Err(StoreError::OtherVersion { path: path.to_owned(), version, known: VERSION })
        }
        _ => Err(StoreError::OtherProgram(path.to_owned())),
    }
}

/// Reads all of the file and refuses one that is damaged.
pub fn check_whole(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let first: String = connection
        .query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))
        .map_err(|error| of_sqlite(path, error))?;
    if first == "ok" { Ok(()) } else { Err(damaged(path, first.replace('\n', " "))) }
}

//! The database as a file: opened with SQLite's settings, and made under another name.

use std::fs;
use std::path::{Path, PathBuf, absolute};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use crate::stored::schema;

/// It is made under this name, so that it is never seen without its tables.
const PART: &str = ".runs.sqlite.part";

/// SQLite's own file, left where a process ended in the middle of a transaction.
const JOURNAL: &str = "-journal";

/// How long another program's lock is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Opens it with what holds for every connection.
pub fn connect(path: &Path, flags: OpenFlags) -> rusqlite::Result<Connection> {
    // SQLite takes names such as file:x for something else.
    let path = absolute(path).unwrap_or_else(|_| path.to_owned());
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(PATIENCE)?;
    // What is committed is on the disk, also where power fails.
    connection.pragma_update(None, "synchronous", "FULL")?;
    Ok(connection)
}

/// Makes it, in its directory.
pub fn create(dir: &Path, path: &Path) -> rusqlite::Result<()> {
    let part = dir.join(PART);
    for old in [part.clone(), journal(&part)] {
        // Left by a process that was killed; if it stays, opening it tells.
        let _ = fs::remove_file(old);
    }
    let connection =
        connect(&part, OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    schema::make(&connection)?;
    connection.close().map_err(|(_, error)| error)?;
    fs::rename(&part, path).map_err(|error| {
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CANTOPEN);
        rusqlite::Error::SqliteFailure(code, Some(error.to_string()))
    })
}

/// SQLite's own file beside it.
pub fn journal(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(JOURNAL);
    name.into()
}

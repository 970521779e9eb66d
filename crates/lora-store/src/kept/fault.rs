//! What is said when the database fails.

use std::path::Path;

use rusqlite::{Error, ErrorCode};

use crate::kept::lock::LOCK;
use lora_experiment::error::CommandError;

/// A failure of the database in a file, and what to do about it.
pub fn told(path: &Path, error: &Error) -> CommandError {
    let go_on = "What was finished before is kept: put that right and run the same again to go on";
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => damaged(path, error),
        Some(ErrorCode::DiskFull) => {
            CommandError::file(path, format!("cannot be written: the disk is full. {go_on}"))
        }
        Some(ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
            CommandError::file(path, format!("cannot be read or written: {error}. {go_on}"))
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => CommandError::file(
            path,
            "another program has it open and does not let go, such as one that shows databases. \
             What was finished before is kept: close it and run the same again to go on",
        ),
        Some(ErrorCode::ConstraintViolation) => CommandError::file(
            path,
            format!(
                "another process has put in the same run meanwhile, as it can where {LOCK} was deleted. \
                 What was finished before is kept: wait until the other has ended, and run the same \
                 again to go on"
            ),
        ),
        _ if not_as_written(error) => damaged(path, error),
        _ => CommandError::file(path, error),
    }
}

/// A value of another kind than this program writes.
fn not_as_written(error: &Error) -> bool {
    use Error::{FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error};
    matches!(
        error,
        FromSqlConversionFailure(..)
            | IntegralValueOutOfRange(..)
            | InvalidColumnType(..)
            | Utf8Error(..)
    )
}

/// A database that cannot be trusted.
pub fn damaged(path: &Path, why: impl std::fmt::Display) -> CommandError {
    CommandError::file(
        path,
        format!(
            "is damaged ({why}): move it away, or start over with run --fresh, which deletes it"
        ),
    )
}

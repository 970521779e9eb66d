//! Failures of SQLite as errors of this crate.

use std::path::Path;

use rusqlite::{Error, ErrorCode};

use crate::error::{DatabaseFault, StoreError};

/// A failure of the database in a file.
pub fn of_sqlite(path: &Path, error: Error) -> StoreError {
    let fault = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => return damaged(path, error),
        Some(ErrorCode::DiskFull) => DatabaseFault::DiskFull,
        Some(ErrorCode::SystemIoFailure | ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
            DatabaseFault::System(error)
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => DatabaseFault::Busy,
        Some(ErrorCode::ConstraintViolation) => DatabaseFault::SameRun,
        _ if not_as_written(&error) => return damaged(path, error),
        _ => DatabaseFault::Other(error),
    };
    StoreError::Database { path: path.to_owned(), fault }
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
pub fn damaged(path: &Path, why: impl std::fmt::Display) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), why: why.to_string() }
}

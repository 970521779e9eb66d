//! What trained the stored runs: commits and numerics.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::database::Database;
use crate::error::StoreError;
use crate::manifest::RunsOrigin;

/// What a session says of the program that ran it.
#[derive(Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Program {
    git_commit: Option<String>,
    git_dirty: Option<bool>,
}

impl Database {
    /// The runs by what trained them, in the order of numerics and commits.
    ///
    /// # Errors
    ///
    /// [`StoreError::Database`] where SQLite fails.
    pub fn origins(&self) -> Result<Vec<RunsOrigin>, StoreError> {
        let sql = "SELECT settings.numerics, sessions.provenance, count(*) FROM runs
                   JOIN settings ON settings.id = runs.setting
                   JOIN sessions ON sessions.id = runs.session
                   GROUP BY settings.numerics, sessions.id";
        let rows = || {
            let mut select = self.connection().prepare(sql)?;
            let row = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            select.query_map([], row)?.collect::<rusqlite::Result<Vec<(String, String, i64)>>>()
        };
        let mut counts: BTreeMap<(String, Program), usize> = BTreeMap::new();
        for (numerics, provenance, runs) in self.checked(rows())? {
            let program = serde_json::from_str(&provenance).unwrap_or_default();
            *counts.entry((numerics, program)).or_default() += usize::try_from(runs).unwrap_or(0);
        }
        let origin = |((numerics, Program { git_commit, git_dirty }), runs)| RunsOrigin {
            numerics,
            git_commit,
            git_dirty,
            runs,
        };
        Ok(counts.into_iter().map(origin).collect())
    }
}

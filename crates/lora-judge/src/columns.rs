//! Which column of a table holds what.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::{JudgeError, TableFault};
use crate::names::{ColumnNames, OWN, Role};
use crate::origin::plain;
use crate::table::{Row, Table, Value};

/// The columns of a table by what they hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    by_role: BTreeMap<Role, usize>,
    read_as: Vec<ReadAs>,
    ignored: Vec<usize>,
}

/// How a column was understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReadAs {
    /// What it holds, such as `lr`.
    pub holds: &'static str,
    /// Its name, such as `config.learning_rate`.
    pub column: String,
    /// Columns that have a known name for the same and are not used.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub instead_of: Vec<String>,
}

impl Columns {
    /// Finds every column: the one that was named, or else the likeliest one with a known name that is not ignored.
    ///
    /// # Errors
    /// [`JudgeError::Table`] if a named or ignored column is not there, or nothing is known to hold one of `needed`.
    pub fn of(
        table: &Table,
        named: &ColumnNames,
        ignored: &[String],
        needed: &[Role],
    ) -> Result<Self, JudgeError> {
        let ignored: Result<_, _> = ignored.iter().map(|name| position(table, name)).collect();
        let mut columns = Self { ignored: ignored?, ..Self::default() };
        for role in Role::ALL {
            let found = match named.get(&role) {
                Some(name) => vec![position(table, name)?],
                None => columns.known(table, role, named),
            };
            let Some((&first, others)) = found.split_first() else {
                if needed.contains(&role) {
                    return Err(table.fault(lacks(table, role)));
                }
                continue;
            };
            columns.by_role.insert(role, first);
            columns.read_as.push(ReadAs {
                holds: role.key(),
                column: table.columns[first].clone(),
                instead_of: others.iter().map(|&at| table.columns[at].clone()).collect(),
            });
        }
        let used: Vec<&String> = columns.by_role.values().map(|&at| &table.columns[at]).collect();
        for read in &mut columns.read_as {
            read.instead_of.retain(|other| !used.contains(&other));
        }
        Ok(columns)
    }

    /// The column that holds something.
    pub(crate) fn get(&self, role: Role) -> Option<usize> {
        self.by_role.get(&role).copied()
    }

    /// Whether somebody said that a column says nothing.
    pub(crate) fn ignores(&self, at: usize) -> bool {
        self.ignored.contains(&at)
    }

    /// How every used column was understood.
    pub fn read_as(&self) -> &[ReadAs] {
        &self.read_as
    }

    /// What a row says; nothing without such a column too.
    pub(crate) fn value(&self, table: &Table, row: &Row, role: Role) -> Result<Value, JudgeError> {
        self.get(role).map_or(Ok(Value::Missing), |column| table.value(row, column))
    }

    /// The free columns with a name that is known for a role, the likeliest first. Where there is none, the one
    /// whose name ends so, if it is the only one.
    fn known(&self, table: &Table, role: Role, named: &ColumnNames) -> Vec<usize> {
        let free = |at: &usize| {
            let name = &table.columns[*at];
            let taken = self.by_role.values().any(|taken| taken == at);
            !taken && !self.ignores(*at) && !named.values().any(|n| n == name)
        };
        let own = table.columns.iter().any(|name| plain(name) == OWN);
        let all = || (0..table.columns.len()).filter(&free);
        let of = |at: usize| Some((role.preference(&table.columns[at], own)?, at));
        let mut found: Vec<_> = all().filter_map(of).collect();
        found.sort_unstable();
        if !found.is_empty() {
            return found.into_iter().map(|(_, at)| at).collect();
        }
        let ends: Vec<usize> = all().filter(|&at| role.ends(&table.columns[at])).collect();
        if ends.len() == 1 { ends } else { Vec::new() }
    }
}

/// Why nothing holds what is needed: cells that hold many values each, or names that are not known.
fn lacks(table: &Table, role: Role) -> TableFault {
    let nested = |at: usize| {
        let mut cells = table.rows.iter().map(|row| row.cells[at].trim());
        cells.find(|cell| !cell.is_empty()).is_some_and(|cell| cell.starts_with('{'))
    };
    match (0..table.columns.len()).find(|&at| nested(at)) {
        Some(at) => TableFault::Nested { role, column: table.columns[at].clone() },
        None => TableFault::NoColumn { role, columns: table.all_columns() },
    }
}

/// The column of that very name.
pub(crate) fn position(table: &Table, name: &str) -> Result<usize, JudgeError> {
    table.columns.iter().position(|column| column == name).ok_or_else(|| {
        table.fault(TableFault::NotThere { name: name.to_owned(), columns: table.all_columns() })
    })
}

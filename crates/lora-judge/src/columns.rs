//! Which column of a table holds what.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::{JudgeError, TableFault};
use crate::names::{ColumnNames, Role, plain};
use crate::table::{Row, Table};

/// The columns of a table by what they hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Columns {
    by_role: BTreeMap<Role, usize>,
    read_as: Vec<ReadAs>,
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
    /// Finds every column: the one that was named, or else the first one with a known name.
    ///
    /// # Errors
    /// [`JudgeError::Table`] if a named column is not there, or nothing is known to hold one of `needed`.
    pub fn of(table: &Table, named: &ColumnNames, needed: &[Role]) -> Result<Self, JudgeError> {
        let mut columns = Self::default();
        for role in Role::ALL {
            let found = match named.get(&role) {
                Some(name) => vec![position(table, name)?],
                None => columns.known(table, role, named),
            };
            let Some((&first, others)) = found.split_first() else {
                if needed.contains(&role) {
                    let columns = table.columns.clone();
                    return Err(table.fault(TableFault::NoColumn { role, columns }));
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

    /// How every used column was understood.
    pub fn read_as(&self) -> &[ReadAs] {
        &self.read_as
    }

    /// A number of a row; none without such a column too.
    pub(crate) fn number(
        &self,
        table: &Table,
        row: &Row,
        role: Role,
    ) -> Result<Option<f64>, JudgeError> {
        self.get(role).map_or(Ok(None), |column| table.number(row, column))
    }

    /// The free columns with a name that is known for a role, the likeliest first.
    fn known(&self, table: &Table, role: Role, named: &ColumnNames) -> Vec<usize> {
        let free = |at: &usize| {
            let name = &table.columns[*at];
            !self.by_role.values().any(|taken| taken == at) && !named.values().any(|n| n == name)
        };
        let mut found = Vec::new();
        for known in role.names() {
            // A bare name comes before that of a tracker.
            let bare = (0..table.columns.len()).filter(|&at| table.columns[at] == *known);
            let like = (0..table.columns.len()).filter(|&at| plain(&table.columns[at]) == *known);
            for at in bare.chain(like).filter(free) {
                if !found.contains(&at) {
                    found.push(at);
                }
            }
        }
        found
    }
}

/// The column of that very name.
pub(crate) fn position(table: &Table, name: &str) -> Result<usize, JudgeError> {
    table.columns.iter().position(|column| column == name).ok_or_else(|| {
        table.fault(TableFault::NotThere { name: name.to_owned(), columns: table.columns.clone() })
    })
}

//! A column of a table: what it is called, what it means, and how its cells come from a row.

/// A column of a table whose rows are made from `R`. What is written and what is said of it are one.
pub struct Column<R: 'static> {
    /// Its name in every format.
    pub name: &'static str,
    /// What its numbers count or are in units of; "1" where they have none, "" for what is no quantity.
    pub unit: &'static str,
    /// When a cell is null; "" if never.
    pub null: &'static str,
    /// What it holds.
    pub meaning: &'static str,
    /// Its cells.
    pub cells: Cells<R>,
}

/// The type of a column, with its cell of a row.
pub enum Cells<R> {
    /// Text.
    Text(fn(&R) -> &str),
    /// A signed 64-bit number.
    Whole(fn(&R) -> i64),
    /// The same or nothing.
    WholeOrNull(fn(&R) -> Option<i64>),
    /// An f64.
    Real(fn(&R) -> f64),
    /// The same or nothing, which is not NaN.
    RealOrNull(fn(&R) -> Option<f64>),
    /// True or false.
    Flag(fn(&R) -> bool),
}

impl<R> Cells<R> {
    /// The type's name.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Text(_) => "string",
            Self::Whole(_) | Self::WholeOrNull(_) => "int64",
            Self::Real(_) | Self::RealOrNull(_) => "float64",
            Self::Flag(_) => "boolean",
        }
    }

    /// Whether a cell can be null.
    pub fn nullable(&self) -> bool {
        matches!(self, Self::WholeOrNull(_) | Self::RealOrNull(_))
    }
}

/// A column that says of itself what its cells are.
macro_rules! column {
    ($kind:ident $name:ident [$unit:literal] $meaning:literal, $cell:expr) => {
        column!($kind $name [$unit] $meaning, null if "", $cell)
    };
    ($kind:ident $name:ident [$unit:literal] $meaning:literal, null if $null:literal, $cell:expr) => {
        Column {
            name: stringify!($name),
            unit: $unit,
            null: $null,
            meaning: $meaning,
            cells: Cells::$kind($cell),
        }
    };
}
pub(crate) use column;

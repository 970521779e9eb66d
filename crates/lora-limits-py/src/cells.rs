//! Columns of tables from the fields of rows, each with the type that its Rust type has.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, Float32Array, Float64Array, Int64Array, StringArray, UInt64Array,
};
use lora_types::Init;

/// A cell of a column.
pub trait Cell: Sized {
    /// The column of these cells.
    fn array(cells: impl Iterator<Item = Self>) -> ArrayRef;
}

macro_rules! cells {
    ($($of:ty => $array:ident |$cell:ident| $value:expr;)*) => {$(
        impl Cell for $of {
            fn array(cells: impl Iterator<Item = Self>) -> ArrayRef {
                Arc::new(cells.map(|$cell| Some($value)).collect::<$array>())
            }
        }

        impl Cell for Option<$of> {
            fn array(cells: impl Iterator<Item = Self>) -> ArrayRef {
                Arc::new(cells.map(|cell| cell.map(|$cell| $value)).collect::<$array>())
            }
        }
    )*};
}
cells! {
    f64 => Float64Array |cell| cell;
    f32 => Float32Array |cell| cell;
    u64 => UInt64Array |cell| cell;
    i64 => Int64Array |cell| cell;
    // No table has 2^63 rows, widths or steps.
    usize => Int64Array |cell| i64::try_from(cell).unwrap_or(i64::MAX);
    bool => BooleanArray |cell| cell;
    String => StringArray |cell| cell;
    Init => StringArray |cell| cell.key().to_owned();
}

/// A column: its name and its cells.
pub fn column<T: Cell>(
    name: &'static str,
    cells: impl Iterator<Item = T>,
) -> (&'static str, ArrayRef) {
    (name, T::array(cells))
}

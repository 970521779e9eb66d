//! Random matrices drawn on the device.

use lora_sim::SimError;
use lora_sim::philox::Purpose;

use crate::queue::Queue;
use crate::raw::Address;

/// The parameter of `draw_normals`, as in kernels/draw.cu.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    /// Where the piece goes.
    out: Address,
    row_step: u64,
    column_step: u64,
    seed: u64,
    width: u32,
    purpose: u32,
    first_row: u32,
    rows: u32,
    columns: u32,
    valid_rows: u32,
    valid_columns: u32,
    std: f32,
}

impl Draw {
    /// A piece of `padded` rows and columns, those within `valid` random and the rest zero; row by
    /// row.
    pub fn new(out: Address, padded: (usize, usize), valid: (usize, usize)) -> Self {
        let size = |size: usize| u32::try_from(size).unwrap_or(u32::MAX);
        Self {
            out,
            row_step: padded.1 as u64,
            column_step: 1,
            seed: 0,
            width: 0,
            purpose: 0,
            first_row: 0,
            rows: size(padded.0),
            columns: size(padded.1),
            valid_rows: size(valid.0),
            valid_columns: size(valid.1),
            std: 1.0,
        }
    }

    /// The same with this many floats from row to row and from column to column.
    pub fn steps(self, row_step: usize, column_step: usize) -> Self {
        Self { row_step: row_step as u64, column_step: column_step as u64, ..self }
    }

    /// The same from row `first_row` of the matrix on.
    pub fn from_row(self, first_row: usize) -> Self {
        Self { first_row: first_row as u32, ..self }
    }

    /// From the stream of (seed, width, purpose).
    pub fn of(self, seed: u64, width: usize, purpose: Purpose) -> Self {
        Self { seed, width: width as u32, purpose: purpose as u32, ..self }
    }
}

/// Draws entries N(0, std²).
pub fn draw(queue: &Queue, draw: &Draw, std: f64) -> Result<(), SimError> {
    let threads = draw.rows as usize * (draw.columns as usize / 4);
    let parameter = Draw { std: std as f32, ..*draw };
    queue.launch("draw_normals", [threads.div_ceil(256), 1, 1], [256, 1], &parameter)
}

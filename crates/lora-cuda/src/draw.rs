//! Random matrices drawn on the device.

use lora_random::philox::Purpose;
use lora_sim::SimError;

use crate::queue::Queue;
use crate::raw::Address;

/// The parameter of `draw_normals`, as in kernels/draw.cu.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Draw {
    /// Address of the piece's first entry.
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
    /// A piece of `padded` rows and columns, stored row by row. Entries within the first `valid` rows
    /// and columns of the matrix are random, the others zero.
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

    /// The same piece with this many floats from row to row and from column to column.
    pub fn steps(self, row_step: usize, column_step: usize) -> Self {
        Self { row_step: row_step as u64, column_step: column_step as u64, ..self }
    }

    /// The same piece, beginning at row `first_row` of the matrix.
    pub fn starting_at(self, first_row: usize) -> Self {
        Self { first_row: first_row as u32, ..self }
    }

    /// The same piece, drawn from the stream of (seed, width, purpose).
    pub fn of(self, seed: u64, width: usize, purpose: Purpose) -> Self {
        Self { seed, width: width as u32, purpose: purpose as u32, ..self }
    }
}

/// Draws entries from N(0, std²).
///
/// # Errors
///
/// If the driver refuses the launch.
pub fn draw(queue: &Queue, draw: &Draw, std: f64) -> Result<(), SimError> {
    let threads = draw.rows as usize * (draw.columns as usize / 4);
    let parameter = Draw { std: std as f32, ..*draw };
    // SAFETY: `Draw` is the kernel's parameter, and all callers give it a piece of a live buffer.
    unsafe { queue.launch("draw_normals", [threads.div_ceil(256), 1, 1], [256, 1], &parameter) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use lora_random::normal::fill_row;
    use lora_random::philox::Stream;

    use crate::device::Device;

    /// The parameter of `draw_words`.
    #[repr(C)]
    #[derive(Clone, Copy)]
    struct DrawWords {
        out: Address,
        seed: u64,
        width: u32,
        purpose: u32,
        row: u32,
        count: u32,
    }

    fn queue() -> Queue {
        Queue::new(&Arc::new(Device::open(0).expect("the stand-in is a device"))).expect("a stream")
    }

    #[test]
    fn words_are_those_of_the_host() {
        lora_cuda_shim::preload_or_skip!();
        let queue = queue();
        let (seed, width, row, count) = (0xDEAD_BEEF_0123_4567, 77, 1 << 31, 300);
        let out = queue.alloc::<u32>(4 * count).expect("memory");
        let (count_32, purpose) = (count as u32, Purpose::AdapterB);
        let parameter = DrawWords {
            out: out.address(),
            seed,
            width,
            purpose: purpose as u32,
            row,
            count: count_32,
        };
        let grid = [count.div_ceil(128), 1, 1];
        // SAFETY: `DrawWords` is the kernel's parameter; `out` holds four words for each thread.
        unsafe { queue.launch("draw_words", grid, [128, 1], &parameter) }.expect("a launch");
        let mut words = vec![0; 4 * count];
        queue.download(&out, &mut words).expect("a copy");
        let stream = Stream::new(seed, width as usize, purpose);
        let want: Vec<u32> = (0..count_32).flat_map(|block| stream.block(row, block)).collect();
        assert_eq!(words, want);
    }

    /// An ulp is allowed: the logarithm and the sine of two libraries may differ in their last bit, and
    /// the rounding to f32 may then go the other way.
    #[test]
    fn normals_are_those_of_the_host_to_an_ulp_and_padding_is_zero() {
        lora_cuda_shim::preload_or_skip!();
        let queue = queue();
        let (padded, valid, first) = ((64, 48), (90, 45), 30);
        let out = queue.alloc::<f32>(padded.0 * padded.1).expect("memory");
        let piece = Draw::new(out.address(), padded, valid).starting_at(first);
        draw(&queue, &piece.of(9, 90, Purpose::StudentHidden), 0.5).expect("a launch");
        let mut values = vec![f32::NAN; padded.0 * padded.1];
        queue.download(&out, &mut values).expect("a copy");
        let stream = Stream::new(9, 90, Purpose::StudentHidden);
        for (row, got) in values.chunks(padded.1).enumerate() {
            let mut want = vec![0.0f32; padded.1];
            if first + row < valid.0 {
                fill_row(&stream, first + row, 0.5, &mut want[..valid.1]);
            }
            for (got, want) in got.iter().zip(want) {
                assert!(got.to_bits().abs_diff(want.to_bits()) <= 1, "row {row}: {got}, {want}");
            }
        }
    }
}

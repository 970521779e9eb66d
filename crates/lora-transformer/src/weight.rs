//! Base weights in memory: kept in the precision of the file, computed with in f32.

use std::cell::RefCell;

use half::slice::HalfFloatSliceExt;
use lora_checkpoint::{Data, Tensor};

thread_local! {
    /// Where a matrix of half precision is widened. Taken out while it is in use, so that uses nest.
    static WIDE: RefCell<Vec<Vec<f32>>> = const { RefCell::new(Vec::new()) };
}

/// The entries of one parameter.
#[derive(Clone, Debug)]
pub struct Weight {
    data: Data,
}

impl Weight {
    /// The entries of a tensor, in its order.
    pub fn new(tensor: Tensor) -> Self {
        Self { data: tensor.data }
    }

    /// The entries of a matrix \[out, in\] as \[in, out\], the order in which products read faster.
    pub fn transposed(tensor: &Tensor) -> Self {
        let (rows, cols) = (tensor.shape[0], tensor.shape[1]);
        let data = match &tensor.data {
            Data::F32(values) => Data::F32(transposed(values, rows, cols)),
            Data::F16(values) => Data::F16(transposed(values, rows, cols)),
            Data::BF16(values) => Data::BF16(transposed(values, rows, cols)),
        };
        Self { data }
    }

    /// Entries in f32, whatever the file has.
    pub fn widened(tensor: &Tensor) -> Self {
        Self { data: Data::F32(tensor.to_f32()) }
    }

    /// Of entries in f32.
    pub fn of(values: Vec<f32>) -> Self {
        Self { data: Data::F32(values) }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        match &self.data {
            Data::F32(values) => values.len(),
            Data::F16(values) => values.len(),
            Data::BF16(values) => values.len(),
        }
    }

    /// Bytes that the entries take.
    pub fn bytes(&self) -> u64 {
        let size = if self.plain().is_some() { 4 } else { 2 };
        size * self.len() as u64
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries, if they are in f32.
    pub fn plain(&self) -> Option<&[f32]> {
        match &self.data {
            Data::F32(values) => Some(values),
            Data::F16(_) | Data::BF16(_) => None,
        }
    }

    /// Hands all entries in f32 to `with`.
    pub fn with<R>(&self, with: impl FnOnce(&[f32]) -> R) -> R {
        match &self.data {
            Data::F32(values) => with(values),
            Data::F16(values) => wide(values.len(), |out| values.convert_to_f32_slice(out), with),
            Data::BF16(values) => wide(values.len(), |out| values.convert_to_f32_slice(out), with),
        }
    }

    /// Copies entries `from` and on into `out`, in f32.
    pub fn copy(&self, from: usize, out: &mut [f32]) {
        let range = from..from + out.len();
        match &self.data {
            Data::F32(values) => out.copy_from_slice(&values[range]),
            Data::F16(values) => values[range].convert_to_f32_slice(out),
            Data::BF16(values) => values[range].convert_to_f32_slice(out),
        }
    }

    /// All entries in f32.
    pub fn to_vec(&self) -> Vec<f32> {
        self.with(<[f32]>::to_vec)
    }
}

fn wide<R>(count: usize, fill: impl FnOnce(&mut [f32]), with: impl FnOnce(&[f32]) -> R) -> R {
    let mut buffer = WIDE.with(|buffers| buffers.borrow_mut().pop()).unwrap_or_default();
    buffer.resize(count.max(buffer.len()), 0.0);
    fill(&mut buffer[..count]);
    let result = with(&buffer[..count]);
    WIDE.with(|buffers| buffers.borrow_mut().push(buffer));
    result
}

/// A row-major matrix \[rows, cols\] as \[cols, rows\], in square tiles that stay in the cache.
pub fn transposed<T: Copy>(values: &[T], rows: usize, cols: usize) -> Vec<T> {
    const TILE: usize = 32;
    let mut out = values.to_vec();
    for row in (0..rows).step_by(TILE) {
        for col in (0..cols).step_by(TILE) {
            for i in row..(row + TILE).min(rows) {
                for j in col..(col + TILE).min(cols) {
                    out[j * rows + i] = values[i * cols + j];
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use half::{bf16, f16};
    use proptest::prelude::*;

    proptest! {
        /// Sizes lie on both sides of a tile's.
        #[test]
        fn entry_i_j_of_a_transpose_is_entry_j_i(rows in 1usize..70, cols in 1usize..70) {
            let values: Vec<usize> = (0..rows * cols).collect();
            let turned = transposed(&values, rows, cols);
            for place in 0..rows * cols {
                prop_assert_eq!(turned[place % cols * rows + place / cols], place);
            }
            prop_assert_eq!(transposed(&turned, cols, rows), values);
        }
    }

    fn tensor(data: Data) -> Tensor {
        Tensor { shape: vec![2, 3], data }
    }

    #[test]
    fn every_precision_gives_the_same_small_numbers() {
        let values = [0.0f32, 1.0, 2.0, -3.0, 4.0, 5.5];
        let all = [
            Data::F32(values.to_vec()),
            Data::F16(values.iter().map(|&v| f16::from_f32(v)).collect()),
            Data::BF16(values.iter().map(|&v| bf16::from_f32(v)).collect()),
        ];
        for data in all {
            let weight = Weight::transposed(&tensor(data.clone()));
            assert_eq!(weight.to_vec(), [0.0, -3.0, 1.0, 4.0, 2.0, 5.5]);
            assert_eq!(weight.len(), 6);
            // Uses nest, and a later, shorter one sees its own entries alone.
            let shorter = Weight::new(Tensor {
                shape: vec![2],
                data: Data::F16(vec![f16::from_f32(7.0), f16::from_f32(8.0)]),
            });
            weight.with(|outer| {
                shorter.with(|inner| assert_eq!(inner, [7.0, 8.0]));
                assert_eq!(outer.len(), 6);
            });
            let mut row = [0.0; 2];
            weight.copy(2, &mut row);
            assert_eq!(row, [1.0, 4.0]);
        }
    }
}

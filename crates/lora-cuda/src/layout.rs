//! Sizes on the device. Everything is padded to whole tiles, so that no kernel has a ragged edge.

use lora_sim::spec::{Activation, Model};
use lora_sim::{Columns, is_explicit};

/// Columns of a tile, and neurons of a tile.
pub const TILE: usize = 128;

/// The most blocks that a grid has in its second and third dimension.
pub const MOST_BLOCKS: usize = 65_535;

/// Padded sizes of a (model, width). Nothing else decides them, so the numbers of a run do not depend
/// on its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// n, the width.
    pub width: usize,
    /// n, padded.
    pub neurons: usize,
    /// Columns of the samples on the host.
    pub host: Columns,
    /// N, padded.
    pub train: usize,
    /// N, padded, plus the test samples, padded.
    pub columns: usize,
    /// r, the rank.
    pub rank: usize,
    /// r, padded to 4 or to a multiple of 8.
    pub stride: usize,
    /// Neurons in one partial sum, a multiple of 32.
    pub chunk: usize,
}

impl Layout {
    /// The layout of a valid model.
    pub fn new(model: &Model, width: usize) -> Self {
        let neurons = width.next_multiple_of(TILE);
        let train = model.points.next_multiple_of(TILE);
        Self {
            width,
            neurons,
            host: Columns { train: model.points, test: model.test_points },
            train,
            columns: train + model.test_points.next_multiple_of(TILE),
            rank: model.rank,
            stride: if model.rank <= 4 { 4 } else { model.rank.next_multiple_of(8) },
            chunk: neurons
                .div_ceil(64)
                .clamp(32, 1024)
                .max(neurons.div_ceil(MOST_BLOCKS))
                .next_multiple_of(32),
        }
    }

    /// Number of partial sums over neurons.
    pub fn chunks(&self) -> usize {
        self.neurons.div_ceil(self.chunk)
    }

    /// Number of parts that Gram matrices and the factors' movement are summed in.
    pub fn norm_parts(&self) -> usize {
        (self.neurons / TILE).min(64)
    }

    /// Columns of B that one thread computes.
    pub fn piece(&self) -> usize {
        self.stride.min(8)
    }

    /// Number of parts of Σ g² of B, one for each block of its update.
    pub fn b_parts(&self, activation: Activation) -> usize {
        self.neurons / b_block(activation) * (self.stride / self.piece())
    }

    /// The device's column for a column of the host.
    pub fn column(&self, host: usize) -> usize {
        let padded = self.host.train_padded();
        if host < padded { host } else { self.train + host - padded }
    }

    /// Bytes that Z, H, W_out and y take on the device.
    pub fn frozen_bytes(&self) -> u64 {
        bytes(&[2 * 4, self.neurons, self.columns])
            .saturating_add(bytes(&[4, self.neurons]))
            .saturating_add(bytes(&[4, self.columns]))
    }

    /// Bytes that drawing H needs on the host for a time: ZᵀZ, its eigenvectors and the root.
    pub fn host_bytes(&self) -> u64 {
        bytes(&[8 * 5, self.columns, self.columns])
    }

    /// Bytes that drawing H needs on the device for a time: X, some rows of weights, and ZᵀZ with its
    /// root.
    pub fn drawing_bytes(&self, model: &Model) -> u64 {
        let explicit = if is_explicit(model, self.width) { self.neurons } else { 0 };
        let terms = self.columns.max(model.input_dim).max(explicit);
        let weights = bytes(&[4, rows_at_once(terms, self.neurons), terms]);
        let root = bytes(&[12, self.columns, self.columns]);
        let inputs = bytes(&[4, model.input_dim.next_multiple_of(16), self.columns]);
        weights.saturating_add(root).saturating_add(inputs)
    }
}

/// Neurons that one block of B's update computes.
pub fn b_block(activation: Activation) -> usize {
    if activation == Activation::Relu { TILE } else { 32 }
}

/// Rows of weights that are drawn at once: about 64 MiB, a multiple of a tile.
pub fn rows_at_once(terms: usize, neurons: usize) -> usize {
    let rows = (1 << 24) / terms.max(1);
    (rows / TILE * TILE).clamp(TILE, neurons.max(TILE))
}

/// The product of all factors; saturates instead of overflowing.
pub fn bytes(factors: &[usize]) -> u64 {
    factors.iter().fold(1u64, |product, &factor| product.saturating_mul(factor as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_whole_tiles_and_chunks_whole_words() {
        for (width, points, test_points, rank) in
            [(1, 1, 0, 1), (128, 1000, 100, 4), (300, 70, 30, 5), (1 << 20, 1040, 5, 64)]
        {
            let model = Model { points, test_points, rank, ..Model::default() };
            let layout = Layout::new(&model, width);
            assert!(layout.neurons >= width && layout.neurons.is_multiple_of(TILE));
            assert!(layout.columns.is_multiple_of(TILE) && layout.train >= points);
            assert!(layout.stride >= rank && layout.stride.is_multiple_of(layout.piece()));
            assert!(layout.chunk.is_multiple_of(32) && layout.chunks() <= 1024);
            assert!(layout.chunk * layout.chunks() >= layout.neurons);
        }
    }

    #[test]
    fn test_points_follow_the_padded_training_points() {
        let model = Model { points: 1000, test_points: 100, ..Model::default() };
        let layout = Layout::new(&model, 128);
        assert_eq!((layout.train, layout.columns), (1024, 1152));
        assert_eq!((layout.column(999), layout.column(1008)), (999, 1024));
    }

    #[test]
    fn the_widest_layers_have_no_more_chunks_than_a_grid_takes() {
        let model = Model { points: 100, test_points: 0, ..Model::default() };
        for width in [1 << 26, (1 << 26) + 1, 1 << 30] {
            let layout = Layout::new(&model, width);
            assert!(layout.chunks() <= MOST_BLOCKS && layout.chunk.is_multiple_of(32));
        }
    }

    #[test]
    fn drawing_a_wide_layer_takes_little_beside_the_layer() {
        let model = Model { points: 200, test_points: 0, ..Model::default() };
        let layout = Layout::new(&model, 1 << 25);
        assert!(layout.drawing_bytes(&model) < 1 << 27);
        let explicit = Model { explicit_hidden_up_to: 1 << 25, ..model };
        assert!(layout.drawing_bytes(&explicit) > 1 << 33);
    }
}

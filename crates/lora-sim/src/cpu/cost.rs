//! The work of a stage, in a step that is not recorded: multiply-adds and bytes, from sizes alone.
//!
//! There are two counts of arithmetic:
//!
//! - **Useful** multiply-adds are those of the plain algorithm, whatever the engine does. For each run
//!   they are n N r for each of A Z, B Z_A, dB, dZ_A and dA, and n N for f.
//! - **Executed** operations are the arithmetic that the engine does: multiply-adds, and separate
//!   additions and multiplications, each counted as one. In f64 each counts as two, because a register
//!   holds half as many numbers. With relu, dB and dZ_A are n N r/4 additions each, whose terms are
//!   looked up. The count leaves out look-ups, comparisons, conversions, moves, a smooth φ, padding,
//!   and everything that does not grow with N, such as the updates of parameters. A share of the peak
//!   that is computed from it is therefore a lower bound.
//!
//! Bytes are those that must pass between memory and the chip if every stage finds an empty cache,
//! reads each operand once and writes each result once. Z and H count once for the whole batch. Data
//! that stays within a tile or a block does not count, nor do reads of lines that are about to be
//! written. A stage whose operands are in a cache can exceed the memory's rate.

use super::shared;
use super::stage::Stage;
use crate::spec::{Activation, Model};

/// The sizes that determine a cost, without padding.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    /// R, the number of runs of the batch.
    pub runs: usize,
    /// Width n.
    pub width: usize,
    /// N, the number of training samples.
    pub samples: usize,
    /// Rank r.
    pub rank: usize,
    /// S, the number of blocks of neurons, each of which has its own sums.
    pub blocks: usize,
    /// Whether φ is smooth. The backward pass then computes the preactivations again.
    pub smooth: bool,
}

/// The work of a stage for all runs of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Multiply-adds of the plain algorithm.
    pub useful: f64,
    /// Multiply-adds, separate additions and separate multiplications of the engine.
    pub executed: f64,
    /// Bytes read and written.
    pub bytes: f64,
}

/// The largest rates of the machine, on as many threads as the stage has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peaks {
    /// f32 multiply-adds per second.
    pub multiply_adds_per_s: f64,
    /// Bytes per second from memory.
    pub bytes_per_s: f64,
}

impl Cost {
    /// Least time of the executed operations, in seconds.
    pub fn computing(&self, peaks: &Peaks) -> f64 {
        self.executed / peaks.multiply_adds_per_s
    }

    /// Least time of moving the bytes from and to memory, in seconds.
    pub fn moving(&self, peaks: &Peaks) -> f64 {
        self.bytes / peaks.bytes_per_s
    }

    /// The roofline in seconds: max(executed / peak, bytes / peak).
    pub fn roofline(&self, peaks: &Peaks) -> f64 {
        self.computing(peaks).max(self.moving(peaks))
    }
}

/// [`Sizes`] as numbers.
struct Counts {
    runs: f64,
    n: f64,
    samples: f64,
    r: f64,
    blocks: f64,
    /// 1 if φ is smooth, 0 for relu.
    smooth: f64,
    relu: f64,
}

impl Sizes {
    /// The sizes of a batch of `runs` runs at a width.
    pub fn new(model: &Model, width: usize, runs: usize) -> Self {
        let smooth = model.activation != Activation::Relu;
        let (samples, rank, blocks) = (model.points, model.rank, shared::count(width));
        Self { runs, width, samples, rank, blocks, smooth }
    }

    /// The work of a stage for all runs together.
    pub fn cost(&self, stage: Stage) -> Cost {
        let c = self.counts();
        let (useful, executed) = (c.runs * c.useful(stage), c.runs * c.executed(stage));
        Cost { useful, executed, bytes: c.bytes(stage) }
    }

    fn counts(&self) -> Counts {
        let smooth = f64::from(u8::from(self.smooth));
        let [runs, n, samples, r, blocks] =
            [self.runs, self.width, self.samples, self.rank, self.blocks].map(|size| size as f64);
        Counts { runs, n, samples, r, blocks, smooth, relu: 1.0 - smooth }
    }
}

impl Counts {
    /// Useful multiply-adds of one run.
    fn useful(&self, stage: Stage) -> f64 {
        let products = match stage {
            Stage::Features | Stage::UpdateA => self.r,
            // s B Z_A, f, and dZ_A if the forward pass computes it.
            Stage::Forward => self.r + 1.0 + self.relu * self.r,
            Stage::UpdateB => self.r + self.smooth * self.r,
            Stage::Measure | Stage::FeatureGradient => 0.0,
        };
        products * self.n * self.samples
    }

    /// Executed operations of one run.
    fn executed(&self, stage: Stage) -> f64 {
        let (r, entries, features) = (self.r, self.n * self.samples, self.r * self.samples);
        match stage {
            Stage::Features | Stage::UpdateA => r * entries,
            Stage::Forward => (r + 1.0 + self.relu * r / 4.0) * entries,
            Stage::Measure => self.measuring(),
            // s B Z_A again, dB and dZ_A; with relu a quarter of dB's additions.
            Stage::UpdateB => (self.smooth * 3.0 + self.relu / 4.0) * r * entries,
            // The blocks' parts, and e.
            Stage::FeatureGradient => (self.blocks + 1.0) * features,
        }
    }

    /// f from its parts, BᵀB and its quadratic form at every sample, in f64; e ∘ Z_A; and sixteen
    /// masked additions for each number of the tables of e ∘ Z_A.
    fn measuring(&self) -> f64 {
        let triangle = self.r * (self.r + 1.0) / 2.0;
        let wide = (self.blocks + triangle + self.r) * self.samples + triangle * self.n;
        2.0 * wide + (1.0 + 16.0 * self.relu) * self.r * self.samples
    }

    /// Bytes of all runs.
    fn bytes(&self, stage: Stage) -> f64 {
        let entries = self.n * self.samples;
        // f32 numbers of a factor, of Z_A, of e and of the blocks' parts of dZ_A, of all runs; a
        // mask entry is a bit.
        let (factor, za) = (self.runs * self.r * self.n, self.runs * self.r * self.samples);
        let e = self.runs * self.samples;
        let (parts, masks) = (self.blocks * za, self.runs * entries / 32.0);
        // A factor and its two moments, read and written.
        let update = 6.0 * factor;
        let (smooth, relu) = (self.smooth, self.relu);
        let words = match stage {
            Stage::Features => entries + factor + za,
            Stage::Forward => {
                entries + factor + self.n + za + self.blocks * e + relu * (parts + masks)
            }
            // Parts of f, y, B and Z_A; a copy of Z_A; e; e ∘ Z_A with its tables.
            Stage::Measure => {
                self.blocks * e + self.samples + factor + za + (2.0 + 4.0 * relu) * za + e
            }
            // And a copy of B.
            Stage::UpdateB => {
                let made_from = relu * (masks + 4.0 * za) + smooth * (entries + 2.0 * za + parts);
                made_from + self.n + update + factor
            }
            Stage::FeatureGradient => parts + e + za,
            Stage::UpdateA => entries + za + update,
        };
        4.0 * words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(activation: Activation) -> Sizes {
        let model = Model { points: 1000, rank: 3, activation, ..Model::default() };
        Sizes::new(&model, 300, 7)
    }

    fn total(sizes: &Sizes, count: fn(Cost) -> f64) -> f64 {
        Stage::ALL.into_iter().map(|stage| count(sizes.cost(stage))).sum()
    }

    #[test]
    fn useful_work_is_five_products_and_the_outputs() {
        for activation in [Activation::Relu, Activation::Tanh, Activation::Gelu] {
            let useful = total(&sizes(activation), |cost| cost.useful);
            assert_eq!(useful, 7.0 * (5.0 * 300.0 * 1000.0 * 3.0 + 300.0 * 1000.0));
        }
    }

    #[test]
    fn executed_work_by_hand() {
        let sizes = sizes(Activation::Relu);
        assert_eq!(sizes.blocks, 5);
        let executed = |stage| sizes.cost(stage).executed;
        let entries = 7.0 * 300.0 * 1000.0;
        assert_eq!(executed(Stage::Features), 3.0 * entries);
        assert_eq!(executed(Stage::Forward), (4.0 + 0.75) * entries);
        assert_eq!(executed(Stage::UpdateB), 0.75 * entries);
        assert_eq!(executed(Stage::UpdateA), 3.0 * entries);
        assert_eq!(executed(Stage::FeatureGradient), 7.0 * 6.0 * 3.0 * 1000.0);
        // Five parts of f, six entries of a triangle and three products a sample; 300 rows of B.
        let wide = (5.0 + 6.0 + 3.0) * 1000.0 + 6.0 * 300.0;
        assert_eq!(executed(Stage::Measure), 7.0 * (2.0 * wide + 17.0 * 3.0 * 1000.0));
    }

    #[test]
    fn a_smooth_slope_is_multiplied_with_and_made_anew() {
        let (relu, tanh) = (sizes(Activation::Relu), sizes(Activation::Tanh));
        let executed = |stage| tanh.cost(stage).executed;
        let entries = 7.0 * 300.0 * 1000.0;
        assert_eq!(executed(Stage::Forward), 4.0 * entries);
        assert_eq!(executed(Stage::UpdateB), 9.0 * entries);
        for stage in [Stage::Features, Stage::FeatureGradient, Stage::UpdateA] {
            assert_eq!(tanh.cost(stage), relu.cost(stage));
        }
    }

    #[test]
    fn bytes_by_hand() {
        let sizes = sizes(Activation::Relu);
        let bytes = |stage| sizes.cost(stage).bytes as usize;
        let (za, factor) = (7 * 3 * 1000, 7 * 3 * 300);
        assert_eq!(bytes(Stage::Features), 4 * (300 * 1000 + factor + za));
        // H, B, W_out, Z_A; five parts of f and of dZ_A; a bit for each neuron, sample and run.
        let forward = 300 * 1000 + factor + 300 + za + 5 * 7 * 1000 + 5 * za;
        assert_eq!(bytes(Stage::Forward), 4 * forward + 7 * 300 * 1000 / 8);
        // Five parts of f, y, B, Z_A; Z_A again, e, e ∘ Z_A and four times as much of tables.
        let measure = 5 * 7 * 1000 + 1000 + factor + za + za + 7 * 1000 + za + 4 * za;
        assert_eq!(bytes(Stage::Measure), 4 * measure);
        // Tables, W_out, B and moments to and fro, the last B.
        let update_b = 4 * za + 300 + 6 * factor + factor;
        assert_eq!(bytes(Stage::UpdateB), 4 * update_b + 7 * 300 * 1000 / 8);
        assert_eq!(bytes(Stage::FeatureGradient), 4 * (5 * za + 7 * 1000 + za));
        assert_eq!(bytes(Stage::UpdateA), 4 * (300 * 1000 + za + 6 * factor));
    }

    #[test]
    fn the_roofline_is_the_slower_of_computing_and_moving() {
        let cost = Cost { useful: 1e9, executed: 6.0, bytes: 20.0 };
        let at = |bytes_per_s| cost.roofline(&Peaks { multiply_adds_per_s: 2.0, bytes_per_s });
        assert_eq!((at(100.0), at(5.0)), (3.0, 4.0));
    }
}

//! Counts the multiply-adds and bytes of each launch of a training step, from sizes alone.
//!
//! Multiply-adds are those that training needs for n neurons, N samples and rank r, without padding:
//! in each run n·N·r for each of A Z, B Z_A, dB, dZ_A and dA. Sums of lower order, such as f, are not
//! counted. Neither is what a kernel computes a second time.
//!
//! Bytes are those that must pass between device memory and the chip if every launch finds an empty
//! cache and reads each operand once. Within a launch, a tile of Z or H stays in the cache for all
//! runs of the batch, and a run's own Z_A, e Z_A, dZ_A and rules stay there for all tiles. Whatever
//! one launch leaves for the next, including partial sums, goes to memory and back. A batch that is
//! small enough to stay in the cache can therefore exceed the memory's speed.

use lora_sim::spec::{Activation, Model};

use crate::buffers::SUMS;
use crate::layout::{Layout, TILE};

/// The stages of a step. A kernel's name begins with that of its stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Parts of Z_A = A Z.
    Features,
    /// Z_A from its parts.
    GatherFeatures,
    /// Parts of f, and relu's masks.
    Forward,
    /// f from its parts, and e.
    GatherOutputs,
    /// Losses and divergence.
    Losses,
    /// Parts of BᵀB. A recorded step adds the Gram matrices of the last update and the distances from
    /// the start.
    NormParts,
    /// Gram matrices from their parts.
    GatherGrams,
    /// Parts of norms from Gram matrices.
    Forms,
    /// Recorded quantities from their parts.
    Measure,
    /// Parts of dZ_A.
    FeatureGradient,
    /// dZ_A from its parts.
    GatherFeatureGradient,
    /// A copy of B, for smooth activations.
    KeepB,
    /// dB and B's update.
    UpdateB,
    /// dA and A's update.
    UpdateA,
    /// Norms of gradients, and the step counter.
    FinishStep,
}

impl Stage {
    /// All of them, in order.
    pub const ALL: [Self; 15] = [
        Self::Features,
        Self::GatherFeatures,
        Self::Forward,
        Self::GatherOutputs,
        Self::Losses,
        Self::NormParts,
        Self::GatherGrams,
        Self::Forms,
        Self::Measure,
        Self::FeatureGradient,
        Self::GatherFeatureGradient,
        Self::KeepB,
        Self::UpdateB,
        Self::UpdateA,
        Self::FinishStep,
    ];

    /// The beginning of its kernels' names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Features => "features",
            Self::GatherFeatures => "gather_features",
            Self::Forward => "forward",
            Self::GatherOutputs => "gather_outputs",
            Self::Losses => "losses",
            Self::NormParts => "norm_parts",
            Self::GatherGrams => "gather_grams",
            Self::Forms => "forms",
            Self::Measure => "measure",
            Self::FeatureGradient => "feature_gradient",
            Self::GatherFeatureGradient => "gather_feature_gradient",
            Self::KeepB => "keep_b",
            Self::UpdateB => "update_b",
            Self::UpdateA => "update_a",
            Self::FinishStep => "finish_step",
        }
    }

    /// The stage of a kernel; `None` for a kernel that is not part of a training step.
    pub fn of(kernel: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| kernel.starts_with(stage.name()))
    }
}

/// The work of a launch.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cost {
    /// Multiply-adds in f32 that training needs.
    pub multiply_adds: f64,
    /// Multiply-adds in f64 that measuring needs.
    pub measuring: f64,
    /// Bytes that it reads and writes.
    pub bytes: f64,
}

/// The sizes of a batch that decide the cost of a launch. Only the numbers of parts include padding.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// Runs in the batch.
    pub runs: usize,
    /// n, the width.
    pub width: usize,
    /// N, the training samples.
    pub points: usize,
    /// Test samples.
    pub test_points: usize,
    /// r, the rank.
    pub rank: usize,
    /// Partial sums over neurons.
    pub chunks: usize,
    /// Parts of a Gram matrix, and of a factor's movement.
    pub norm_parts: usize,
    /// Parts of a norm over samples.
    pub tiles: usize,
    /// Parts of Σ g² of A and of B in each run.
    pub squares: (usize, usize),
    /// Whether φ is smooth, so that the backward pass needs the preactivations and not only their signs.
    pub smooth: bool,
}

impl Sizes {
    /// The sizes of a batch of `runs` runs.
    pub fn new(layout: &Layout, model: &Model, runs: usize) -> Self {
        Self {
            runs,
            width: layout.width,
            points: model.points,
            test_points: model.test_points,
            rank: layout.rank,
            chunks: layout.chunks(),
            norm_parts: layout.norm_parts(),
            tiles: layout.train / TILE,
            squares: (layout.rank * layout.neurons / TILE, layout.b_parts(model.activation)),
            smooth: model.activation != Activation::Relu,
        }
    }

    /// The cost of one launch of a stage. A recorded step measures everything, and on test samples too.
    pub fn cost(&self, stage: Stage, recorded: bool) -> Cost {
        let size = |number: usize| number as f64;
        let (runs, n, train, r) =
            (size(self.runs), size(self.width), size(self.points), size(self.rank));
        let (chunks, norm_parts) = (size(self.chunks), size(self.norm_parts));
        let (a_parts, b_parts) = (size(self.squares.0), size(self.squares.1));
        let points = if recorded { train + size(self.test_points) } else { train };
        let once = |yes: bool| f64::from(u8::from(yes));
        let (rec, smooth) = (once(recorded), once(self.smooth));
        // Numbers of words: of a factor of all runs; of Z_A; of relu's masks, or of what a smooth φ's
        // preactivations are computed from.
        let (factor, za, grams) = (runs * n * r, runs * r * train, 1.0 + 2.0 * rec);
        let masks = if self.smooth { n * train + factor + za } else { runs * n * train / 32.0 };
        let product = factor * train;
        let all_za = runs * r * points;
        let form_parts = (1.0 + 3.0 * rec) * runs * 4.0 * size(self.tiles);
        let (work, measuring, words) = match stage {
            Stage::Features => (factor * points, 0.0, factor + n * points + chunks * all_za),
            Stage::GatherFeatures => (0.0, 0.0, (chunks + 1.0) * all_za + 2.0 * za),
            Stage::Forward => {
                let out = chunks * runs * points + (1.0 - smooth) * masks;
                (factor * points, 0.0, n * points + factor + all_za + n + out)
            }
            Stage::GatherOutputs => {
                let out = 2.0 * runs * points + runs * train;
                (0.0, 0.0, chunks * runs * points + train + out + 2.0 * za)
            }
            Stage::Losses => (0.0, 0.0, 2.0 * runs * points + points),
            Stage::NormParts => {
                let moved = rec * 4.0 * (factor + runs * norm_parts);
                let out = 2.0 * grams * runs * norm_parts * r * r;
                (0.0, grams * factor * r + rec * 2.0 * factor, (1.0 + rec) * factor + out + moved)
            }
            Stage::GatherGrams => (0.0, 0.0, 2.0 * grams * runs * (norm_parts + 1.0) * r * r),
            Stage::Forms => {
                let parts = 2.0 * grams * runs * r * r + 2.0 * form_parts;
                (0.0, (1.0 + 3.0 * rec) * za * (r + 1.0) + za, parts + (1.0 + rec) * za)
            }
            Stage::Measure => {
                let moved = 2.0 * rec * runs * norm_parts;
                (0.0, 0.0, 2.0 * (form_parts + moved + runs * size(SUMS)))
            }
            Stage::FeatureGradient => (product, 0.0, masks + factor + chunks * za),
            Stage::GatherFeatureGradient => (0.0, 0.0, (chunks + 1.0) * za + runs * train),
            Stage::KeepB => (0.0, 0.0, smooth * 2.0 * factor),
            Stage::UpdateB => {
                // Value and moments to and fro, wb; relu keeps the last B here.
                let state = (7.0 + (1.0 - smooth)) * factor;
                (product, 0.0, masks + za + n + state + 2.0 * runs * b_parts)
            }
            Stage::UpdateA => (product, 0.0, n * train + za + 6.0 * factor + 2.0 * runs * a_parts),
            Stage::FinishStep => (0.0, 0.0, 2.0 * runs * (a_parts + b_parts + 2.0)),
        };
        Cost { multiply_adds: work, measuring, bytes: 4.0 * words }
    }
}

#[cfg(test)]
mod tests {
    use lora_sim::spec::Trained;

    use super::*;
    use crate::step::Step;

    fn sizes(activation: Activation, test_points: usize) -> (Layout, Sizes) {
        let model = Model { points: 1000, test_points, rank: 3, activation, ..Model::default() };
        let layout = Layout::new(&model, 300);
        let sizes = Sizes::new(&layout, &model, 7);
        (layout, sizes)
    }

    #[test]
    fn a_step_of_a_run_is_five_products_whether_recorded_or_not() {
        for activation in [Activation::Relu, Activation::Tanh] {
            let (_, sizes) = sizes(activation, 0);
            for recorded in [false, true] {
                let costs = Stage::ALL.map(|stage| sizes.cost(stage, recorded).multiply_adds);
                assert_eq!(costs.iter().sum::<f64>(), 7.0 * 5.0 * 300.0 * 1000.0 * 3.0);
            }
        }
    }

    #[test]
    fn recording_adds_test_points_to_the_way_forward_and_measures() {
        let (_, sizes) = sizes(Activation::Relu, 100);
        let total = |recorded| {
            let costs = Stage::ALL.map(|stage| sizes.cost(stage, recorded));
            (costs.map(|c| c.multiply_adds).iter().sum(), costs.map(|c| c.measuring).iter().sum())
        };
        let (plain, recorded): ((f64, f64), (f64, f64)) = (total(false), total(true));
        assert_eq!(recorded.0 - plain.0, 2.0 * 7.0 * 300.0 * 100.0 * 3.0);
        // Three Gram matrices in place of one, distances of A and B, three forms more on each point.
        let more = 2.0 * 300.0 * 9.0 + 2.0 * 300.0 * 3.0 + 3.0 * 1000.0 * (9.0 + 3.0);
        assert_eq!(recorded.1 - plain.1, 7.0 * more);
    }

    #[test]
    fn bytes_of_stages_by_hand() {
        let (layout, sizes) = sizes(Activation::Relu, 100);
        assert_eq!((layout.neurons, layout.chunks(), layout.norm_parts()), (384, 12, 3));
        let bytes = |stage, recorded| sizes.cost(stage, recorded).bytes as usize;
        // A of seven runs, Z on all points, twelve parts of Z_A.
        let features = 7 * 3 * 300 + 300 * 1100 + 12 * 7 * 3 * 1100;
        assert_eq!(bytes(Stage::Features, true), 4 * features);
        // H on training points, B, Z_A, W_out; twelve parts of f; a bit a neuron and point.
        let forward = 300 * 1000 + 7 * 300 * 3 + 7 * 3 * 1000 + 300 + 12 * 7 * 1000;
        assert_eq!(bytes(Stage::Forward, false), 4 * forward + 7 * 300 * 1000 / 8);
        // dZ_A, Z, A and its moments to and fro, and a sum of squares for each row's three tiles.
        let update_a = 7 * 3 * 1000 + 300 * 1000 + 6 * 7 * 3 * 300;
        assert_eq!(bytes(Stage::UpdateA, false), 4 * update_a + 8 * 7 * 3 * 3);
        assert_eq!(bytes(Stage::KeepB, true), 0);
    }

    #[test]
    fn a_step_of_one_factor_launches_nothing_that_writes_to_the_other() {
        for activation in [Activation::Relu, Activation::Tanh, Activation::Gelu] {
            let (layout, sizes) = sizes(activation, 100);
            let stages = |train| {
                let runs = sizes.runs;
                let step = Step { layout: &layout, activation, train, runs, multiprocessors: 132 };
                let launches = step.backward().into_iter();
                launches.filter_map(|launch| Stage::of(&launch.kernel)).collect::<Vec<_>>()
            };
            let of_a = [Stage::FeatureGradient, Stage::GatherFeatureGradient, Stage::UpdateA];
            assert_eq!(stages(Trained::A), [&of_a[..], &[Stage::FinishStep]].concat());
            assert_eq!(stages(Trained::B), [Stage::KeepB, Stage::UpdateB, Stage::FinishStep]);
        }
    }

    #[test]
    fn every_launch_of_a_step_has_a_stage_in_order() {
        for activation in [Activation::Relu, Activation::Tanh, Activation::Gelu] {
            let (layout, sizes) = sizes(activation, 100);
            let (train, runs) = (Trained::AB, sizes.runs);
            let step = Step { layout: &layout, activation, train, runs, multiprocessors: 132 };
            let launches = step.forward().into_iter().chain(step.backward());
            let stages: Vec<_> = launches.filter_map(|launch| Stage::of(&launch.kernel)).collect();
            assert_eq!(stages, Stage::ALL);
        }
    }
}

//! The memory of a batch in training. One list says what is planned and what is allocated.

use lora_sim::SimError;

use crate::layout::{Layout, TILE, bytes};
use crate::queue::{Buffer, Queue};
use crate::raw_rule::RawRule;

/// The most steps that the device runs before the host looks.
pub const STEPS_AT_ONCE: usize = 256;
/// Numbers in a row of the history; `SUMS` of kernels/batch.cuh.
pub const SUMS: usize = 16;

macro_rules! buffers {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = |$l:ident, $runs:ident, $steps:ident| $size:expr;)*) => {
        /// The memory that a batch of up to `runs` runs computes in. kernels/batch.cuh gives the shapes.
        #[derive(Debug)]
        pub struct Buffers {
            /// Runs that they hold.
            pub runs: usize,
            /// Steps whose rules and history they hold.
            pub steps: usize,
            $($(#[$doc])* pub $name: Buffer<$kind>,)*
        }

        impl Buffers {
            /// Bytes that they take for `runs` runs.
            pub fn bytes(layout: &Layout, runs: usize, steps: usize) -> u64 {
                let mut total = 0u64;
                $({
                    let ($l, $runs, $steps) = (layout, runs, steps);
                    let size: &[usize] = &$size;
                    total = total.saturating_add(bytes(size).saturating_mul(size_of::<$kind>() as u64));
                })*
                total
            }

            /// Allocates them with undefined values.
            ///
            /// # Errors
            ///
            /// [`SimError::Device`] if the device has too little free memory.
            pub fn new(
                queue: &Queue,
                layout: &Layout,
                runs: usize,
                steps: usize,
            ) -> Result<Self, SimError> {
                Ok(Self {
                    runs,
                    steps,
                    $($name: {
                        let ($l, $runs, $steps) = (layout, runs, steps);
                        queue.alloc($size.iter().product())?
                    },)*
                })
            }
        }
    };
}

buffers! {
    /// A.
    a: f32 = |l, runs, _steps| [runs, l.stride, l.neurons];
    /// A_0.
    a_start: f32 = |l, runs, _steps| [runs, l.stride, l.neurons];
    /// First moment of A's gradient.
    a_first: f32 = |l, runs, _steps| [runs, l.stride, l.neurons];
    /// Second moment of A's gradient.
    a_second: f32 = |l, runs, _steps| [runs, l.stride, l.neurons];
    /// B.
    b: f32 = |l, runs, _steps| [runs, l.neurons, l.stride];
    /// B_0.
    b_start: f32 = |l, runs, _steps| [runs, l.neurons, l.stride];
    /// First moment of B's gradient.
    b_first: f32 = |l, runs, _steps| [runs, l.neurons, l.stride];
    /// Second moment of B's gradient.
    b_second: f32 = |l, runs, _steps| [runs, l.neurons, l.stride];
    /// B before the last update.
    b_previous: f32 = |l, runs, _steps| [runs, l.neurons, l.stride];
    /// W_out s B.
    wb: f32 = |l, runs, _steps| [runs, l.neurons, l.stride];
    /// Z_A.
    za: f32 = |l, runs, _steps| [runs, l.stride, l.columns];
    /// Z_A of the last step.
    za_previous: f32 = |l, runs, _steps| [runs, l.stride, l.train];
    /// ∂loss/∂f.
    e: f32 = |l, runs, _steps| [runs, l.train];
    /// e Z_A, transposed.
    x: f32 = |l, runs, _steps| [runs, l.train, l.stride];
    /// ∂loss/∂Z_A.
    dza: f32 = |l, runs, _steps| [runs, l.stride, l.train];
    /// relu's masks: the signs of the preactivations, a bit each.
    masks: u32 = |l, runs, _steps| [runs, l.neurons / 32, l.train];
    /// Partial sums of Z_A and of its gradient.
    part: f32 = |l, runs, _steps| [l.chunks(), runs, l.stride, l.columns];
    /// Partial sums of f.
    f_part: f32 = |l, runs, _steps| [l.chunks(), runs, l.columns];
    /// f.
    f: f64 = |l, runs, _steps| [runs, l.columns];
    /// Partial sums of Gram matrices.
    gram_part: f64 = |l, runs, _steps| [runs, 3, l.norm_parts(), l.stride * l.stride];
    /// Partial sums of the factors' movement.
    move_part: f64 = |l, runs, _steps| [runs, 2, l.norm_parts()];
    /// Partial sums of norms over samples.
    form_part: f64 = |l, runs, _steps| [runs, 4, l.train / TILE, 4];
    /// Partial sums of squares of A's gradient.
    a_squares: f64 = |l, runs, _steps| [runs, l.stride, l.neurons / TILE];
    /// Partial sums of squares of B's gradient.
    b_squares: f64 = |l, runs, _steps| [runs, l.neurons / 32, l.stride / l.piece()];
    /// What was measured at each step.
    history: f64 = |_l, runs, steps| [steps, runs, SUMS];
    /// Each run's first loss.
    first_loss: f64 = |_l, runs, _steps| [runs];
    /// Rules of A and B at each step.
    rules: RawRule = |_l, runs, steps| [steps, runs, 2];
    /// Whether a run trains.
    status: i32 = |_l, runs, _steps| [runs];
    /// How many runs train, and which.
    active: i32 = |_l, runs, _steps| [runs + 1];
    /// The current step, and the first of history and rules.
    clock: i32 = |_l, _runs, _steps| [2];
}

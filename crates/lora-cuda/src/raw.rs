//! The parameter of a step's kernels: `Batch` of kernels/batch.cuh, with the same layout.

use lora_sim::spec::{Model, Training};

use crate::buffers::Buffers;
use crate::layout::Layout;
use crate::queue::Buffer;

/// An address in device memory.
pub type Address = u64;

/// The one parameter of every kernel of a training step.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Batch {
    frozen: [Address; 4],
    a: [Address; 4],
    b: [Address; 6],
    features: [Address; 5],
    masks: Address,
    parts: [Address; 3],
    norms: [Address; 5],
    history: [Address; 2],
    rules: Address,
    bookkeeping: [Address; 3],
    divergence_factor: f64,
    multiplier: f32,
    neurons: i32,
    columns: i32,
    train: i32,
    points: i32,
    test_points: i32,
    rank: i32,
    runs: i32,
    true_rank: i32,
    chunk: i32,
    chunks: i32,
    norm_parts: i32,
    b_parts: i32,
    steps: i32,
    record_every: i32,
}

const _: () = assert!(size_of::<Batch>() == 34 * 8 + 8 + 4 * 15 + 4);

/// Z, H, W_out and y on the device.
#[derive(Debug)]
pub struct FrozenBuffers {
    /// Z [neurons × columns].
    pub z: Buffer<f32>,
    /// H [neurons × columns].
    pub h: Buffer<f32>,
    /// W_out [neurons].
    pub w_out: Buffer<f32>,
    /// y [columns].
    pub y: Buffer<f32>,
}

impl Batch {
    /// The parameter for `runs` runs in `buffers`, which must outlive its use.
    pub fn new(
        layout: &Layout,
        (model, training): (&Model, &Training),
        frozen: &FrozenBuffers,
        buffers: &Buffers,
        runs: usize,
    ) -> Self {
        let (f, b, int) = (frozen, buffers, |size: usize| size.min(i32::MAX as usize) as i32);
        Self {
            frozen: [f.z.address(), f.h.address(), f.w_out.address(), f.y.address()],
            a: [&b.a, &b.a_start, &b.a_first, &b.a_second].map(Buffer::address),
            b: [&b.b, &b.b_start, &b.b_first, &b.b_second, &b.b_previous, &b.wb]
                .map(Buffer::address),
            features: [&b.za, &b.za_previous, &b.e, &b.x, &b.dza].map(Buffer::address),
            masks: b.masks.address(),
            parts: [b.part.address(), b.f_part.address(), b.f.address()],
            norms: [&b.gram_part, &b.move_part, &b.form_part, &b.a_squares, &b.b_squares]
                .map(Buffer::address),
            history: [b.history.address(), b.first_loss.address()],
            rules: b.rules.address(),
            bookkeeping: [&b.status, &b.active, &b.clock].map(Buffer::address),
            divergence_factor: training.divergence_factor,
            multiplier: model.multiplier as f32,
            neurons: int(layout.neurons),
            columns: int(layout.columns),
            train: int(layout.train),
            points: int(model.points),
            test_points: int(model.test_points),
            rank: int(layout.stride),
            runs: int(runs),
            true_rank: int(layout.rank),
            chunk: int(layout.chunk),
            chunks: int(layout.chunks()),
            norm_parts: int(layout.norm_parts()),
            b_parts: int(layout.b_parts(model.activation)),
            steps: int(training.steps),
            record_every: int(training.record_every),
        }
    }
}

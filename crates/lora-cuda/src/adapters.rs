//! A and B of a batch: drawn on the device, or copied to it and back.

use lora_random::philox::Purpose;
use lora_sim::spec::{Init, Model, Run};
use lora_sim::{AdapterState, SimError};
use ndarray::Array2;

use crate::buffers::Buffers;
use crate::draw::{Draw, draw};
use crate::layout::Layout;
use crate::queue::{Buffer, Queue};

/// Draws the factors of a batch, and copies them.
#[derive(Clone, Copy)]
pub struct Adapters<'a> {
    /// The queue.
    pub queue: &'a Queue,
    /// Sizes.
    pub layout: &'a Layout,
    /// The model.
    pub model: &'a Model,
}

impl Adapters<'_> {
    /// Draws the start of every run: Init[A], Init[B], or both factors random.
    ///
    /// # Errors
    ///
    /// If a launch or a copy fails.
    pub fn draw(&self, buffers: &Buffers, runs: &[Run]) -> Result<(), SimError> {
        for factor in [&buffers.a, &buffers.b] {
            self.queue.clear(factor)?;
        }
        for (position, run) in runs.iter().enumerate() {
            if run.init != Init::B {
                self.draw_a(&buffers.a, position, run)?;
            }
            if run.init != Init::A {
                self.draw_b(&buffers.b, position, run)?;
            }
        }
        for moment in [&buffers.a_first, &buffers.a_second, &buffers.b_first, &buffers.b_second] {
            self.queue.clear(moment)?;
        }
        self.keep_starts(buffers)
    }

    /// Copies given states to the device, one for each run.
    ///
    /// # Errors
    ///
    /// If a copy fails.
    pub fn load(&self, buffers: &Buffers, states: &[AdapterState]) -> Result<(), SimError> {
        let bring = |buffer: &Buffer<f32>, part: &dyn Fn(&AdapterState) -> Vec<f32>| {
            let values: Vec<f32> = states.iter().flat_map(part).collect();
            self.queue.upload(&values, buffer)
        };
        let a = |m: &Array2<f32>| padded(m, self.layout.stride, self.layout.neurons);
        let b = |m: &Array2<f32>| padded(m, self.layout.neurons, self.layout.stride);
        bring(&buffers.a, &|state| a(&state.a))?;
        bring(&buffers.a_first, &|state| a(&state.m_a))?;
        bring(&buffers.a_second, &|state| a(&state.v_a))?;
        bring(&buffers.b, &|state| b(&state.b))?;
        bring(&buffers.b_first, &|state| b(&state.m_b))?;
        bring(&buffers.b_second, &|state| b(&state.v_b))?;
        self.keep_starts(buffers)
    }

    /// Copies the states of all runs to the host. A run has made `steps` updates, one number for each
    /// run.
    ///
    /// # Errors
    ///
    /// If a copy fails.
    pub fn states(
        &self,
        buffers: &Buffers,
        steps: &[usize],
    ) -> Result<Vec<AdapterState>, SimError> {
        let (r, n, l) = (self.model.rank, self.layout.width, self.layout);
        let fetch = |buffer: &Buffer<f32>, stored: (usize, usize), wanted: (usize, usize)| {
            let mut values = vec![0.0f32; steps.len() * stored.0 * stored.1];
            self.queue.download(buffer, &mut values)?;
            let parts = values.chunks(stored.0 * stored.1);
            Ok(parts.map(|part| cut(part, stored.1, wanted)).collect::<Vec<_>>().into_iter())
        };
        let a = |buffer| fetch(buffer, (l.stride, l.neurons), (r, n));
        let b = |buffer| fetch(buffer, (l.neurons, l.stride), (n, r));
        let (mut values_a, mut m_a, mut v_a) =
            (a(&buffers.a)?, a(&buffers.a_first)?, a(&buffers.a_second)?);
        let (mut values_b, mut m_b, mut v_b) =
            (b(&buffers.b)?, b(&buffers.b_first)?, b(&buffers.b_second)?);
        let mut states = Vec::with_capacity(steps.len());
        for &step in steps {
            let mut next = [&mut values_a, &mut m_a, &mut v_a, &mut values_b, &mut m_b, &mut v_b]
                .map(|parts| parts.next().unwrap_or_default())
                .into_iter();
            let mut part = || next.next().unwrap_or_default();
            let (a, m_a, v_a, b, m_b, v_b) = (part(), part(), part(), part(), part(), part());
            states.push(AdapterState { a, b, m_a, v_a, m_b, v_b, step });
        }
        Ok(states)
    }

    fn keep_starts(&self, buffers: &Buffers) -> Result<(), SimError> {
        self.queue.copy(&buffers.a, &buffers.a_start, buffers.a.len())?;
        self.queue.copy(&buffers.b, &buffers.b_start, buffers.b.len())
    }

    fn draw_a(&self, to: &Buffer<f32>, position: usize, run: &Run) -> Result<(), SimError> {
        let std = self.model.a_scale / (self.layout.width as f64).sqrt();
        let piece = self.piece(to, position, run, Purpose::AdapterA);
        draw(self.queue, &piece.steps(1, self.layout.neurons), std)
    }

    fn draw_b(&self, to: &Buffer<f32>, position: usize, run: &Run) -> Result<(), SimError> {
        let std = self.model.b_scale / (self.model.rank as f64).sqrt();
        draw(self.queue, &self.piece(to, position, run, Purpose::AdapterB), std)
    }

    /// The factor of one run, [neurons × rank].
    fn piece(&self, to: &Buffer<f32>, position: usize, run: &Run, purpose: Purpose) -> Draw {
        let l = self.layout;
        let offset = 4 * (position * l.neurons * l.stride) as u64;
        Draw::new(to.address() + offset, (l.neurons, l.stride), (l.width, self.model.rank)).of(
            run.adapter_seed,
            l.width,
            purpose,
        )
    }
}

/// `m` in the upper left corner of a matrix of zeros.
fn padded(m: &Array2<f32>, rows: usize, columns: usize) -> Vec<f32> {
    let mut out = vec![0.0; rows * columns];
    for (to, from) in out.chunks_mut(columns).zip(m.rows()) {
        to.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    }
    out
}

/// The upper left corner of a matrix with rows of `stride`.
fn cut(values: &[f32], stride: usize, shape: (usize, usize)) -> Array2<f32> {
    Array2::from_shape_fn(shape, |(i, j)| values[i * stride + j])
}

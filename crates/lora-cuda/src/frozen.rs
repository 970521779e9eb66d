//! The frozen student, drawn on the device. Only X, y and an N × N root come from the host.

use lora_random::philox::Purpose;
use lora_sim::spec::{Activation, Hidden, Model};
use lora_sim::{AlignedMatrix, Data, Frozen, SimError, covariance_root, is_explicit};

use crate::draw::{Draw, draw};
use crate::layout::{Layout, TILE, rows_at_once};
use crate::queue::{Buffer, Queue};
use crate::raw::{Address, FrozenBuffers};

/// The parameter of `add_product`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Product {
    left: Address,
    right: Address,
    out: Address,
    rows: u32,
    terms: u32,
    columns: u32,
}

/// The parameter of `activate`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Activate {
    from: Address,
    to: Address,
    count: u64,
    activation: i32,
}

/// The parameter of `covariance`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Covariance {
    z: Address,
    out: Address,
    neurons: u32,
    columns: u32,
}

/// Draws the student of a (width, seed).
pub struct Artist<'a> {
    /// The queue.
    pub queue: &'a Queue,
    /// Sizes.
    pub layout: &'a Layout,
    /// The model.
    pub model: &'a Model,
    /// The seed.
    pub seed: u64,
}

impl Artist<'_> {
    /// Draws Z, H, W_out and y.
    ///
    /// # Errors
    ///
    /// [`SimError::Device`] if the device fails or is short of memory; [`SimError::Eigen`] if the root of
    /// ZᵀZ cannot be computed.
    pub fn draw(&self) -> Result<FrozenBuffers, SimError> {
        let (queue, l) = (self.queue, self.layout);
        let data = Data::draw(self.model, self.seed);
        let h = queue.zeros(l.neurons * l.columns)?;
        let d = self.model.input_dim;
        let std = (1.0 / d as f64).sqrt();
        let right = queue.holding(&self.inputs(&data))?;
        self.add_rows(&h, &right, (d, Purpose::StudentIn), std)?;
        let z = queue.alloc(l.neurons * l.columns)?;
        self.activate(&h, &z)?;
        if self.model.hidden == Hidden::Gaussian {
            self.add_hidden(&h, &z)?;
        }
        let (w_out, y) = (self.readout()?, queue.holding(&self.targets(&data))?);
        queue.wait()?;
        Ok(FrozenBuffers { z, h, w_out, y })
    }

    /// X [d × N] in the device's columns, with rows of zeros up to a multiple of sixteen.
    fn inputs(&self, data: &Data) -> Vec<f32> {
        let l = self.layout;
        let mut x = vec![0.0; self.model.input_dim.next_multiple_of(16) * l.columns];
        for ((row, point), &value) in data.x.indexed_iter() {
            x[row * l.columns + l.column(l.host.column(point))] = value as f32;
        }
        x
    }

    fn targets(&self, data: &Data) -> Vec<f32> {
        let l = self.layout;
        let mut y = vec![0.0; l.columns];
        for (point, &value) in data.y.iter().enumerate() {
            y[l.column(l.host.column(point))] = value as f32;
        }
        y
    }

    fn readout(&self) -> Result<Buffer<f32>, SimError> {
        let l = self.layout;
        let std = (l.width as f64).powf(-self.model.readout_exponent);
        let w_out = self.queue.alloc(l.neurons)?;
        let piece = Draw::new(w_out.address(), (1, l.neurons), (1, l.width));
        draw(self.queue, &piece.of(self.seed, l.width, Purpose::StudentOut), std)?;
        Ok(w_out)
    }

    fn activate(&self, from: &Buffer<f32>, to: &Buffer<f32>) -> Result<(), SimError> {
        let activation = match self.model.activation {
            Activation::Relu => 0,
            Activation::Tanh => 1,
            Activation::Gelu => 2,
        };
        let (from, to, count) = (from.address(), to.address(), from.len() as u64);
        let grid = [(count as usize).div_ceil(256), 1, 1];
        let parameter = Activate { from, to, count, activation };
        // SAFETY: `Activate` is the kernel's parameter; both buffers hold `count` floats.
        unsafe { self.queue.launch("activate", grid, [256, 1], &parameter) }
    }

    /// Adds W_h Z to `h`. W_h is drawn entry by entry, or the rows of the product from their law given
    /// Z.
    fn add_hidden(&self, h: &Buffer<f32>, z: &Buffer<f32>) -> Result<(), SimError> {
        let n = self.layout.width;
        if is_explicit(self.model, n) {
            let std = (1.0 / n as f64).sqrt();
            return self.add_rows(h, z, (n, Purpose::StudentHidden), std);
        }
        let root = covariance_root(self.gram(z)?, self.layout.columns, n)?;
        let terms = root.rows();
        if terms == 0 {
            return Ok(()); // Z is zero
        }
        let mut values = root.as_slice().to_vec();
        values.resize(terms.next_multiple_of(16) * self.layout.columns, 0.0);
        let right = self.queue.holding(&values)?;
        self.add_rows(h, &right, (terms, Purpose::SampledHidden), 1.0)
    }

    /// ZᵀZ [columns × columns], computed on the device. The host computes its root.
    ///
    /// # Errors
    ///
    /// [`SimError::Device`] if the device fails or is short of memory.
    pub fn gram(&self, z: &Buffer<f32>) -> Result<Vec<f64>, SimError> {
        let l = self.layout;
        let out = self.queue.alloc::<f64>(l.columns * l.columns)?;
        let tiles = l.columns / 64;
        let parameter = Covariance {
            z: z.address(),
            out: out.address(),
            neurons: l.neurons as u32,
            columns: l.columns as u32,
        };
        // SAFETY: `Covariance` is the kernel's parameter; `z` and `out` have the sizes it states.
        unsafe { self.queue.launch("covariance", [tiles, tiles, 1], [256, 1], &parameter) }?;
        let mut gram = vec![0.0f64; l.columns * l.columns];
        self.queue.download(&out, &mut gram)?;
        Ok(gram)
    }

    /// Adds G M to `h`, a few rows at a time. G [n × terms] has entries N(0, std²) from the stream of
    /// a purpose. M is `right`, [terms × columns] with rows of zeros below.
    fn add_rows(
        &self,
        h: &Buffer<f32>,
        right: &Buffer<f32>,
        (terms, purpose): (usize, Purpose),
        std: f64,
    ) -> Result<(), SimError> {
        let l = self.layout;
        let padded = right.len() / l.columns;
        let rows = rows_at_once(padded, l.neurons);
        let weights = self.queue.alloc::<f32>(rows * padded)?;
        for first in (0..l.neurons).step_by(rows) {
            let rows = rows.min(l.neurons - first);
            let piece = Draw::new(weights.address(), (rows, padded), (l.width, terms));
            let piece = piece.starting_at(first).of(self.seed, l.width, purpose);
            draw(self.queue, &piece, std)?;
            let product = Product {
                left: weights.address(),
                right: right.address(),
                out: h.address() + 4 * (first * l.columns) as u64,
                rows: rows as u32,
                terms: padded as u32,
                columns: l.columns as u32,
            };
            let grid = [l.columns / TILE, rows / 64, 1];
            // SAFETY: `Product` is the kernel's parameter, and the buffers have the sizes it states.
            unsafe { self.queue.launch("add_product", grid, [128, 1], &product) }?;
        }
        self.queue.wait()
    }
}

/// Copies the student to the host, in the form that lora-sim holds it.
///
/// # Errors
///
/// [`SimError::Device`] if a copy fails.
pub fn fetch(queue: &Queue, layout: &Layout, frozen: &FrozenBuffers) -> Result<Frozen, SimError> {
    let host = layout.host;
    let matrix = |buffer: &Buffer<f32>| -> Result<AlignedMatrix, SimError> {
        let mut values = vec![0.0f32; layout.neurons * layout.columns];
        queue.download(buffer, &mut values)?;
        let mut out = AlignedMatrix::zeros(layout.width, host.all());
        let rows = out.as_mut_slice().chunks_mut(host.all()).zip(values.chunks(layout.columns));
        rows.for_each(|(to, from)| take_columns(layout, from, to));
        Ok(out)
    };
    let mut w_out = vec![0.0f32; layout.width];
    queue.download(&frozen.w_out, &mut w_out)?;
    let (mut device_y, mut y) = (vec![0.0f32; layout.columns], vec![0.0f32; host.all()]);
    queue.download(&frozen.y, &mut device_y)?;
    take_columns(layout, &device_y, &mut y);
    let (z, h) = (matrix(&frozen.z)?, matrix(&frozen.h)?);
    Ok(Frozen { width: layout.width, columns: host, z, h, w_out, y })
}

fn take_columns(layout: &Layout, from: &[f32], to: &mut [f32]) {
    to.iter_mut().enumerate().for_each(|(host, value)| *value = from[layout.column(host)]);
}

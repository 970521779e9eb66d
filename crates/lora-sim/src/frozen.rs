//! The frozen student of one (width, seed): everything a LoRA run reads and never writes.

use lora_random::normal::fill_row;
use lora_random::philox::{Purpose, Stream};
use ndarray::Array2;
use rayon::prelude::*;

use crate::aligned::AlignedMatrix;
use crate::data::{Columns, Data};
use crate::error::SimError;
use crate::hidden;
use crate::kernels::{self, Isa};
use crate::matmul::{View, multiply};
use crate::spec::{Activation, Hidden, Model};

/// f(X) = W_out φ(H + s B A Z) with H, Z and W_out fixed.
///
/// Z and H are n × P; [`Columns`] says what their P columns hold. A step of training reads nothing
/// else.
#[derive(Clone, Debug)]
pub struct Frozen {
    /// Width n.
    pub width: usize,
    /// Which columns hold the training samples and which the test samples.
    pub columns: Columns,
    /// Z = φ(W_in X), n × P.
    pub z: AlignedMatrix,
    /// H = W_in X + W_h Z, n × P.
    pub h: AlignedMatrix,
    /// W_out, n entries N(0, n^-2a).
    pub w_out: Vec<f32>,
    /// Targets, P entries.
    pub y: Vec<f32>,
}

impl Frozen {
    /// Draws the student of (`width`, `seed`) and everything that training keeps fixed.
    ///
    /// # Errors
    /// [`SimError::Invalid`] for a model or width out of range, and [`SimError::Eigen`] if W_h Z
    /// cannot be sampled.
    pub fn draw(model: &Model, width: usize, seed: u64, isa: Isa) -> Result<Self, SimError> {
        model.check(width)?;
        let data = Data::draw(model, seed);
        let columns = Columns { train: model.points, test: model.test_points };
        let mut h = input_features(&data.x, columns, width, seed);
        let mut z = h.clone();
        activate(isa, model.activation, &mut z);
        match model.hidden {
            Hidden::Zero => {}
            Hidden::Gaussian if hidden::is_explicit(model, width) => {
                hidden::add_explicit(&mut h, &z, seed);
            }
            Hidden::Gaussian => hidden::add_sampled(&mut h, &z, seed)?,
        }
        let mut y = vec![0.0; columns.all()];
        data.y.iter().enumerate().for_each(|(i, &v)| y[columns.column(i)] = v as f32);
        Ok(Self { width, columns, z, h, w_out: readout(model, width, seed, 0), y })
    }
}

/// m ← φ(m), entry by entry.
pub(crate) fn activate(isa: Isa, activation: Activation, m: &mut AlignedMatrix) {
    let stride = m.stride();
    m.as_mut_slice()
        .par_chunks_mut(64 * stride)
        .for_each(|rows| kernels::activate(isa, activation, rows));
}

/// W_in X with W_in entries N(0, 1/d), n × P, for inputs X of d × (N + test).
pub(crate) fn input_features(
    inputs: &Array2<f64>,
    columns: Columns,
    width: usize,
    seed: u64,
) -> AlignedMatrix {
    let d = inputs.nrows();
    let mut x = vec![0.0f32; d * columns.all()];
    for ((row, index), &value) in inputs.indexed_iter() {
        x[row * columns.all() + columns.column(index)] = value as f32;
    }
    let x_view = View::rows(&x, d, columns.all(), columns.all());
    let draw = input_weights(d, width, seed);
    let mut out = AlignedMatrix::zeros(width, columns.all());
    let stride = out.stride();
    out.as_mut_slice().par_chunks_mut(64 * stride).enumerate().for_each(|(block, rows)| {
        let count = rows.len() / stride;
        let mut w_in = vec![0.0f32; count * d];
        for (offset, row) in w_in.chunks_mut(d).enumerate() {
            draw(block * 64 + offset, row);
        }
        multiply(View::rows(&w_in, count, d, d), x_view, false, rows, stride);
    });
    out
}

/// A function that fills row i of W_in with its d entries N(0, 1/d).
pub fn input_weights(
    input_dim: usize,
    width: usize,
    seed: u64,
) -> impl Fn(usize, &mut [f32]) + Sync + use<> {
    let stream = Stream::new(seed, width, Purpose::StudentIn);
    let std = (1.0 / input_dim as f64).sqrt() as f32;
    move |i, row| fill_row(&stream, i, std, row)
}

/// Row `output` of W_out, n entries N(0, n^-2a). The bare layer has output 0 alone.
pub fn readout(model: &Model, width: usize, seed: u64, output: usize) -> Vec<f32> {
    let std = (width as f64).powf(-model.readout_exponent) as f32;
    let mut w_out = vec![0.0; width];
    fill_row(&Stream::new(seed, width, Purpose::StudentOut), output, std, &mut w_out);
    w_out
}

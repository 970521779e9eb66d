//! A linear module with LoRA: y = x W + b + s (x Aᵀ) Bᵀ.

use crate::buffer::Buffer;
use crate::net::Linear;
use crate::observe::{Input, Seen};
use crate::pass::{Gradients, Pass};
use crate::product::{Into, Mat, MatMut, product};
use crate::thin::thin;
use crate::vector;
use crate::weight::transposed;

/// What the backward pass needs besides the input.
#[derive(Debug, Default)]
pub struct LinearTape {
    /// x Aᵀ \[rows, r\]; empty without an adapter.
    za: Buffer,
}

/// The outputs \[rows, out\] for `x` \[rows, in\].
pub fn forward(pass: &Pass, linear: &Linear, x: &[f32], rows: usize) -> (Buffer, LinearTape) {
    let (inputs, outputs) = (linear.inputs, linear.outputs);
    let mut y = Buffer::unset(rows * outputs);
    let into = match linear.bias.map(|bias| pass.values.vector(bias)) {
        Some(bias) => {
            y.chunks_exact_mut(outputs).for_each(|y| y.copy_from_slice(bias));
            Into::Add
        }
        None => Into::Set,
    };
    pass.values.with(linear.weight, |weight| {
        let (x, y) = (Mat::new(x, rows, inputs), &mut MatMut::new(&mut y, rows, outputs));
        product(y, into, 1.0, x, weight_of(linear, weight));
    });
    let mut za = Buffer::default();
    if let Some(adapter) = &pass.adapters[linear.site.0] {
        let rank = adapter.rank;
        za = Buffer::unset(rows * rank);
        let dropped = dropped(pass, linear, x);
        let x = dropped.as_deref().unwrap_or(x);
        thin(&mut za, 1.0, x, Mat::new(&adapter.a, rank, inputs).t());
        let (z, b) = (Mat::new(&za, rows, rank), Mat::new(&adapter.b, outputs, rank));
        product(&mut MatMut::new(&mut y, rows, outputs), Into::Add, adapter.scaling, z, b.t());
    }
    if let Some(mut observer) = pass.observer() {
        let seen = Seen { input: Input::Rows(x), za: &za, output: &y };
        observer.site(linear.site, seen);
    }
    (y, LinearTape { za })
}

/// Adds the gradients of what the module trains, given its input and `dy` \[rows, out\]; adds the gradient
/// of the input to `dx` if it is wanted.
pub fn backward(
    pass: &Pass,
    linear: &Linear,
    (x, tape): (&[f32], &LinearTape),
    dy: &[f32],
    gradients: &mut Gradients,
    dx: Option<&mut [f32]>,
) {
    let dz = to_input(pass, linear, dy, dx.map(|dx| (Into::Add, dx)));
    to_own(pass, linear, (x, tape), (dy, &dz), gradients);
}

/// The first half of [`backward`], for which the input is not needed: writes the gradient of the input to `dx`,
/// or adds it, if it is wanted. Returns dz, the gradient of x Aᵀ \[rows, r\]; nothing if neither half needs it.
pub fn to_input(
    pass: &Pass,
    linear: &Linear,
    dy: &[f32],
    dx: Option<(Into, &mut [f32])>,
) -> Buffer {
    let (inputs, outputs) = (linear.inputs, linear.outputs);
    let rows = dy.len() / outputs;
    let dx = dx.map(|(into, dx)| {
        pass.values.with(linear.weight, |weight| {
            let (dy, weight) = (Mat::new(dy, rows, outputs), weight_of(linear, weight).t());
            product(&mut MatMut::new(dx, rows, inputs), into, 1.0, dy, weight);
        });
        dx
    });
    let Some(adapter) = &pass.adapters[linear.site.0] else { return Buffer::default() };
    let [wants_a, _] = pass.wants.sites[linear.site.0];
    if !wants_a && dx.is_none() {
        return Buffer::default();
    }
    let mut dz = Buffer::unset(rows * adapter.rank);
    thin(&mut dz, adapter.scaling, dy, Mat::new(&adapter.b, outputs, adapter.rank));
    let Some(dx) = dx else { return dz };
    let (z, a) = (Mat::new(&dz, rows, adapter.rank), Mat::new(&adapter.a, adapter.rank, inputs));
    match pass.dropout {
        None => product(&mut MatMut::new(dx, rows, inputs), Into::Add, 1.0, z, a),
        Some(dropout) => {
            let mut through = Buffer::unset(rows * inputs);
            product(&mut MatMut::new(&mut through, rows, inputs), Into::Set, 1.0, z, a);
            dropout.apply(linear.site, pass.first_row, inputs, &mut through);
            vector::add(dx, &through);
        }
    }
    dz
}

/// The second half of [`backward`]: adds the gradients of what the module trains, given what
/// [`to_input`] has returned.
pub fn to_own(
    pass: &Pass,
    linear: &Linear,
    (x, tape): (&[f32], &LinearTape),
    (dy, dz): (&[f32], &[f32]),
    gradients: &mut Gradients,
) {
    let (inputs, outputs) = (linear.inputs, linear.outputs);
    let rows = dy.len() / outputs;
    let dy_of = Mat::new(dy, rows, outputs);
    if let Some(adapter) = &pass.adapters[linear.site.0] {
        let rank = adapter.rank;
        let [of_a, of_b] = &mut gradients.sites[linear.site.0];
        if !of_b.is_empty() {
            // By rows of length `outputs`, which fill vectors, and turned round after it.
            let mut turned = vec![0.0; rank * outputs];
            let into = &mut MatMut::new(&mut turned, rank, outputs);
            let z = Mat::new(&tape.za, rows, rank).t();
            product(into, Into::Set, adapter.scaling, z, dy_of);
            vector::add(of_b, &transposed(&turned, rank, outputs));
        }
        if !of_a.is_empty() {
            let dropped = dropped(pass, linear, x);
            let x = dropped.as_deref().unwrap_or(x);
            let (x, dz) = (Mat::new(x, rows, inputs), Mat::new(dz, rows, rank).t());
            product(&mut MatMut::new(of_a, rank, inputs), Into::Add, 1.0, dz, x);
        }
    }
    if let Some(gradient) = gradients.params.get_mut(&linear.weight) {
        let x = Mat::new(x, rows, inputs);
        let (gradient, left, right) = if linear.tied {
            (&mut MatMut::new(gradient, outputs, inputs), dy_of.t(), x)
        } else {
            (&mut MatMut::new(gradient, inputs, outputs), x.t(), dy_of)
        };
        product(gradient, Into::Add, 1.0, left, right);
    }
    if let Some(gradient) = linear.bias.and_then(|bias| gradients.params.get_mut(&bias)) {
        dy.chunks_exact(outputs).for_each(|dy| vector::add(gradient, dy));
    }
}

/// W as \[in, out\].
fn weight_of<'w>(linear: &Linear, weight: &'w [f32]) -> Mat<'w> {
    if linear.tied {
        Mat::new(weight, linear.outputs, linear.inputs).t()
    } else {
        Mat::new(weight, linear.inputs, linear.outputs)
    }
}

/// `x` after dropout, if there is any: the input of A.
fn dropped(pass: &Pass, linear: &Linear, x: &[f32]) -> Option<Buffer> {
    let dropout = pass.dropout?;
    let mut x = Buffer::copy(x);
    dropout.apply(linear.site, pass.first_row, linear.inputs, &mut x);
    Some(x)
}

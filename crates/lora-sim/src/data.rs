//! Inputs and teacher: they depend on the seed alone, not on the student's width.
//!
//! The teacher is a network of the student's form with W_h = 0 and random weights (our choice, after
//! the paper): y(x) = W_out φ(Y'), Y' = Y + s B A φ(Y), Y = W_in x, with s = 1. Entries of W_in are
//! N(0, 1/d), of A and W_out N(0, 1/width), and of B N(0, 1/rank). Its outputs are multiplied by
//! `teacher_scale`.

use lora_random::philox::{Purpose, Stream};
use ndarray::{Array1, Array2};
use ndarray_rand::RandomExt;
use rand_distr::StandardNormal;

use crate::activation::value;
use crate::aligned::LANES;
use crate::spec::Model;

/// The P columns of Z, H and every other matrix over the data: training samples, zeros up to a
/// multiple of sixteen, test samples, and zeros up to a multiple of sixteen. A column of zeros has
/// x = 0 and y = 0, so it adds exactly nothing to any loss, gradient or norm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Columns {
    /// N, the number of training samples.
    pub train: usize,
    /// Number of held-out samples.
    pub test: usize,
}

impl Columns {
    /// Columns used in training, a multiple of sixteen.
    pub fn train_padded(&self) -> usize {
        self.train.next_multiple_of(LANES)
    }

    /// P, all columns, a multiple of sixteen.
    pub fn all(&self) -> usize {
        self.train_padded() + self.test.next_multiple_of(LANES)
    }

    /// The column of sample `index`, with the training samples first.
    pub fn column(&self, index: usize) -> usize {
        if index < self.train { index } else { self.train_padded() + index - self.train }
    }
}

/// Inputs and targets of one seed, shared by all widths.
#[derive(Clone, Debug, PartialEq)]
pub struct Data {
    /// X, d × (N + test), entries N(0, 1); training samples first.
    pub x: Array2<f64>,
    /// Teacher outputs, N + test.
    pub y: Array1<f64>,
}

impl Data {
    /// Draws X and evaluates the teacher.
    pub fn draw(model: &Model, seed: u64) -> Self {
        let x = Self::inputs(model, seed);
        let y = Self::teacher(model, (seed, 0), &x, 1).row(0).to_owned();
        Self { x, y }
    }

    /// The outputs of a teacher, `outputs` × (N + test), times `teacher_scale`, for inputs X of d × (N + test).
    /// Row k of W_out does not depend on their number. Teacher 0 of a seed is that of the run, and teacher 1 that of
    /// a base which is trained before.
    pub fn teacher(
        model: &Model,
        (seed, which): (u64, usize),
        x: &Array2<f64>,
        outputs: usize,
    ) -> Array2<f64> {
        let normal = |rows, cols, purpose| normal((seed, which), rows, cols, purpose);
        let (width, rank) = (model.teacher.width, model.teacher.rank);
        let w_in =
            normal(width, model.input_dim, Purpose::TeacherIn) / (model.input_dim as f64).sqrt();
        let w_out = normal(outputs, width, Purpose::TeacherOut) / (width as f64).sqrt();
        let a = normal(rank, width, Purpose::TeacherA) / (width as f64).sqrt();
        let b = normal(width, rank, Purpose::TeacherB) / (rank as f64).sqrt();
        let activate = |m: Array2<f64>| m.mapv_into(|v| value(model.activation, v));

        let y_in = w_in.dot(x);
        let hidden = &y_in + &b.dot(&a.dot(&activate(y_in.clone())));
        w_out.dot(&activate(hidden)) * model.teacher_scale
    }

    /// X alone.
    pub(crate) fn inputs(model: &Model, seed: u64) -> Array2<f64> {
        // Sample by sample, so that training samples do not depend on the number of test samples.
        let samples = model.points + model.test_points;
        let x = normal((seed, 0), samples, model.input_dim, Purpose::Inputs);
        x.t().as_standard_layout().into_owned()
    }
}

/// Standard normals that do not depend on the student's width, in whose place the address has the teacher.
fn normal(of: (u64, usize), rows: usize, cols: usize, purpose: Purpose) -> Array2<f64> {
    let mut rng = Stream::new(of.0, of.1, purpose).rng();
    Array2::random_using((rows, cols), StandardNormal, &mut rng)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_pad_each_part_to_whole_lines() {
        let columns = Columns { train: 1000, test: 100 };
        assert_eq!((columns.train_padded(), columns.all()), (1008, 1120));
        assert_eq!((columns.column(999), columns.column(1000)), (999, 1008));
    }
}

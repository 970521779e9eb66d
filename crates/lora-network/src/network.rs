//! The frozen network of one (width, seed): everything that a run reads and never writes.

use lora_random::normal::fill_row;
use lora_random::philox::{Purpose, Stream};
use lora_sim::spec::{Hidden, Ingredients, Loss, Model};
use lora_sim::{AlignedMatrix, Columns, Data, Frozen, Isa, SimError, readout};
use ndarray::{Array2, ArrayViewMut1, s};

use crate::samples::Samples;
use crate::target::Target;

/// Z, H, the weights behind them and the targets, for training and held-out samples.
pub struct Network {
    pub isa: Isa,
    pub model: Model,
    pub seed: u64,
    /// W_out, K × n.
    pub w_out: Array2<f32>,
    /// W_2 … W_L, n × n each. W_1 is in H already.
    pub hidden: Vec<Array2<f32>>,
    pub train: Samples,
    pub test: Samples,
}

impl Network {
    /// Draws the bare layer, the other layers, the other outputs and the targets, with the samples on which the
    /// base is to be trained, if it is.
    ///
    /// # Errors
    /// Those of [`Frozen::draw`].
    pub fn draw(
        model: &Model,
        width: usize,
        seed: u64,
        isa: Isa,
    ) -> Result<(Self, Option<Samples>), SimError> {
        let Ingredients { outputs, layers, pretrain_steps, .. } = model.ingredients;
        let (points, all) = (model.points, model.points + model.test_points);
        // The samples of the base's own task lie behind the others, so that one draw of H serves all.
        let of_base = if pretrain_steps > 0 { points } else { 0 };
        let drawn = Model { test_points: model.test_points + of_base, ..model.clone() };
        let bare = Frozen::draw(&drawn.bare(), width, seed, isa)?;
        let rows = (0..outputs).flat_map(|output| readout(model, width, seed, output));
        let w_out =
            Array2::from_shape_vec((outputs, width), rows.collect()).expect("K rows of n entries");
        let targets = target(&drawn, (seed, 0));
        let network = Self {
            isa,
            model: model.clone(),
            seed,
            w_out,
            hidden: (1..layers).map(|layer| hidden(model, width, seed, layer)).collect(),
            train: Samples::of(&bare, 0..points, targets.part(0..points)),
            test: Samples::of(&bare, points..all, targets.part(points..all)),
        };
        let own = (of_base > 0).then(|| {
            let own = all..all + of_base;
            let targets = target(&drawn, (seed, 1)).part(own.clone());
            Samples::of(&bare, own, targets)
        });
        Ok((network, own))
    }

    /// n.
    pub fn width(&self) -> usize {
        self.w_out.ncols()
    }

    /// Z, H, all rows of W_out and all targets. It has no place for the layers behind the first.
    pub fn frozen(&self) -> Frozen {
        let Self { train, test, .. } = self;
        let columns = Columns { train: train.count(), test: test.count() };
        let mut y = Vec::new();
        for row in 0..train.target.rows() {
            let mut padded = vec![0.0; columns.all()];
            let values = train.target.row(row).chain(test.target.row(row));
            values.enumerate().for_each(|(index, value)| padded[columns.column(index)] = value);
            y.extend(padded);
        }
        Frozen {
            width: self.width(),
            columns,
            z: padded(columns, &train.z, &test.z),
            h: padded(columns, &train.h, &test.h),
            w_out: self.w_out.iter().copied().collect(),
            y,
        }
    }
}

/// The n × N entries of training and of held-out samples, with columns of zeros behind each.
fn padded(columns: Columns, train: &Array2<f32>, test: &Array2<f32>) -> AlignedMatrix {
    let mut matrix = AlignedMatrix::zeros(train.nrows(), columns.all());
    let stride = matrix.stride();
    for (i, row) in matrix.as_mut_slice().chunks_mut(stride).enumerate() {
        let mut row = ArrayViewMut1::from(row);
        row.slice_mut(s![..columns.train]).assign(&train.row(i));
        let held_out = columns.train_padded()..columns.train_padded() + columns.test;
        row.slice_mut(s![held_out]).assign(&test.row(i));
    }
    matrix
}

/// W of the layer behind `layer` others, n × n: entries N(0, 1/n), or zeros.
fn hidden(model: &Model, width: usize, seed: u64, layer: usize) -> Array2<f32> {
    let mut weights = Array2::zeros((width, width));
    if model.hidden == Hidden::Gaussian {
        // The rows behind those of the layers before.
        let stream = Stream::new(seed, width, Purpose::StudentHidden);
        let std = (1.0 / width as f64).sqrt() as f32;
        for (i, mut row) in weights.rows_mut().into_iter().enumerate() {
            let row = row.as_slice_mut().expect("row after row");
            fill_row(&stream, layer * width + i, std, row);
        }
    }
    weights
}

/// The targets of all samples from a teacher of a seed, training samples first.
fn target(model: &Model, (seed, teacher): (u64, usize)) -> Target {
    // Only X is taken from it; the teacher has K outputs here.
    let x = Data::draw(model, seed).x;
    let outputs = Data::teacher(model, (seed, teacher), &x, model.ingredients.outputs);
    match model.ingredients.loss {
        Loss::Squared => Target::Values(outputs.mapv(|value| value as f32)),
        Loss::CrossEntropy => {
            let stream = Stream::new(seed, teacher, Purpose::Labels);
            let label = |sample: usize| {
                let word = stream.block(sample as u32, 0)[0];
                drawn(
                    &outputs.slice(s![.., sample]).to_vec(),
                    (f64::from(word) + 0.5) / 4_294_967_296.0,
                )
            };
            Target::Labels((0..outputs.ncols()).map(label).collect())
        }
    }
}

/// The class of a uniform number in (0, 1) under the softmax of some logits.
fn drawn(logits: &[f64], uniform: f64) -> usize {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = logits.iter().map(|logit| (logit - largest).exp()).collect();
    let mut left = uniform * weights.iter().sum::<f64>();
    for (class, weight) in weights.iter().enumerate() {
        left -= weight;
        if left < 0.0 {
            return class;
        }
    }
    logits.len() - 1 // only by rounding
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_drawn_as_often_as_the_softmax_says() {
        let logits = [0.0, 3.0f64.ln(), 1e3];
        let count = 4000;
        let classes = |logits: &[f64]| {
            let uniform = |i: usize| (i as f64 + 0.5) / count as f64;
            let mut counts = vec![0; logits.len()];
            (0..count).for_each(|i| counts[drawn(logits, uniform(i))] += 1);
            counts
        };
        assert_eq!(classes(&logits[..2]), [1000, 3000]);
        assert_eq!(classes(&logits), [0, 0, count], "a large scale takes the largest logit");
        let shifted: Vec<f64> = logits[..2].iter().map(|logit| logit + 700.0).collect();
        assert_eq!(classes(&shifted), [1000, 3000], "a constant changes nothing");
    }
}

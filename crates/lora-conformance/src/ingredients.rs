//! The loss of a network with ingredients of a transformer, in f64 and sample by sample.
//!
//! It knows no derivative. Gradients of an engine are compared with its central differences, so that no formula of
//! the engine's backward pass is written twice.

use lora_random::normal::fill_row;
use lora_random::philox::{Purpose, Stream};
use lora_sim::spec::{Hidden, Ingredients, Loss, Model, Norm};
use lora_sim::{Frozen, activation};
use ndarray::{Array1, Array2, ArrayView1, s};

/// ε of RMSNorm, added to the mean square.
const NORM_EPSILON: f64 = 1e-6;

/// A frozen network with the targets of its training samples.
pub struct Network {
    model: Model,
    /// Z and H, n × N.
    z: Array2<f64>,
    h: Array2<f64>,
    /// W_2 … W_L, n × n.
    hidden: Vec<Array2<f64>>,
    /// W_out, K × n.
    w_out: Array2<f64>,
    /// Targets, K × N, or labels, 1 × N.
    y: Array2<f64>,
}

impl Network {
    /// From the arrays of an engine, whose W_out has K rows and whose y has K rows, or one of labels. The weights
    /// of the layers behind the first are drawn here.
    ///
    /// # Panics
    /// If the base is trained and has several layers: an engine does not show what it learned of those.
    pub fn new(model: &Model, seed: u64, frozen: &Frozen) -> Self {
        let Ingredients { layers, pretrain_steps, .. } = model.ingredients;
        assert!(layers == 1 || pretrain_steps == 0, "the hidden weights of a trained base");
        let (n, points) = (frozen.width, model.points);
        let columns = |matrix: &lora_sim::AlignedMatrix| {
            Array2::from_shape_fn((n, points), |(i, mu)| f64::from(matrix.row(i)[mu]))
        };
        let outputs = model.ingredients.outputs;
        let (all, rows) = (frozen.columns.all(), frozen.y.len() / frozen.columns.all());
        Self {
            model: model.clone(),
            z: columns(&frozen.z),
            h: columns(&frozen.h),
            hidden: (1..model.ingredients.layers)
                .map(|layer| hidden(model, seed, n, layer))
                .collect(),
            w_out: Array2::from_shape_fn((outputs, n), |(k, i)| f64::from(frozen.w_out[k * n + i])),
            y: Array2::from_shape_fn((rows, points), |(k, mu)| f64::from(frozen.y[k * all + mu])),
        }
    }

    /// Σ_μ w_μ loss_μ at A, L r × n, and B, n × L r, with a weight for each sample.
    pub fn loss(&self, a: &Array2<f64>, b: &Array2<f64>, weights: &[f64]) -> f64 {
        let of = |(mu, weight): (usize, &f64)| weight * self.loss_of(mu, &self.outputs(mu, a, b));
        weights.iter().enumerate().map(of).sum()
    }

    /// The rms of Z_A and of Z_B over layers and samples.
    pub fn features(&self, a: &Array2<f64>, b: &Array2<f64>) -> [f64; 2] {
        let mut all = [Vec::<f64>::new(), Vec::new()];
        for mu in 0..self.z.ncols() {
            self.pass(mu, a, b, |za, zb| {
                all[0].extend(za);
                all[1].extend(zb);
            });
        }
        all.map(|all| (all.iter().map(|x| x * x).sum::<f64>() / all.len() as f64).sqrt())
    }

    /// f of sample `mu`, K entries.
    pub fn outputs(&self, mu: usize, a: &Array2<f64>, b: &Array2<f64>) -> Array1<f64> {
        self.pass(mu, a, b, |_, _| ())
    }

    /// The same, with Z_A and Z_B of every layer shown on the way.
    fn pass(
        &self,
        mu: usize,
        a: &Array2<f64>,
        b: &Array2<f64>,
        mut shown: impl FnMut(&Array1<f64>, &Array1<f64>),
    ) -> Array1<f64> {
        let phi = |y: &Array1<f64>| y.mapv(|y| activation::value(self.model.activation, y));
        let rank = self.model.rank;
        let mut input = self.z.column(mu).to_owned();
        let mut y = self.h.column(mu).to_owned();
        for layer in 0..=self.hidden.len() {
            if layer > 0 {
                input = phi(&y);
                y = y + self.hidden[layer - 1].dot(&input);
            }
            let own = layer * rank..(layer + 1) * rank;
            let za = a.slice(s![own.clone(), ..]).dot(&input);
            let zb = b.slice(s![.., own]).dot(&za) * self.model.multiplier;
            shown(&za, &zb);
            y = y + zb;
        }
        let mut read = phi(&y);
        if self.model.ingredients.residual {
            read = read + input;
        }
        if self.model.ingredients.norm == Norm::Rms {
            let mean = read.iter().map(|u| u * u).sum::<f64>() / read.len() as f64;
            read /= (mean + NORM_EPSILON).sqrt();
        }
        self.w_out.dot(&read)
    }

    /// The loss of sample `mu`.
    fn loss_of(&self, mu: usize, f: &Array1<f64>) -> f64 {
        let y: ArrayView1<f64> = self.y.column(mu);
        match self.model.ingredients.loss {
            Loss::Squared => {
                let squares = f.iter().zip(y).map(|(f, y)| (f - y).powi(2));
                squares.sum::<f64>() / f.len() as f64
            }
            Loss::CrossEntropy => f.iter().map(|f| f.exp()).sum::<f64>().ln() - f[y[0] as usize],
        }
    }

    /// The derivatives of [`loss`](Self::loss) by the entries of A and of B, as central differences.
    pub fn gradients(&self, a: &Array2<f64>, b: &Array2<f64>, weights: &[f64]) -> [Array2<f64>; 2] {
        const STEP: f64 = 1e-5;
        let difference = |loss: &dyn Fn(f64) -> f64| (loss(STEP) - loss(-STEP)) / (2.0 * STEP);
        let moved = |matrix: &Array2<f64>, entry, by| {
            let mut moved = matrix.clone();
            moved[entry] += by;
            moved
        };
        let of_a = |entry| difference(&|by| self.loss(&moved(a, entry, by), b, weights));
        let of_b = |entry| difference(&|by| self.loss(a, &moved(b, entry, by), weights));
        [Array2::from_shape_fn(a.raw_dim(), of_a), Array2::from_shape_fn(b.raw_dim(), of_b)]
    }
}

/// W of the layer behind `layer` others: rows behind those of the layers before it in one stream.
fn hidden(model: &Model, seed: u64, n: usize, layer: usize) -> Array2<f64> {
    let stream = Stream::new(seed, n, Purpose::StudentHidden);
    let std = match model.hidden {
        Hidden::Gaussian => (1.0 / n as f64).sqrt(),
        Hidden::Zero => 0.0,
    };
    let mut weights = Array2::<f32>::zeros((n, n));
    for (i, mut row) in weights.outer_iter_mut().enumerate() {
        let row = row.as_slice_mut().expect("rows are contiguous");
        fill_row(&stream, layer * n + i, std as f32, row);
    }
    weights.mapv(f64::from)
}

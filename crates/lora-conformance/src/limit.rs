//! Four limits n → ∞ of the training in f64, formula by formula, over plain independent neurons.
//!
//! The formulas are those of `docs/limit.md`, for relu and Adam at ε = 0; other classes, activations and
//! optimizers are not written out here. Expectations are means over
//! neurons that are drawn one by one, without pairs and without quasi-random points: slow, and meant to be
//! read. Training points are i = 1 … N, and a matrix over neurons and points is M × N.
//!
//! ```text
//! Init[A], a = 1     f = E[ω φ(h + s b·U)]
//! Init[A], a < 1     f = f⁰ + s Σ_k E[ω φ'(h) b_k] U_k
//! Init[B], a = 1/2   f = n^-1/2 Σ ω φ(h + s B_0·U)
//! Init[B], a = 1     f = n^-1/2 Σ ω φ(s B_0·U) + s Σ_k E[ω φ'(B_0·U) β_k] U_k
//! ```

use std::f64::consts::{FRAC_2_PI, PI};

use lora_random::normal::fill_row;
use lora_random::philox::{Purpose, Stream};
use ndarray::{Array1, Array2, Axis};

/// The data and the constants of a limit.
#[derive(Clone, Debug)]
pub struct LimitProblem {
    /// X, d × N.
    pub x: Array2<f64>,
    /// t, N.
    pub targets: Array1<f64>,
    /// r.
    pub rank: usize,
    /// s.
    pub multiplier: f64,
    /// β1 and β2 of Adam.
    pub beta: [f64; 2],
    /// T.
    pub steps: usize,
}

/// Independent neurons for expectations.
#[derive(Clone, Debug)]
pub struct PlainNeurons {
    /// z = φ(y), M × N.
    pub z: Array2<f64>,
    /// h = y + g, M × N.
    pub h: Array2<f64>,
    /// Rows of a random B, N(0, 1/r), M × r.
    pub b: Array2<f64>,
}

/// The neurons (h, ω, B_0) of the run that a decoder belongs to.
#[derive(Clone, Debug)]
pub struct DecoderNeurons {
    /// h, n × N.
    pub h: Array2<f64>,
    /// ω, n.
    pub omega: Array1<f64>,
    /// B_0, n × r.
    pub b: Array2<f64>,
}

/// Adam at ε = 0 on a matrix, with 0/0 = 0.
struct Adam {
    beta: [f64; 2],
    moments: [Array2<f64>; 2],
    step: i32,
}

impl Adam {
    fn new(beta: [f64; 2], shape: (usize, usize)) -> Self {
        Self { beta, moments: [Array2::zeros(shape), Array2::zeros(shape)], step: 0 }
    }

    /// θ ← θ − rate · direction(g).
    fn update(&mut self, theta: &mut Array2<f64>, gradient: &Array2<f64>, rate: f64) {
        self.step += 1;
        let [beta1, beta2] = self.beta;
        let [first, second] = &mut self.moments;
        *first = &*first * beta1 + gradient * (1.0 - beta1);
        *second = &*second * beta2 + &(gradient * gradient) * (1.0 - beta2);
        let (m, v) =
            (&*first / (1.0 - beta1.powi(self.step)), &*second / (1.0 - beta2.powi(self.step)));
        let mut direction = m / v.mapv(f64::sqrt);
        direction.mapv_inplace(|x| if x.is_nan() { 0.0 } else { x });
        *theta -= &(direction * rate);
    }

    /// Gradients so far are of lower order than those to come, but count.
    fn forget(&mut self) {
        self.moments.iter_mut().for_each(|moment| moment.fill(0.0));
    }
}

fn relu(m: &Array2<f64>) -> Array2<f64> {
    m.mapv(|x| x.max(0.0))
}

fn slope(m: &Array2<f64>) -> Array2<f64> {
    m.mapv(|x| if x > 0.0 { 1.0 } else { 0.0 })
}

/// Means over neurons of column j of `x` times column k of `y`.
fn expectation(x: &Array2<f64>, y: &Array2<f64>) -> Array2<f64> {
    x.t().dot(y) / x.nrows() as f64
}

fn mean_of_squares(errors: &Array1<f64>) -> f64 {
    errors.dot(errors) / errors.len() as f64
}

impl PlainNeurons {
    /// Draws `count` neurons. `population` tells independent draws apart.
    pub fn draw(problem: &LimitProblem, count: usize, population: usize) -> Self {
        let (d, points) = problem.x.dim();
        // Addresses beyond those that starts of the limit take.
        let normals = |part: usize, columns: usize| {
            let stream = Stream::new(0, 1000 + 8 * population + part, Purpose::LimitStart);
            let mut out = Array2::zeros((count, columns));
            for (i, mut row) in out.rows_mut().into_iter().enumerate() {
                let mut drawn = vec![0.0f32; columns];
                fill_row(&stream, i, 1.0, &mut drawn);
                row.iter_mut().zip(drawn).for_each(|(x, y)| *x = f64::from(y));
            }
            out
        };
        let y = normals(0, d).dot(&problem.x) / (d as f64).sqrt();
        let g = normals(1, points).dot(&cholesky(&arc_cosine(&problem.x)).t());
        let b = normals(2, problem.rank) / (problem.rank as f64).sqrt();
        Self { z: relu(&y), h: y + g, b }
    }
}

/// E[φ(y) φ(y)ᵀ] for y ~ N(0, XᵀX/d) and relu.
fn arc_cosine(x: &Array2<f64>) -> Array2<f64> {
    let c = x.t().dot(x) / x.nrows() as f64;
    Array2::from_shape_fn(c.dim(), |(i, j)| {
        let scale = (c[(i, i)] * c[(j, j)]).sqrt();
        let angle = (c[(i, j)] / scale).clamp(-1.0, 1.0).acos();
        scale * (angle.sin() + (PI - angle) * angle.cos()) / (2.0 * PI)
    })
}

/// The lower triangular L with L Lᵀ = C.
fn cholesky(c: &Array2<f64>) -> Array2<f64> {
    let size = c.nrows();
    let mut l = Array2::zeros(c.dim());
    for j in 0..size {
        for i in j..size {
            let known: f64 = (0..j).map(|k| l[(i, k)] * l[(j, k)]).sum();
            let rest: f64 = c[(i, j)] - known;
            l[(i, j)] = if i == j { rest.max(1e-12).sqrt() } else { rest / l[(j, j)] };
        }
    }
    l
}

impl LimitProblem {
    /// U_ki = E[α_k z_i], r × N.
    fn features(&self, alpha: &Array2<f64>, neurons: &PlainNeurons) -> Array2<f64> {
        expectation(alpha, &neurons.z)
    }

    /// Losses under Init\[A\], with φ in full (a = 1) or linear around h (a < 1). `u0` is A_0 Z, r × N, and
    /// `f0` the frozen output beside the targets; only the linear one has it.
    pub fn init_a(
        &self,
        neurons: &PlainNeurons,
        (u0, f0): (&Array2<f64>, &Array1<f64>),
        full: bool,
        c: f64,
    ) -> Vec<f64> {
        let (count, points) = neurons.z.dim();
        let (s, shape) = (self.multiplier, (count, self.rank));
        let weight = FRAC_2_PI.sqrt(); // E|ω|
        let (mut alpha, mut of_alpha) = (Array2::zeros(shape), Adam::new(self.beta, shape));
        // b at ω > 0 and at ω < 0.
        let mut b = [Array2::zeros(shape), Array2::zeros(shape)];
        let mut of_b = [(); 2].map(|()| Adam::new(self.beta, shape));
        let mut losses = Vec::new();
        for t in 0..=self.steps {
            let u = self.features(&alpha, neurons);
            let (mut f, mut v) = (Array1::zeros(points), Array2::zeros((self.rank, points)));
            let mut slopes = Vec::new();
            for (b, sign) in b.iter().zip([1.0, -1.0]) {
                let pre = if full { &neurons.h + &(b.dot(&u) * s) } else { neurons.h.clone() };
                if full {
                    f = f + relu(&pre).mean_axis(Axis(0)).expect("neurons") * (0.5 * weight * sign);
                }
                let slope = slope(&pre);
                v = v + expectation(b, &slope) * (0.5 * s * weight * sign);
                slopes.push(slope);
            }
            if !full {
                f = f0 + &(&v * &u).sum_axis(Axis(0));
            }
            let errors = &f - &self.targets;
            losses.push(mean_of_squares(&errors));
            // U is exactly zero before A's first update has moved, which is its second.
            let seen = if t < 2 { u0 } else { &u };
            for (i, sign) in [1.0, -1.0].into_iter().enumerate() {
                if t == 2 {
                    of_b[i].forget();
                }
                let gradient = (&slopes[i] * &errors).dot(&seen.t()) * sign;
                of_b[i].update(&mut b[i], &gradient, c);
            }
            of_alpha.update(&mut alpha, &neurons.z.dot(&(&v * &errors).t()), c);
        }
        losses
    }

    /// Losses under Init\[B\] at a ≤ 1/2: A moves through the decoder alone.
    pub fn init_b(&self, neurons: &PlainNeurons, decoder: &DecoderNeurons, c: f64) -> Vec<f64> {
        let shape = (neurons.z.nrows(), self.rank);
        let (mut alpha, mut of_alpha) = (Array2::zeros(shape), Adam::new(self.beta, shape));
        let mut losses = Vec::new();
        for _ in 0..=self.steps {
            let u = self.features(&alpha, neurons);
            let pre = &decoder.h + &(decoder.b.dot(&u) * self.multiplier);
            let errors = decoder.sum(&relu(&pre)) - &self.targets;
            let v = decoder.gradient(&slope(&pre)) * self.multiplier;
            losses.push(mean_of_squares(&errors));
            of_alpha.update(&mut alpha, &neurons.z.dot(&(&v * &errors).t()), c);
        }
        losses
    }

    /// Losses under Init\[B\] at a = 1: Z_B outgrows h, and B's motion β adds to the output. δ, the slope of
    /// φ' at the kink, is a Gaussian of standard deviation `width` in B_0·U over its own spread.
    pub fn init_b_growing(
        &self,
        neurons: &PlainNeurons,
        decoder: &DecoderNeurons,
        width: f64,
        c: f64,
    ) -> Vec<f64> {
        let (s, shape) = (self.multiplier, (neurons.z.nrows(), self.rank));
        let weight = FRAC_2_PI.sqrt();
        let (mut alpha, mut of_alpha) = (Array2::zeros(shape), Adam::new(self.beta, shape));
        let (mut beta, mut of_beta) = (Array2::zeros(shape), Adam::new(self.beta, shape));
        let mut losses = Vec::new();
        for t in 0..=self.steps {
            let u = self.features(&alpha, neurons);
            // Before A has moved h does not drop out of V.
            let pre = if t == 0 { decoder.h.clone() } else { decoder.b.dot(&u) * s };
            let mut f = if t == 0 { self.targets.mapv(|_| 0.0) } else { decoder.sum(&relu(&pre)) };
            let mut v = decoder.gradient(&slope(&pre)) * s;
            let inside = neurons.b.dot(&u) * s;
            let mask = slope(&inside);
            let p = expectation(&beta, &mask) * weight;
            f = f + (&p * &u).sum_axis(Axis(0)) * s;
            v = v + (p + self.kink(&neurons.b, &beta, (&u, &inside), width)) * s;
            let errors = f - &self.targets;
            losses.push(mean_of_squares(&errors));
            of_beta.update(&mut beta, &(&mask * &errors).dot(&u.t()), c);
            of_alpha.update(&mut alpha, &neurons.z.dot(&(&v * &errors).t()), c);
        }
        losses
    }

    /// D_ki = √(2/π) E[s B_0k (β·U_i) δ(s B_0·U_i)], without its part along U_i, which is zero.
    fn kink(
        &self,
        b: &Array2<f64>,
        beta: &Array2<f64>,
        (u, inside): (&Array2<f64>, &Array2<f64>),
        width: f64,
    ) -> Array2<f64> {
        let norms = (u * u).sum_axis(Axis(0)).mapv(f64::sqrt);
        if norms.iter().any(|norm| *norm == 0.0) {
            return Array2::zeros(u.dim());
        }
        let spreads = &norms * (width * self.multiplier / (self.rank as f64).sqrt());
        let density = |x: f64| (-0.5 * x * x).exp() / (2.0 * PI).sqrt();
        let delta = (inside / &spreads).mapv(density) / &spreads;
        let along = beta.dot(u);
        let d = expectation(b, &(along * delta)) * (FRAC_2_PI.sqrt() * self.multiplier);
        let unit = u / &norms;
        let part = (&d * &unit).sum_axis(Axis(0));
        d - &(unit * &part)
    }
}

impl DecoderNeurons {
    /// n^-1/2 Σ ω x_i over the neurons, for x of n × N.
    fn sum(&self, x: &Array2<f64>) -> Array1<f64> {
        self.omega.dot(x) / (self.omega.len() as f64).sqrt()
    }

    /// n^-1/2 Σ ω B_0k x_i, r × N.
    fn gradient(&self, x: &Array2<f64>) -> Array2<f64> {
        let weighted = &self.b * &self.omega.view().insert_axis(Axis(1));
        weighted.t().dot(x) / (self.omega.len() as f64).sqrt()
    }
}

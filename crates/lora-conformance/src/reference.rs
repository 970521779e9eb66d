//! The training in f64, formula by formula.
//!
//! With Z, H, W_out and y fixed, in f32 as the engine holds them, and s the multiplier (PEFT's
//! `scaling`):
//! Z_A = A Z, pre = H + s B Z_A, f = W_out φ(pre), loss = mean (f − y)²,
//! G_iμ = W_out,i φ'(pre_iμ) · 2(f_μ − y_μ)/N, dB = s G Z_Aᵀ, dA = s Bᵀ G Zᵀ.
//! If the model is linearised, f = W_out (φ(H) + φ'(H) ∘ (pre − H)), and φ'(H) stands in G.

use lora_sim::activation::{slope, value};
use lora_sim::spec::{Model, Optimizer, Training};
use lora_sim::{AdapterState, Frozen};
use ndarray::{Array1, Array2, ArrayView1, Axis};

/// The frozen student on the training samples, in f64.
pub struct Reference {
    model: Model,
    /// Z, n × N.
    pub z: Array2<f64>,
    /// H, n × N.
    pub h: Array2<f64>,
    /// W_out, n.
    pub w_out: Array1<f64>,
    /// y, N.
    pub y: Array1<f64>,
    /// Z, H and y of the held-out samples.
    test: (Array2<f64>, Array2<f64>, Array1<f64>),
}

/// A, B and their moments in f64.
#[derive(Clone, Debug)]
pub struct State {
    /// A, r × n.
    pub a: Array2<f64>,
    /// B, n × r.
    pub b: Array2<f64>,
    /// Moments of A.
    pub moments_a: [Array2<f64>; 2],
    /// Moments of B.
    pub moments_b: [Array2<f64>; 2],
    /// Updates made.
    pub step: usize,
}

/// The results of a forward and backward pass.
pub struct Pass {
    /// Z_A, r × N.
    pub za: Array2<f64>,
    /// H + s B Z_A, n × N.
    pub pre: Array2<f64>,
    /// φ'(pre), or φ'(H) where the model is linearised, n × N.
    pub slopes: Array2<f64>,
    /// f, N.
    pub f: Array1<f64>,
    /// Mean squared error.
    pub loss: f64,
    /// ∂loss/∂f, N.
    pub e: Array1<f64>,
    /// ∂loss/∂A, r × n.
    pub grad_a: Array2<f64>,
    /// ∂loss/∂B, n × r.
    pub grad_b: Array2<f64>,
}

impl State {
    /// An engine's state in f64.
    pub fn from_engine(state: &AdapterState) -> Self {
        let wide = |m: &Array2<f32>| m.mapv(f64::from);
        Self {
            a: wide(&state.a),
            b: wide(&state.b),
            moments_a: [wide(&state.m_a), wide(&state.v_a)],
            moments_b: [wide(&state.m_b), wide(&state.v_b)],
            step: state.step,
        }
    }

    /// The state rounded to f32, from which an engine can start.
    pub fn to_engine(&self) -> AdapterState {
        let narrow = |m: &Array2<f64>| m.mapv(|v| v as f32);
        AdapterState {
            a: narrow(&self.a),
            b: narrow(&self.b),
            m_a: narrow(&self.moments_a[0]),
            v_a: narrow(&self.moments_a[1]),
            m_b: narrow(&self.moments_b[0]),
            v_b: narrow(&self.moments_b[1]),
            step: self.step,
        }
    }

    /// The same state with neuron `order[i]` in place i.
    pub fn reordered(&self, order: &[usize]) -> Self {
        let columns = |m: &Array2<f64>| m.select(Axis(1), order);
        let rows = |m: &Array2<f64>| m.select(Axis(0), order);
        Self {
            a: columns(&self.a),
            b: rows(&self.b),
            moments_a: [columns(&self.moments_a[0]), columns(&self.moments_a[1])],
            moments_b: [rows(&self.moments_b[0]), rows(&self.moments_b[1])],
            step: self.step,
        }
    }

    /// The state after one update of the trained factors at η_A = `lr`, given the gradients of A and B.
    pub fn updated(
        &self,
        [grad_a, grad_b]: [&Array2<f64>; 2],
        training: &Training,
        lr: f64,
    ) -> Self {
        let mut next = self.clone();
        next.step += 1;
        let rule = |theta: &mut Array2<f64>, moments: &mut [Array2<f64>; 2], g, lr| {
            update(&training.optimizer, theta, moments, g, lr, self.step + 1);
        };
        if training.train.a() {
            rule(&mut next.a, &mut next.moments_a, grad_a, lr);
        }
        if training.train.b() {
            rule(&mut next.b, &mut next.moments_b, grad_b, lr * training.lr_ratio);
        }
        next
    }
}

impl Pass {
    /// The gradients of A and of B.
    pub fn gradients(&self) -> [&Array2<f64>; 2] {
        [&self.grad_a, &self.grad_b]
    }
}

impl Reference {
    /// Takes the columns of a frozen student.
    pub fn new(model: &Model, frozen: &Frozen) -> Self {
        let train = |m: &lora_sim::AlignedMatrix| columns(frozen, m, 0, frozen.columns.train);
        let test = |m: &lora_sim::AlignedMatrix| {
            columns(frozen, m, frozen.columns.train, frozen.columns.test)
        };
        let target = |sample: usize| f64::from(frozen.y[frozen.columns.column(sample)]);
        let (samples, all) = (frozen.columns.train, frozen.columns.train + frozen.columns.test);
        Self {
            model: model.clone(),
            z: train(&frozen.z),
            h: train(&frozen.h),
            w_out: frozen.w_out.iter().map(|&w| f64::from(w)).collect(),
            y: (0..samples).map(target).collect(),
            test: (test(&frozen.z), test(&frozen.h), (samples..all).map(target).collect()),
        }
    }

    /// The same student with neuron `neurons[i]` in place i and training sample `samples[μ]` in place μ.
    pub fn reordered(&self, neurons: &[usize], samples: &[usize]) -> Self {
        let (z, h, y) = &self.test;
        let both = |m: &Array2<f64>| m.select(Axis(0), neurons).select(Axis(1), samples);
        Self {
            model: self.model.clone(),
            z: both(&self.z),
            h: both(&self.h),
            w_out: self.w_out.select(Axis(0), neurons),
            y: self.y.select(Axis(0), samples),
            test: (z.select(Axis(0), neurons), h.select(Axis(0), neurons), y.clone()),
        }
    }

    /// Mean squared error on the held-out samples; 0 if there are none.
    pub fn test_loss(&self, a: &Array2<f64>, b: &Array2<f64>) -> f64 {
        let (z, h, y) = &self.test;
        let pre = h + &(b.dot(&a.dot(z)) * self.model.multiplier);
        let f = self.w_out.dot(&self.response(h, &pre));
        (f - y).mapv(|e| e * e).sum() / y.len().max(1) as f64
    }

    /// φ(pre), or its tangent at H where the model is linearised.
    fn response(&self, h: &Array2<f64>, pre: &Array2<f64>) -> Array2<f64> {
        let phi = self.model.activation;
        if !self.model.linearised {
            return pre.mapv(|x| value(phi, x));
        }
        h.mapv(|h| value(phi, h)) + h.mapv(|h| slope(phi, h)) * (pre - h)
    }

    /// A forward and backward pass at A [r × n] and B [n × r].
    pub fn pass(&self, a: &Array2<f64>, b: &Array2<f64>) -> Pass {
        let (s, samples) = (self.model.multiplier, self.y.len() as f64);
        let za = a.dot(&self.z);
        let pre = &self.h + &(b.dot(&za) * s);
        let f = self.w_out.dot(&self.response(&self.h, &pre));
        let error = &f - &self.y;
        let e = &error * (2.0 / samples);
        let at = if self.model.linearised { &self.h } else { &pre };
        let slopes = at.mapv(|x| slope(self.model.activation, x));
        let mut g = slopes.clone();
        scale_rows(&mut g, self.w_out.view());
        g *= &e;
        let grad_b = g.dot(&za.t()) * s;
        let grad_a = b.t().dot(&g).dot(&self.z.t()) * s;
        let loss = error.mapv(|v| v * v).sum() / samples;
        Pass { za, pre, slopes, f, loss, e, grad_a, grad_b }
    }
}

/// Samples `from` to `from + count` of a padded matrix.
fn columns(frozen: &Frozen, m: &lora_sim::AlignedMatrix, from: usize, count: usize) -> Array2<f64> {
    let at = |(i, sample)| f64::from(m.row(i)[frozen.columns.column(from + sample)]);
    Array2::from_shape_fn((frozen.width, count), at)
}

/// m_ij ← scale_i m_ij.
pub fn scale_rows(m: &mut Array2<f64>, scale: ArrayView1<f64>) {
    for (mut row, &scale) in m.axis_iter_mut(Axis(0)).zip(scale) {
        row *= scale;
    }
}

/// One update of a factor in step `t`, which counts from 1.
pub(crate) fn update(
    optimizer: &Optimizer,
    theta: &mut Array2<f64>,
    [m, v]: &mut [Array2<f64>; 2],
    g: &Array2<f64>,
    lr: f64,
    t: usize,
) {
    let (beta1, beta2, epsilon, decay) = match *optimizer {
        Optimizer::Sgd => {
            theta.scaled_add(-lr, g);
            return;
        }
        Optimizer::SignSgd => {
            theta.zip_mut_with(g, |theta, &g| {
                *theta -= lr * if g == 0.0 { 0.0 } else { g.signum() }
            });
            return;
        }
        Optimizer::Adam { beta1, beta2, epsilon } => (beta1, beta2, epsilon, 0.0),
        Optimizer::AdamW { beta1, beta2, epsilon, weight_decay } => {
            (beta1, beta2, epsilon, weight_decay)
        }
    };
    m.zip_mut_with(g, |m, &g| *m = beta1 * *m + (1.0 - beta1) * g);
    v.zip_mut_with(g, |v, &g| *v = beta2 * *v + (1.0 - beta2) * g * g);
    let correction = |beta: f64| 1.0 - beta.powi(t as i32);
    *theta *= 1.0 - lr * decay;
    for ((theta, &m), &v) in theta.iter_mut().zip(m.iter()).zip(v.iter()) {
        let step = m / correction(beta1) / ((v / correction(beta2)).sqrt() + epsilon);
        *theta -= lr * if m == 0.0 { 0.0 } else { step };
    }
}

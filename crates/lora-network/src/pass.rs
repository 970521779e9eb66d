//! The forward and the backward pass over some samples.

use lora_sim::activation;
use lora_sim::spec::{Activation, Norm};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, Zip};

use crate::factors::{Factors, stacked};
use crate::network::Network;
use crate::norm;
use crate::samples::Samples;

/// What a forward pass leaves behind.
pub struct Pass {
    /// Z_A = A x of every layer, r × N; none without adapters.
    pub za: Vec<Array2<f32>>,
    /// Y + W x + s B Z_A of every layer, n × N.
    pre: Vec<Array2<f32>>,
    /// What the layers behind the first read, n × N each.
    inner: Vec<Array2<f32>>,
    /// What enters the readout, n × N: u, or v = u/ρ(u).
    pub read: Array2<f32>,
    /// 1/ρ of every sample, if there is a normalisation.
    inverse: Option<Vec<f32>>,
    /// f = W_out v, K × N.
    pub outputs: Array2<f32>,
}

/// Gradients of the factors of all layers, those of the first layer in the first rows.
pub struct Gradients {
    /// ∂L/∂A, L r × n; none if it was not asked for.
    pub a: Option<Array2<f32>>,
    /// ∂L/∂Bᵀ, L r × n; likewise.
    pub b: Option<Array2<f32>>,
}

impl Pass {
    /// What a layer reads, n × N: Z, or φ of the layer before it.
    pub fn input<'p>(&'p self, samples: &'p Samples, layer: usize) -> &'p Array2<f32> {
        layer.checked_sub(1).map_or(&samples.z, |before| &self.inner[before])
    }
}

impl Network {
    /// L.
    pub fn layers(&self) -> usize {
        self.hidden.len() + 1
    }

    /// Runs the network at A and B, or without adapters.
    pub fn forward(&self, samples: &Samples, factors: Option<&Factors>) -> Pass {
        let (layers, activation) = (self.layers(), self.model.activation);
        let (mut za, mut all, mut inner) = (Vec::new(), Vec::with_capacity(layers), Vec::new());
        let mut pre = samples.h.clone();
        for layer in 0..layers {
            let input = inner.last().unwrap_or(&samples.z);
            if let Some(factors) = factors {
                let [a, b] = factors.of(layer);
                let own = a.dot(input);
                general_mat_mul(self.multiplier(), &b.t(), &own, 1.0, &mut pre);
                za.push(own);
            }
            if layer + 1 < layers {
                let out = activated(activation, &pre);
                let mut next = pre.clone();
                general_mat_mul(1.0, &self.hidden[layer], &out, 1.0, &mut next);
                inner.push(out);
                all.push(std::mem::replace(&mut pre, next));
            }
        }
        let mut read = activated(activation, &pre);
        all.push(pre);
        if self.model.ingredients.residual {
            read += inner.last().unwrap_or(&samples.z);
        }
        let inverse = match self.model.ingredients.norm {
            Norm::None => None,
            Norm::Rms => Some(norm::normalise(&mut read)),
        };
        let outputs = self.w_out.dot(&read);
        Pass { za, pre: all, inner, read, inverse, outputs }
    }

    /// g = ∂L/∂Z_B of every layer, n × N, given ∂L/∂f, K × N.
    pub fn signals(
        &self,
        factors: Option<&Factors>,
        pass: &Pass,
        errors: &Array2<f32>,
    ) -> Vec<Array2<f32>> {
        let (layers, activation) = (self.layers(), self.model.activation);
        // ∂L/∂v, then ∂L/∂u, then ∂L/∂Z_B of the last layer.
        let mut g = self.w_out.t().dot(errors);
        if let Some(inverse) = &pass.inverse {
            norm::backward(&mut g, &pass.read, inverse);
        }
        // The residual stream passes by the last adapter. Behind a single layer it ends at Z, which is fixed.
        let mut around = (self.model.ingredients.residual && layers > 1).then(|| g.clone());
        times_slope(activation, &mut g, &pass.pre[layers - 1]);
        let mut signals = vec![g];
        for layer in (1..layers).rev() {
            let above = &signals[signals.len() - 1];
            let mut g = self.hidden[layer - 1].t().dot(above);
            if let Some(factors) = factors {
                let [a, b] = factors.of(layer);
                general_mat_mul(self.multiplier(), &a.t(), &b.dot(above), 1.0, &mut g);
            }
            if let Some(around) = around.take() {
                g += &around;
            }
            times_slope(activation, &mut g, &pass.pre[layer - 1]);
            g += above;
            signals.push(g);
        }
        signals.reverse();
        signals
    }

    /// The gradients of both factors, given ∂L/∂f, K × N. `wanted` says of which of A and B.
    pub fn backward(
        &self,
        samples: &Samples,
        factors: &Factors,
        pass: &Pass,
        errors: &Array2<f32>,
        wanted: [bool; 2],
    ) -> Gradients {
        let s = self.multiplier();
        let signals = self.signals(Some(factors), pass, errors);
        let of_a = |(layer, g): (usize, &Array2<f32>)| {
            let [_, b] = factors.of(layer);
            (b.dot(g) * s).dot(&pass.input(samples, layer).t())
        };
        let of_b = |(layer, g): (usize, &Array2<f32>)| pass.za[layer].dot(&g.t()) * s;
        let numbered = || signals.iter().enumerate();
        Gradients {
            a: wanted[0].then(|| stacked(numbered().map(of_a).collect())),
            b: wanted[1].then(|| stacked(numbered().map(of_b).collect())),
        }
    }

    /// s.
    fn multiplier(&self) -> f32 {
        self.model.multiplier as f32
    }
}

/// φ(pre). Relu, which needs no f64, is compiled by itself.
fn activated(activation: Activation, pre: &Array2<f32>) -> Array2<f32> {
    match activation {
        // Not `max`, which would turn NaN into 0.
        Activation::Relu => pre.mapv(|x| if x < 0.0 { 0.0 } else { x }),
        other => pre.mapv(|x| activation::value(other, f64::from(x)) as f32),
    }
}

/// g ← g ∘ φ'(pre).
fn times_slope(activation: Activation, g: &mut Array2<f32>, pre: &Array2<f32>) {
    let pairs = Zip::from(g).and(pre);
    match activation {
        Activation::Relu => pairs.for_each(|g, &x| *g *= if x > 0.0 { 1.0 } else { 0.0 }),
        other => {
            pairs.for_each(|g, &x| *g *= activation::slope(other, f64::from(x)) as f32);
        }
    }
}

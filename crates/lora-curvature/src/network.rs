//! The student in f64, its gradient, and its Hessian applied to a direction.
//!
//! With Z, H, W_out and y fixed, as the engines draw them, and s the multiplier:
//!
//! ```text
//! U = A Z        r × N       p = H + s B U        n × N
//! f = W_out φ(p)             L = mean (f − y)²    e = 2 (f − y)/N
//! G = W_out φ'(p) e          n × N, row by row and column by column
//! ∂L/∂B = s G Uᵀ             ∂L/∂A = s Bᵀ G Zᵀ
//! ```
//!
//! Along a direction (Ȧ, Ḃ) every line has a derivative, and those of the last one are the Hessian's product:
//!
//! ```text
//! U̇ = Ȧ Z     ṗ = s (Ḃ U + B U̇)     ḟ = W_out φ'(p) ṗ     ė = 2 ḟ/N
//! Ġ = W_out (φ'(p) ė + φ''(p) ṗ e)
//! (H x)_B = s (Ġ Uᵀ + G U̇ᵀ)          (H x)_A = s (Ḃᵀ G + Bᵀ Ġ) Zᵀ
//! ```

use lora_sim::activation::{slope, value};
use lora_sim::spec::{Activation, Model};
use lora_sim::{Frozen, Isa};
use ndarray::{Array1, Array2, Axis};

use crate::error::CurvatureError;
use crate::factors::Factors;
use crate::second::second_slope;

/// The frozen student on the training samples.
#[derive(Clone, Debug)]
pub struct Network {
    /// Z, n × N.
    z: Array2<f64>,
    /// H, n × N.
    h: Array2<f64>,
    /// W_out, n.
    w_out: Array1<f64>,
    /// y, N.
    y: Array1<f64>,
    activation: Activation,
    multiplier: f64,
}

/// The Hessian at one point, ready to be applied.
#[derive(Clone, Debug)]
pub struct Hessian<'a> {
    network: &'a Network,
    at: Factors,
    /// Mean squared error.
    pub loss: f64,
    /// ∂L/∂A and ∂L/∂B.
    pub gradient: Factors,
    u: Array2<f64>,
    e: Array1<f64>,
    /// W_out φ'(p), n × N.
    slopes: Array2<f64>,
    /// W_out φ''(p), n × N; none for relu, where it is zero.
    curvatures: Option<Array2<f64>>,
    /// G, n × N.
    g: Array2<f64>,
}

impl Network {
    /// The student that the engines draw for a width and a seed.
    ///
    /// # Errors
    /// [`CurvatureError::Sim`] for a model or width out of range, and [`CurvatureError::Invalid`] for a
    /// linearised student, which is another network.
    pub fn draw(model: &Model, width: usize, seed: u64) -> Result<Self, CurvatureError> {
        if model.linearised {
            let (key, value) = ("model.linearised", true.to_string());
            return Err(CurvatureError::Invalid { key, value, valid: "false" });
        }
        let frozen = Frozen::draw(model, width, seed, Isa::best())?;
        let samples = frozen.columns.train;
        let wide = |m: &lora_sim::AlignedMatrix| {
            let at = |(i, sample)| f64::from(m.row(i)[frozen.columns.column(sample)]);
            Array2::from_shape_fn((width, samples), at)
        };
        Ok(Self {
            z: wide(&frozen.z),
            h: wide(&frozen.h),
            w_out: frozen.w_out.iter().map(|&w| f64::from(w)).collect(),
            y: (0..samples).map(|i| f64::from(frozen.y[frozen.columns.column(i)])).collect(),
            activation: model.activation,
            multiplier: model.multiplier,
        })
    }

    /// Loss, gradient and Hessian at A and B.
    pub fn at(&self, factors: &Factors) -> Hessian<'_> {
        let s = self.multiplier;
        let u = factors.a.dot(&self.z);
        let p = &self.h + &(factors.b.dot(&u) * s);
        let error = self.w_out.dot(&p.mapv(|x| value(self.activation, x))) - &self.y;
        let loss = error.dot(&error) / self.y.len() as f64;
        let e = &error * (2.0 / self.y.len() as f64);
        let slopes = self.rows(p.mapv(|x| slope(self.activation, x)));
        let curvatures = (self.activation != Activation::Relu)
            .then(|| self.rows(p.mapv(|x| second_slope(self.activation, x))));
        let g = &slopes * &e;
        let gradient =
            Factors { a: factors.b.t().dot(&g).dot(&self.z.t()) * s, b: g.dot(&u.t()) * s };
        let at = factors.clone();
        Hessian { network: self, at, loss, gradient, u, e, slopes, curvatures, g }
    }

    /// Each row times its neuron's W_out.
    fn rows(&self, mut m: Array2<f64>) -> Array2<f64> {
        m *= &self.w_out.view().insert_axis(Axis(1));
        m
    }
}

impl Hessian<'_> {
    /// The Hessian times a direction.
    pub fn times(&self, direction: &Factors) -> Factors {
        let (network, at, s) = (self.network, &self.at, self.network.multiplier);
        let u = direction.a.dot(&network.z);
        let p = (direction.b.dot(&self.u) + at.b.dot(&u)) * s;
        let f = (&self.slopes * &p).sum_axis(Axis(0));
        let mut g = &self.slopes * &(f * (2.0 / network.y.len() as f64));
        if let Some(curvatures) = &self.curvatures {
            g += &(curvatures * &p * &self.e);
        }
        Factors {
            a: (direction.b.t().dot(&self.g) + at.b.t().dot(&g)).dot(&network.z.t()) * s,
            b: (g.dot(&self.u.t()) + self.g.dot(&u.t())) * s,
        }
    }
}

//! Upper bounds of every entry, from the optimizer's constants and the data alone.
//!
//! An update by Adam or SignSGD is at most u_t = η C_t an entry ([`update_constant`]). Hence, with
//! D_t = Σ_{j≤t} u_j, entry by entry,
//!
//! - |A_t − A_0| ≤ D_A and |B_t − B_0| ≤ D_B,
//! - |Z_A| ≤ |A_0 Z| + D_A Σ_i |Z_iμ|, and |ΔZ_A| ≤ u_A Σ_i |Z_iμ|,
//! - |Z_B| ≤ s (|B_0| + D_B) |Z_A|,
//! - |δ1| ≤ s (|B_0| + D_B) |ΔZ_A|, |δ2| ≤ s u_B |Z_A|, |δ3| ≤ s u_B |ΔZ_A|
//!
//! where the right-hand sides use the bounds of the lines above, in δ1 and δ2 those of step t − 1. With
//! decoupled weight decay d = ηλ, D_t = |1 − d| D_{t−1} + d |θ_0| + u_t, and a step is at most
//! u_t + d |θ_{t−1}|.

use lora_sim::spec::Optimizer;
use ndarray::Array2;

use crate::reference::Reference;
use crate::tolerance::unit;

const EPSILON: f64 = f32::EPSILON as f64;

/// C_t, the largest |update|/η of step `t` (from 1) in exact arithmetic. `None` for SGD, and for Adam
/// with β2 = 0 and β1 > 0, whose updates have no bound.
///
/// Adam's m_t = (1 − β1) Σ_i β1^i g_{t−i} and v_t = (1 − β2) Σ_i β2^i g²_{t−i}. By Cauchy–Schwarz
/// |Σ β1^i g| ≤ √(Σ (β1²/β2)^i) √(Σ β2^i g²), and with the bias corrections of both moments
/// C_t = (1 − β1)/√(1 − β2) · √(Σ_{i<t} (β1²/β2)^i) · √(1 − β2^t)/(1 − β1^t), which is 1 at t = 1.
/// Gradients g_{t−i} ∝ (β1/β2)^i attain it. ε > 0 only makes an update smaller.
pub fn update_constant(optimizer: &Optimizer, t: usize) -> Option<f64> {
    let (beta1, beta2) = match *optimizer {
        Optimizer::Sgd => return None,
        Optimizer::SignSgd => return Some(1.0),
        Optimizer::Adam { beta1, beta2, .. } | Optimizer::AdamW { beta1, beta2, .. } => {
            (beta1, beta2)
        }
    };
    // β1 = 0 leaves one term even where β2 = 0 too.
    let ratio = if beta1 == 0.0 { 0.0 } else { beta1 * beta1 / beta2 };
    let mut term = 1.0;
    let mut sum = 0.0;
    for _ in 0..t {
        sum += term;
        term *= ratio;
    }
    let power = |beta: f64| beta.powi(t as i32);
    let first = (1.0 - beta1) / (1.0 - power(beta1));
    let constant = first * (sum * (1.0 - power(beta2)) / (1.0 - beta2)).sqrt();
    constant.is_finite().then_some(constant)
}

/// The largest |θ_t − (1 − ηλ) θ_{t−1}|: η C_t (1 + 4(t + 2)ε/β2), where the second term is for the
/// rounding of t steps of both moments. v loses ε of the larger of v and g², at most ε/β2 of its new
/// value.
///
/// A `frayed` second moment has underflowed, or β2 = 0. Its rounding error is not relative, and an
/// engine must then keep the update within a thousandth above C_t by itself.
pub fn largest_update(optimizer: &Optimizer, lr: f64, t: usize, frayed: bool) -> Option<f64> {
    let beta2 = match *optimizer {
        Optimizer::Adam { beta2, .. } | Optimizer::AdamW { beta2, .. } => beta2,
        Optimizer::SignSgd | Optimizer::Sgd => 1.0,
    };
    let mut slack = 4.0 * (t as f64 + 2.0) * EPSILON / if beta2 == 0.0 { 1.0 } else { beta2 };
    if frayed || beta2 == 0.0 {
        slack += 1e-3;
    }
    update_constant(optimizer, t).map(|c| lr * c * (1.0 + slack))
}

/// ηλ.
pub fn decay(optimizer: &Optimizer, lr: f64) -> f64 {
    match *optimizer {
        Optimizer::AdamW { weight_decay, .. } => lr * weight_decay,
        _ => 0.0,
    }
}

/// Bounds of one factor's entries, all of its shape.
struct Reach {
    /// |θ_0|.
    start: Array2<f64>,
    /// Bound of |θ_t − θ_0|.
    moved: Array2<f64>,
    /// Bound of |θ_t − θ_{t−1}|.
    step: Array2<f64>,
    /// Bound of |θ_{t−1}|.
    before: Array2<f64>,
}

impl Reach {
    fn new(start: &Array2<f64>) -> Self {
        let zeros = Array2::zeros(start.raw_dim());
        let start = start.mapv(f64::abs);
        Self { moved: zeros.clone(), step: zeros, before: start.clone(), start }
    }

    /// Bound of |θ_t|.
    fn size(&self) -> Array2<f64> {
        &self.start + &self.moved
    }

    /// Extends the bounds by one update of at most `update` with weight decay. The subtraction rounds to
    /// the parameter's ε.
    fn advance(&mut self, update: f64, decay: f64) {
        self.before = self.size();
        let rounding = self.before.mapv(|size| 2.0 * EPSILON * (size + update));
        self.step = &self.before * decay + update + &rounding;
        self.moved = &self.moved * (1.0 - decay).abs() + &self.start * decay + update + &rounding;
    }
}

/// Bounds after the updates so far.
pub struct Envelope {
    multiplier: f64,
    /// |Z|, n × N.
    z: Array2<f64>,
    /// |A_0 Z|, r × N.
    za_start: Array2<f64>,
    a: Reach,
    b: Reach,
    /// Bound of |Z_A| before the last update.
    za_before: Array2<f64>,
}

impl Envelope {
    /// The bounds at A_0 [r × n] and B_0 [n × r].
    pub fn new(multiplier: f64, reference: &Reference, a: &Array2<f64>, b: &Array2<f64>) -> Self {
        let za_start = a.dot(&reference.z).mapv(f64::abs);
        let z = reference.z.mapv(f64::abs);
        let (a, b) = (Reach::new(a), Reach::new(b));
        Self { multiplier, z, za_before: za_start.clone(), za_start, a, b }
    }

    /// Extends the bounds by one update of at most `update` for entries of A and of B, with weight
    /// decays `decay`.
    pub fn advance(&mut self, update: [f64; 2], decay: [f64; 2]) {
        self.za_before = self.features();
        self.a.advance(update[0], decay[0]);
        self.b.advance(update[1], decay[1]);
    }

    /// Bound of |Z_A|, r × N, with n·ε of |A||Z| for the rounding of the engine's sum.
    fn features(&self) -> Array2<f64> {
        let rounding = self.a.size().dot(&self.z) * unit(self.z.nrows());
        &self.za_start + &self.a.moved.dot(&self.z) + rounding
    }

    /// Bound of |ΔZ_A|, r × N, with the rounding of both sums.
    fn feature_step(&self) -> Array2<f64> {
        let sizes = self.a.size() + &self.a.before;
        self.a.step.dot(&self.z) + sizes.dot(&self.z) * unit(self.z.nrows())
    }

    /// Bounds of the numbers of a record after the last update. Norms of products come from Gram matrices
    /// in f64, whose roots are accurate to 10⁻⁷ of the product of absolute values.
    pub fn record(&self) -> [(&'static str, f64); 9] {
        let za = self.features();
        let dza = self.feature_step();
        let product =
            |b: &Array2<f64>, z: &Array2<f64>| b.dot(z) * (self.multiplier * (1.0 + 1e-7));
        let zb = product(&self.b.size(), &za);
        [
            ("a_move", rms(&self.a.moved)),
            ("b_move", rms(&self.b.moved)),
            ("za_rms", rms(&za)),
            ("za_norm", mean_norm(&za)),
            ("zb_rms", rms(&zb)),
            ("zb_norm", mean_norm(&zb)),
            ("delta1", rms(&product(&self.b.before, &dza))),
            ("delta2", rms(&product(&self.b.step, &self.za_before))),
            ("delta3", rms(&product(&self.b.step, &dza))),
        ]
    }
}

/// Root of the mean square over entries.
pub fn rms(m: &Array2<f64>) -> f64 {
    (m.mapv(|v| v * v).sum() / m.len() as f64).sqrt()
}

/// Mean Euclidean norm of a column.
pub fn mean_norm(m: &Array2<f64>) -> f64 {
    m.columns().into_iter().map(|c| c.dot(&c).sqrt()).sum::<f64>() / m.ncols() as f64
}

//! B's own motion beside a decoder: β(h, B_0, sgn ω), with B = B_0 + n^γ β.
//!
//! β is odd in ω, so that one sign is enough. With pre = h + s B_0·U, or s B_0·U where h drops out:
//!
//! ```text
//! gB_k(h, B_0, +) = Σ_i e_i φ'(pre_i) U_ki
//! P_ki = √(2/π) E[φ'(pre_i) β_k]                       adds s Σ_k P_ki U_ki to f_i
//! D_ki = √(2/π) E[s B_0k (β·U_i) φ''(pre_i)]           V_ki gains s (P_ki + D_ki)
//! ```
//!
//! D is how P's own mask moves with U. For relu φ'' is a Dirac δ: the shift n^-1/2 β·U carries √n
//! neurons over the kink. A central difference of φ' over a small part of the spread of pre stands
//! for φ''. Where h drops out, P depends on the direction of U alone, so that Σ_k D_ki U_ki = 0; what
//! the difference leaves of D along U is taken off.

use std::f64::consts::FRAC_2_PI;

use lora_sim::spec::{Activation, Model};
use ndarray::{Array1, Array2, Axis};

use crate::reading::Reading;
use crate::rows::{add_scaled, combine, dot, for_each_neuron, row, slopes, sum_over_neurons};
use crate::rule::{Entry, Rule};

/// Half the step of the central difference over the standard deviation of pre.
const HALF_STEP: f64 = 0.14;

/// The neurons that β is a function of.
#[derive(Debug)]
pub(crate) struct MotionNeurons {
    /// Rows of B_0, M × r.
    pub b: Array2<f64>,
    /// h, M × P, unless it drops out.
    pub h: Option<Array2<f64>>,
}

/// β on a population of neurons.
pub(crate) struct Motion<'a> {
    neurons: &'a MotionNeurons,
    entries: Vec<Entry>,
    model: &'a Model,
    train: usize,
    /// The size of the motion's share of the output beside the decoder's.
    weight: f64,
    /// Whether V has the kink term. Only controls leave it out.
    kink: bool,
}

impl<'a> Motion<'a> {
    pub fn new(
        neurons: &'a MotionNeurons,
        model: &'a Model,
        train: usize,
        weight: f64,
        kink: bool,
    ) -> Self {
        let entries = vec![Entry::default(); neurons.b.len()];
        Self { neurons, entries, model, train, weight, kink }
    }

    /// Adds the motion's share to what the decoder reads at U.
    pub fn add_to(&self, reading: &mut Reading, u: &Array2<f64>) {
        let scale = self.weight * self.model.multiplier;
        let p = self.alignment(u);
        reading.f += &((&p * u).sum_axis(Axis(0)) * scale);
        reading.v += &(p * scale);
        if self.kink {
            reading.v += &(self.kink(u) * scale);
        }
    }

    /// pre of one neuron on the first `points` points.
    fn preactivations<'s>(
        &self,
        neuron: usize,
        u: &Array2<f64>,
        points: usize,
        out: &'s mut Vec<f64>,
    ) -> &'s mut [f64] {
        let b = row(&self.neurons.b, neuron).iter().map(|b| self.model.multiplier * b);
        let pre = combine(out, b, u, points);
        if let Some(h) = &self.neurons.h {
            add_scaled(pre, 1.0, row(h, neuron));
        }
        pre
    }

    /// P, r × P.
    fn alignment(&self, u: &Array2<f64>) -> Array2<f64> {
        let ((rank, points), count) = (u.dim(), self.neurons.b.nrows());
        let weight = FRAC_2_PI.sqrt() / count as f64;
        let sums = sum_over_neurons(count, rank * points, |neuron, scratch, sum| {
            let mask = self.preactivations(neuron, u, points, &mut scratch.first);
            slopes(self.model.activation, mask);
            for (k, sum) in sum.chunks_mut(points).enumerate() {
                add_scaled(sum, weight * self.entries[neuron * rank + k].value, mask);
            }
        });
        Array2::from_shape_vec((rank, points), sums).expect("r × P sums")
    }

    /// D on the training points, zero on the others.
    fn kink(&self, u: &Array2<f64>) -> Array2<f64> {
        let ((rank, points), count) = (u.dim(), self.neurons.b.nrows());
        let steps = self.half_steps(u);
        let weight = FRAC_2_PI.sqrt() * self.model.multiplier / count as f64;
        let sums = sum_over_neurons(count, rank * points, |neuron, scratch, sum| {
            let pre = self.preactivations(neuron, u, self.train, &mut scratch.first);
            let b = row(&self.neurons.b, neuron);
            let beta = &self.entries[neuron * rank..(neuron + 1) * rank];
            for (i, (x, step)) in pre.iter().zip(&steps).enumerate() {
                let curvature = curvature(self.model.activation, *x, *step);
                if curvature == 0.0 {
                    continue;
                }
                let along: f64 = beta.iter().enumerate().map(|(k, e)| e.value * u[(k, i)]).sum();
                for (k, b) in b.iter().enumerate() {
                    sum[k * points + i] += weight * curvature * along * b;
                }
            }
        });
        let mut d = Array2::from_shape_vec((rank, points), sums).expect("r × P sums");
        if self.neurons.h.is_none() {
            let unit = directions(u);
            let along = (&d * &unit).sum_axis(Axis(0));
            d -= &(unit * &along);
        }
        d
    }

    /// Half the step of the difference at every training point.
    fn half_steps(&self, u: &Array2<f64>) -> Vec<f64> {
        let spread = self.model.multiplier * self.model.b_scale / (u.nrows() as f64).sqrt();
        let variance = |i: usize| {
            let features = spread * spread * u.column(i).dot(&u.column(i));
            let h = self.neurons.h.as_ref().map(|h| h.column(i));
            features + h.map_or(0.0, |h| h.dot(&h) / h.len() as f64)
        };
        (0..self.train).map(|i| HALF_STEP * variance(i).sqrt()).collect()
    }

    /// β ← β − rate · direction(gB).
    pub fn learn(&mut self, u: &Array2<f64>, errors: &Array1<f64>, rule: Rule, rate: f64) {
        let (rank, train) = (u.nrows(), errors.len());
        let mut weighted = u.slice(ndarray::s![.., ..train]).to_owned();
        weighted *= errors;
        let mut entries = std::mem::take(&mut self.entries);
        for_each_neuron(&mut entries, rank, |neuron, scratch, entries| {
            let mask = self.preactivations(neuron, u, train, &mut scratch.first);
            slopes(self.model.activation, mask);
            for (k, entry) in entries.iter_mut().enumerate() {
                entry.step(rule, rate, dot(mask, row(&weighted, k)));
            }
        });
        self.entries = entries;
    }
}

/// φ''(x) as (φ'(x + step) − φ'(x − step))/(2 step); zero for a step of zero.
fn curvature(phi: Activation, x: f64, step: f64) -> f64 {
    let mut ends = [x + step, x - step];
    if step == 0.0 || (phi == Activation::Relu && x.abs() > step) {
        return 0.0;
    }
    slopes(phi, &mut ends);
    (ends[0] - ends[1]) / (2.0 * step)
}

/// U_i/|U_i|, zero where U_i is.
fn directions(u: &Array2<f64>) -> Array2<f64> {
    let norms = (u * u).sum_axis(Axis(0)).mapv(f64::sqrt);
    u / &norms.mapv(|x| if x == 0.0 { 1.0 } else { x })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::LimitError;
    use crate::population::Quadrature;
    use crate::root::Root;
    use ndarray::array;

    /// After two steps of learning, V is the derivative of f by U at every point: with the kink
    /// term, and not without.
    fn worst_derivative(with_h: bool, phi: Activation, kink: bool) -> Result<f64, LimitError> {
        let model = Model { rank: 2, activation: phi, multiplier: 0.7, ..Model::default() };
        let quadrature = Quadrature { neurons: 1 << 15, ..Quadrature::default() };
        // h of independent points.
        let root = Root::new(&(Array2::eye(3) / 12.0))?;
        let (b, h) = quadrature.motion(0, &model, with_h.then_some(&root), 3);
        let neurons = MotionNeurons { b, h };
        let mut motion = Motion::new(&neurons, &model, 3, 1.0, kink);
        let u = array![[0.9, -0.4, 1.3], [0.2, 1.1, -0.8]];
        let errors = array![0.7, -1.0, 0.4];
        let rule = |t| {
            let adam = lora_sim::spec::Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 0.0 };
            Rule::new(&adam, t).expect("a known rule")
        };
        motion.learn(&(&u * 0.3 + 0.2), &(&errors - 0.5), rule(1), 0.5);
        motion.learn(&u, &errors, rule(2), 0.5);
        let read = |u: &Array2<f64>| {
            let z_b_squared = Array1::zeros(3);
            let mut reading =
                Reading { f: Array1::zeros(3), v: Array2::zeros((2, 3)), z_b_squared };
            motion.add_to(&mut reading, u);
            reading
        };
        let v = read(&u).v;
        let step = 0.1;
        let mut worst = 0.0f64;
        for k in 0..2 {
            let shifted = |by: f64| {
                let mut moved = u.clone();
                moved.row_mut(k).mapv_inplace(|x| x + by);
                read(&moved).f
            };
            let difference = (shifted(step) - shifted(-step)) / (2.0 * step);
            let gaps = (&difference - &v.row(k)).mapv(f64::abs);
            worst = gaps.iter().fold(worst, |x, y| x.max(*y));
        }
        Ok(worst / v.iter().fold(0.0f64, |x, y| x.max(y.abs())))
    }

    #[test]
    fn v_is_the_derivative_of_the_output_only_with_the_kink_term() -> Result<(), LimitError> {
        for with_h in [false, true] {
            let with = worst_derivative(with_h, Activation::Relu, true)?;
            let without = worst_derivative(with_h, Activation::Relu, false)?;
            assert!(with < 0.03, "with h: {with_h}, with D: {with}");
            assert!(without > 0.08, "with h: {with_h}, without D: {without}");
        }
        Ok(())
    }

    #[test]
    fn a_smooth_activation_has_a_curvature_in_its_place() -> Result<(), LimitError> {
        let with = worst_derivative(true, Activation::Tanh, true)?;
        let without = worst_derivative(true, Activation::Tanh, false)?;
        assert!(with < 0.02 && without > 0.1, "{with} {without}");
        Ok(())
    }
}

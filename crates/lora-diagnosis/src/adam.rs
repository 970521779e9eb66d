//! How far Adam can move an entry.
//!
//! Kingma and Ba (2015, section 2.1) call α (1 − β1)/√(1 − β2) and α the bounds of an update. The first
//! holds for a gradient that is zero at all steps but the present one, the second for gradients of one size.
//! Neither holds in general. What does is [`update_constant`].

use serde::Serialize;

/// Steps whose bounds are added one by one.
const SINGLE: u32 = 1 << 12;

/// What is known of the training.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrainingAsked {
    /// The learning rate of A; the largest one, if it followed a schedule.
    pub(crate) lr: f64,
    /// Optimiser steps.
    pub(crate) steps: u32,
    /// η_B/η_A; 1 without LoRA+.
    pub(crate) lr_ratio: f64,
    /// β1 and β2.
    pub(crate) betas: [f64; 2],
    /// Σ C_t over the steps, found once.
    #[serde(skip)]
    sum: f64,
}

impl TrainingAsked {
    /// Of the learning rate of A (the largest one, if it followed a schedule), the optimiser's steps, η_B/η_A (1
    /// without LoRA+), and β1 and β2, 0 ≤ β1 < 1 and 0 < β2 < 1.
    pub fn new(lr: f64, steps: u32, lr_ratio: f64, betas: [f64; 2]) -> Self {
        Self { lr, steps, lr_ratio, betas, sum: sum_of_constants(betas, steps) }
    }

    /// The largest movement of an entry over all steps, without weight decay: (of A, of B).
    pub fn reach(&self) -> (f64, f64) {
        (self.lr * self.sum, self.lr * self.lr_ratio * self.sum)
    }

    /// The largest movement of an entry in the last step, without weight decay: (of A, of B).
    pub fn last(&self) -> (f64, f64) {
        let constant = update_constant(self.betas, self.steps);
        (self.lr * constant, self.lr * self.lr_ratio * constant)
    }
}

/// Σ C_t, or a little more after many steps: after [`SINGLE`] steps all of a block of a 4096th of its first step
/// count as its last. C_t does not fall: ln C_t² = ψ(2a − b) − 2ψ(a) + ψ(b) with ψ(x) = ln Σ_{i<t} e^{xi}, a = ln β1
/// and b = ln β2. This second difference is a mean of ψ″, the variance of a geometric law cut off at t, which grows
/// with t.
fn sum_of_constants(betas: [f64; 2], steps: u32) -> f64 {
    let mut sum: f64 = (1..=steps.min(SINGLE)).map(|t| update_constant(betas, t)).sum();
    let mut done = SINGLE;
    while done < steps {
        let next = steps.min(done.saturating_add(done / SINGLE));
        sum += f64::from(next - done) * update_constant(betas, next);
        done = next;
    }
    sum
}

/// C_t: the update of step `t` (from 1) is at most η C_t, whatever the gradients were.
///
/// Adam's update is η m̂/(√v̂ + ε) with m̂ = Σ a_i g_{t−i} and v̂ = Σ b_i g²_{t−i}, where
/// a_i = (1 − β1) β1^i/(1 − β1^t) and b_i = (1 − β2) β2^i/(1 − β2^t), i < t. By Cauchy–Schwarz
/// |m̂| ≤ √(Σ a_i²/b_i) √v̂, so
///
/// C_t = (1 − β1)/(1 − β1^t) · √((1 − β2^t)/(1 − β2) · (1 − ρ^t)/(1 − ρ)), ρ = β1²/β2.
///
/// C_1 = 1, and gradients that grow as g_{t−i} ∝ (β1/β2)^i attain C_t. With β = (0.9, 0.999) it tends to 7.27. ε and
/// clipped gradients only make the movement smaller. So does decoupled weight decay in a factor that started at
/// zero; a factor that started random it moves by up to ηλT |θ_0| more.
pub fn update_constant([beta1, beta2]: [f64; 2], t: u32) -> f64 {
    let ratio = beta1 * beta1 / beta2;
    (geometric(beta2, t) * geometric(ratio, t)).sqrt() / geometric(beta1, t)
}

/// Σ_{i<t} x^i for x ≥ 0, as exact near 1 as anywhere.
fn geometric(x: f64, t: u32) -> f64 {
    let above = x - 1.0;
    if above == 0.0 { f64::from(t) } else { (f64::from(t) * above.ln_1p()).exp_m1() / above }
}

#[cfg(test)]
mod tests {
    use lora_conformance::envelope;
    use lora_sim::spec::Optimizer;
    use proptest::prelude::*;

    use super::*;

    /// The update over η that Adam makes of gradients, the last of them present.
    fn update([beta1, beta2]: [f64; 2], gradients: &[f64]) -> f64 {
        let (mut m, mut v) = (0.0, 0.0);
        for g in gradients {
            m = beta1 * m + (1.0 - beta1) * g;
            v = beta2 * v + (1.0 - beta2) * g * g;
        }
        let t = gradients.len() as i32;
        (m / (1.0 - beta1.powi(t))) / (v / (1.0 - beta2.powi(t))).sqrt()
    }

    #[test]
    fn growing_gradients_attain_the_bound_and_the_papers_bounds_do_not_hold() {
        for betas in [[0.9f64, 0.999], [0.9, 0.95], [0.5, 0.5], [0.8, 0.6]] {
            for t in [1, 2, 3, 10, 100] {
                let growth = betas[0] / betas[1];
                let gradients: Vec<f64> = (0..t).rev().map(|i| growth.powi(i)).collect();
                let share = update(betas, &gradients) / update_constant(betas, t as u32);
                assert!((share - 1.0).abs() < 1e-9, "{betas:?}, {t}: {share}");
            }
        }
        let [beta1, beta2] = [0.9f64, 0.999];
        let limit = update_constant([beta1, beta2], 100_000);
        assert!((limit - 7.2699).abs() < 1e-3, "{limit}");
        let of_the_paper = (1.0 - beta1) / f64::sqrt(1.0 - beta2);
        assert!(limit > 2.0 * of_the_paper);
    }

    #[test]
    fn it_is_the_constant_of_the_conformance_suite() {
        for (beta1, beta2) in [(0.9, 0.999), (0.9, 0.81), (0.0, 0.9), (0.95, 0.99)] {
            let adam = Optimizer::Adam { beta1, beta2, epsilon: 0.0 };
            for t in [1, 2, 7, 1000] {
                let theirs = envelope::update_constant(&adam, t).expect("Adam has one");
                let ours = update_constant([beta1, beta2], t as u32);
                assert!((ours / theirs - 1.0).abs() < 1e-9, "{beta1}, {beta2}, {t}");
            }
        }
    }

    /// A billion steps are over in an instant, and their bound is no smaller than the sum's.
    #[test]
    fn many_steps_take_no_time() {
        let begun = std::time::Instant::now();
        for betas in [[0.9, 0.999], [0.9, 0.81], [0.9, 1.0 - 1e-9], [0.0, 0.5], [0.99, 0.999]] {
            let sum = TrainingAsked::new(1.0, 1_000_000_000, 1.0, betas).reach().0;
            assert!(sum >= 1e9 * (1.0 - 1e-9) && sum.is_finite(), "{betas:?}: {sum}");
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
        let last = update_constant([0.9, 0.999], 1_000_000_000);
        let sum = TrainingAsked::new(1.0, 1_000_000_000, 1.0, [0.9, 0.999]).reach().0;
        assert!((sum / (1e9 * last) - 1.0).abs() < 1e-4, "{sum}");
    }

    #[test]
    fn the_bound_of_many_steps_is_the_sum_and_hardly_more() {
        for betas in [[0.9, 0.999], [0.9, 0.81], [0.9, 1.0 - 1e-9], [0.95, 0.99999]] {
            let mut sum = 0.0;
            let mut before = 0.0;
            for t in 1..=20_000 {
                let constant = update_constant(betas, t);
                assert!(constant >= before * (1.0 - 1e-12), "{betas:?}: C falls at {t}");
                before = constant;
                sum += constant;
            }
            let found = TrainingAsked::new(1.0, 20_000, 1.0, betas).reach().0;
            let share = found / sum;
            assert!((1.0 - 1e-12..1.0002).contains(&share), "{betas:?}: {share}");
        }
    }

    proptest! {
        #[test]
        fn no_gradients_make_a_larger_update(
            gradients in prop::collection::vec(-6.0..6.0f64, 1..60),
            beta1 in 0.0..0.99f64,
            beta2 in 0.1..0.9999f64,
        ) {
            let gradients: Vec<f64> = gradients.iter().map(|g| g.signum() * 10f64.powf(*g)).collect();
            let most = update_constant([beta1, beta2], gradients.len() as u32);
            let found = update([beta1, beta2], &gradients).abs();
            prop_assert!(found <= most * (1.0 + 1e-9), "{found} of {most}");
        }
    }
}

//! How far a whole training with Adam can take an entry, with decoupled weight decay or without.

use crate::adam::{geometric, update_constant};

/// Steps whose bounds are added one by one.
const SINGLE: u32 = 1 << 12;

/// How far an entry θ can be from its start θ_0 after T steps of AdamW, θ ← (1 − η_t λ) θ − η_t u_t, at rates up to η.
///
/// With |u_t| ≤ C_t ([`update_constant`]), the distance D_t = θ_t − θ_0 follows
/// D_t = (1 − η_t λ) D_{t−1} − η_t (λ θ_0 + u_t), so that |D_t| ≤ (1 − η_t λ) M_{t−1} + η_t (C_t + λ|θ_0|), if M_{t−1}
/// bounds |D_{t−1}| and η_t λ ≤ 1. This is linear in η_t, so largest at 0 or at η, and at η as long as
/// M_{t−1} ≤ (C_t + λ|θ_0|)/λ. M_0 = 0 is such, and each step keeps it, since C_t does not fall. So no schedule moves an
/// entry farther than the constant rate, and
///
/// |θ_T − θ_0| ≤ η Σ C_t (1 − ηλ)^{T−t} + (1 − (1 − ηλ)^T) |θ_0|.
///
/// Updates of size C_t against the start attain it. The two terms bound what the updates and what the decay do, each by
/// itself: θ_T − θ_0 = −p θ_0 − q with 0 ≤ p ≤ `decay` and |q| ≤ `updates`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    /// η Σ C_t (1 − ηλ)^{T−t}: of an entry that started at zero, and of any without decay.
    pub updates: f64,
    /// 1 − (1 − ηλ)^T: the share of its start that an entry can lose to the decay.
    pub decay: f64,
}

impl Reach {
    /// Over so many steps at a rate of at most η, with the weight decay λ, ηλ < 1.
    pub(crate) fn of(betas: [f64; 2], steps: u32, rate: f64, weight_decay: f64) -> Self {
        let lost = rate * weight_decay;
        let decay = if lost == 0.0 { 0.0 } else { -(f64::from(steps) * (-lost).ln_1p()).exp_m1() };
        Self { updates: rate * sum_of_constants(betas, steps, 1.0 - lost), decay }
    }

    /// The largest movement of an entry that started with this absolute value.
    pub fn from_start(&self, start: f64) -> f64 {
        self.updates + self.decay * start
    }

    /// The largest absolute value with which an entry can have started that ended with this one: what is left of the
    /// start is at least a share 1 − p of it.
    pub fn start_of(&self, end: f64) -> f64 {
        (end + self.updates) / (1.0 - self.decay)
    }
}

/// Σ C_t k^{T−t} for the share k that each step keeps, or a little more after many steps: after [`SINGLE`] steps all of a
/// block of a 4096th of its first step count as its last. C_t does not fall: ln C_t² = ψ(2a − b) − 2ψ(a) + ψ(b) with
/// ψ(x) = ln Σ_{i<t} e^{xi}, a = ln β1 and b = ln β2. This second difference is a mean of ψ″, the variance of a geometric
/// law cut off at t, which grows with t.
fn sum_of_constants(betas: [f64; 2], steps: u32, kept: f64) -> f64 {
    let one = |sum: f64, t| kept * sum + update_constant(betas, t);
    let mut sum = (1..=steps.min(SINGLE)).fold(0.0, one);
    let mut done = SINGLE;
    while done < steps {
        let next = steps.min(done.saturating_add(done / SINGLE));
        let block = next - done;
        sum = (f64::from(block) * kept.ln()).exp() * sum
            + geometric(kept, block) * update_constant(betas, next);
        done = next;
    }
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn without_decay(betas: [f64; 2], steps: u32) -> f64 {
        Reach::of(betas, steps, 1.0, 0.0).updates
    }

    /// A billion steps are over in an instant, and their bound is no smaller than the sum's.
    #[test]
    fn many_steps_take_no_time() {
        let begun = std::time::Instant::now();
        for betas in [[0.9, 0.999], [0.9, 0.81], [0.9, 1.0 - 1e-9], [0.0, 0.5], [0.99, 0.999]] {
            let sum = without_decay(betas, 1_000_000_000);
            assert!(sum >= 1e9 * (1.0 - 1e-9) && sum.is_finite(), "{betas:?}: {sum}");
        }
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{:?}", begun.elapsed());
        let last = update_constant([0.9, 0.999], 1_000_000_000);
        let sum = without_decay([0.9, 0.999], 1_000_000_000);
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
            let found = without_decay(betas, 20_000);
            let share = found / sum;
            assert!((1.0 - 1e-12..1.0002).contains(&share), "{betas:?}: {share}");
        }
    }

    /// AdamW as PyTorch has it: the decay first, at the rate of the step. Of each step (rate, gradient).
    fn adamw([beta1, beta2]: [f64; 2], lambda: f64, start: f64, steps: &[(f64, f64)]) -> f64 {
        let (mut m, mut v, mut theta) = (0.0, 0.0, start);
        for (t, (rate, g)) in (1..).zip(steps) {
            theta *= 1.0 - rate * lambda;
            m = beta1 * m + (1.0 - beta1) * g;
            v = beta2 * v + (1.0 - beta2) * g * g;
            theta -= rate * (m / (1.0 - beta1.powi(t))) / (v / (1.0 - beta2.powi(t))).sqrt();
        }
        theta
    }

    /// Equal betas make C_t = 1, which gradients of one size attain: against the start they attain the whole bound.
    #[test]
    fn the_bound_is_attained() {
        let betas = [0.9, 0.9];
        for (rate, lambda, start) in [(0.1, 0.5, 2.0), (1e-3, 0.0, 2.0), (0.5, 1.9, 0.3)] {
            for steps in [1, 2, 10, 300] {
                let end = adamw(betas, lambda, start, &vec![(rate, 1.0); steps]);
                let reach = Reach::of(betas, steps as u32, rate, lambda);
                let share = (start - end).abs() / reach.from_start(start);
                assert!((share - 1.0).abs() < 1e-9, "{rate} {lambda} {steps}: {share}");
            }
        }
        let (rate, lambda, start) = (1e-3f64, 0.1, 2.0);
        let left = start * (1.0 - rate * lambda).powi(5000);
        let decay = Reach::of([0.9, 0.999], 5000, rate, lambda).decay;
        assert!((decay * start / (start - left) - 1.0).abs() < 1e-9);
    }

    /// The control: at a large λ the decay alone takes an entry farther than any bound without its term.
    #[test]
    fn without_the_term_of_the_decay_it_is_no_bound() {
        let (betas, rate, lambda, start) = ([0.9, 0.999], 1e-3, 10.0, 50.0);
        let steps = [(rate, 1.0); 200];
        let moved = (adamw(betas, lambda, start, &steps) - start).abs();
        let reach = Reach::of(betas, 200, rate, lambda);
        assert!(moved > 5.0 * Reach::of(betas, 200, rate, 0.0).updates, "{moved}");
        assert!(moved > 5.0 * reach.updates && moved <= reach.from_start(start), "{moved}");
    }

    /// Blocks of many steps against the sum, step by step, and its limit C/λ.
    #[test]
    fn many_steps_with_decay_are_the_recursion_and_hardly_more() {
        for (rate, lambda) in [(1e-4, 0.1), (1e-3, 1.0), (0.1, 5.0)] {
            let betas = [0.9, 0.999];
            let (mut farthest, mut begun) = (0.0, 1.0);
            for t in 1..=20_000 {
                farthest = (1.0 - rate * lambda) * farthest + rate * update_constant(betas, t);
                begun *= 1.0 - rate * lambda;
            }
            let found = Reach::of(betas, 20_000, rate, lambda);
            let share = found.updates / farthest;
            assert!((1.0 - 1e-9..1.0002).contains(&share), "{rate} {lambda}: {share}");
            assert!((found.decay - (1.0 - begun)).abs() < 1e-9, "{}", found.decay);
            let limit = update_constant(betas, 1_000_000_000) / lambda;
            let end = Reach::of(betas, 1_000_000_000, rate, lambda);
            assert!((end.updates / limit - 1.0).abs() < 1e-3 && end.decay == 1.0, "{end:?}");
        }
    }

    proptest! {
        /// No gradients and no schedule up to the stated rate take an entry farther.
        #[test]
        fn no_training_goes_beyond(
            steps in prop::collection::vec((0.0..=1.0f64, -6.0..6.0f64), 1..60),
            beta1 in 0.0..0.99f64,
            beta2 in 0.1..0.9999f64,
            lost in 0.0..0.99f64,
            rate in 1e-5..10.0f64,
            start in -10.0..10.0f64,
        ) {
            let steps: Vec<(f64, f64)> = steps
                .iter()
                .map(|(share, g)| (share * rate, g.signum() * 10f64.powf(*g)))
                .collect();
            let lambda = lost / rate;
            let end = adamw([beta1, beta2], lambda, start, &steps);
            let reach = Reach::of([beta1, beta2], steps.len() as u32, rate, lambda);
            let (moved, most) = ((end - start).abs(), reach.from_start(start.abs()));
            prop_assert!(moved <= most * (1.0 + 1e-9), "{moved} of {most}");
            let begun = reach.start_of(end.abs());
            prop_assert!(start.abs() <= begun * (1.0 + 1e-9), "{start} of {begun}");
        }
    }
}

//! How far Adam can move an entry.
//!
//! Kingma and Ba (2015, section 2.1) call α (1 − β1)/√(1 − β2) and α the bounds of an update. The first
//! holds for a gradient that is zero at all steps but the present one, the second for gradients of one size.
//! Neither holds in general. What does is [`update_constant`].

/// C_t: the update of step `t` (from 1) is at most η C_t, whatever the gradients were.
///
/// Adam's update is η m̂/(√v̂ + ε) with m̂ = Σ a_i g_{t−i} and v̂ = Σ b_i g²_{t−i}, where
/// a_i = (1 − β1) β1^i/(1 − β1^t) and b_i = (1 − β2) β2^i/(1 − β2^t), i < t. By Cauchy–Schwarz
/// |m̂| ≤ √(Σ a_i²/b_i) √v̂, so
///
/// C_t = (1 − β1)/(1 − β1^t) · √((1 − β2^t)/(1 − β2) · (1 − ρ^t)/(1 − ρ)), ρ = β1²/β2.
///
/// C_1 = 1, and gradients that grow as g_{t−i} ∝ (β1/β2)^i attain C_t. With β = (0.9, 0.999) it tends to 7.27. ε and
/// clipped gradients only make the movement smaller. [`Reach`](crate::Reach) adds the steps up, with weight decay.
pub fn update_constant([beta1, beta2]: [f64; 2], t: u32) -> f64 {
    let ratio = beta1 * beta1 / beta2;
    (geometric(beta2, t) * geometric(ratio, t)).sqrt() / geometric(beta1, t)
}

/// Σ_{i<t} x^i for x ≥ 0, as exact near 1 as anywhere.
pub(crate) fn geometric(x: f64, t: u32) -> f64 {
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

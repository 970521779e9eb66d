//! Identities of the training that hold exactly at every width, in the engine to rounding.
//!
//! ```text
//! (s, σ_A, σ_B, η_A, η_B) ~ (κλ s, σ_A/κ, σ_B/λ, η_A/κ, η_B/λ)      Adam at ε = 0
//! (W_out, t) ~ (ρ W_out, ρ t), with the loss times ρ²                Adam at ε = 0
//! Δ(A Aᵀ/η_A − Bᵀ B/η_B) = η_A g_A g_Aᵀ − η_B g_Bᵀ g_B               SGD, one step
//! ```
//!
//! The suite of `lora-conformance` checks the first one at powers of two, where it holds bit for bit.

use lora_conformance::reference::{Reference, State};
use lora_sim::spec::{Init, Model, Optimizer, Run, Teacher, Training};
use lora_sim::{AdapterState, Batch, CpuEngine, Engine};
use ndarray::Array2;
use proptest::prelude::*;

const ADAM: Optimizer = Optimizer::Adam { beta1: 0.9, beta2: 0.999, epsilon: 0.0 };

fn model() -> Model {
    let teacher = Teacher { width: 40, rank: 3 };
    Model { rank: 3, points: 24, test_points: 0, teacher, ..Model::default() }
}

fn inits() -> impl Strategy<Value = Init> {
    prop::sample::select(vec![Init::A, Init::B, Init::AB])
}

/// Factors from 1/8 to 8 that are no powers of two.
fn factors() -> impl Strategy<Value = f64> {
    (-2.0..2.0f64).prop_map(f64::exp)
}

/// Losses of a run in the engine.
fn losses(model: &Model, training: &Training, run: Run, (width, seed): (usize, u64)) -> Vec<f64> {
    let engine = CpuEngine::new();
    let mut problem = engine.prepare(model, width, seed).expect("a small problem");
    let outcome = problem.train(&Batch::new(training, &[run])).expect("a good batch").remove(0);
    outcome.trajectory.losses
}

/// The largest difference of two trajectories, relative to the first loss.
fn apart(x: &[f64], y: &[f64]) -> f64 {
    assert_eq!(x.len(), y.len());
    x.iter().zip(y).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max) / x[0]
}

/// Frobenius norm.
fn size(m: &Array2<f64>) -> f64 {
    m.iter().map(|x| x * x).sum::<f64>().sqrt()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Both factors may be scaled, if the multiplier and the learning rates follow. A rate that does not
    /// follow changes the run by far more than rounding does.
    #[test]
    fn scales_of_the_factors_cancel(
        (kappa, lambda) in (factors(), factors()),
        (init, seed) in (inits(), 0..1000u64),
        ratio in factors(),
    ) {
        let training = Training { optimizer: ADAM, steps: 5, lr_ratio: ratio, ..Training::default() };
        let run = Run { init, lr: 4e-3 / ratio.max(1.0), adapter_seed: seed };
        let plain = losses(&model(), &training, run, (48, seed));
        let scaled = Model {
            multiplier: kappa * lambda,
            a_scale: 1.0 / kappa,
            b_scale: 1.0 / lambda,
            ..model()
        };
        let of_scaled = |lr_ratio: f64| {
            let training = Training { lr_ratio, ..training.clone() };
            losses(&scaled, &training, Run { lr: run.lr / kappa, ..run }, (48, seed))
        };
        // The sign of a gradient near zero is rounding's choice.
        let gap = apart(&plain, &of_scaled(ratio * kappa / lambda));
        prop_assert!(gap < 3e-3, "{gap}");
        let moved = apart(&plain, &vec![plain[0]; plain.len()]);
        if (kappa / lambda).ln().abs() > 1.0 && moved > 0.03 {
            let wrong = apart(&plain, &of_scaled(ratio));
            prop_assert!(wrong > 3.0 * gap, "{wrong} beside {gap}");
        }
    }

    /// Readout and targets may be scaled together. So a readout n^-a with targets t is the standard one
    /// with targets n^(a − 1/2) t.
    #[test]
    fn scales_of_readout_and_targets_cancel(
        rho in factors(),
        (init, seed) in (inits(), 0..1000u64),
    ) {
        let training = Training { optimizer: ADAM, steps: 5, ..Training::default() };
        let run = Run { init, lr: 4e-3, adapter_seed: seed };
        let engine = CpuEngine::new();
        let problem = engine.prepare(&model(), 48, seed).expect("a small problem");
        let frozen = problem.frozen().expect("in memory");
        let [plain, mut scaled] = [(); 2].map(|()| Reference::new(&model(), &frozen));
        scaled.w_out *= rho;
        scaled.y *= rho;
        let start = State::from_engine(&AdapterState::initial(&model(), 48, &run));
        let train = |of: &Reference| {
            let mut state = start.clone();
            let mut losses = Vec::new();
            for _ in 0..training.steps {
                let pass = of.pass(&state.a, &state.b);
                losses.push(pass.loss);
                state = state.updated(pass.gradients(), &training, run.lr);
            }
            losses
        };
        let (from, to) = (train(&plain), train(&scaled));
        let gap = apart(&from, &to.iter().map(|loss| loss / (rho * rho)).collect::<Vec<_>>());
        prop_assert!(gap < 1e-6, "{gap}");
        // The engine trains what the reference trains.
        let of_engine = losses(&model(), &training, run, (48, seed));
        prop_assert!(apart(&from, &of_engine[..training.steps]) < 3e-3);
    }

    /// A step of SGD keeps the balance of the factors up to second order in the learning rates, and a step of
    /// Adam does not.
    #[test]
    fn a_step_of_sgd_keeps_the_balance_of_the_factors(
        (ratio, lr) in (factors(), (-3.0..0.0f64).prop_map(f64::exp)),
        (init, seed) in (inits(), 0..1000u64),
    ) {
        let training =
            Training { optimizer: Optimizer::Sgd, steps: 1, lr_ratio: ratio, ..Training::default() };
        let runs = [Run { init, lr, adapter_seed: seed }];
        let (eta_a, eta_b) = (lr, lr * ratio);
        let engine = CpuEngine::new();
        let mut problem = engine.prepare(&model(), 48, seed).expect("a small problem");
        let start = AdapterState::initial(&model(), 48, &runs[0]);
        let batch = Batch { keep_states: true, ..Batch::new(&training, &runs) };
        let after = problem.train(&batch).expect("a good batch").remove(0).state.expect("asked for");
        let reference = Reference::new(&model(), &problem.frozen().expect("in memory"));
        let (from, to) = (State::from_engine(&start), State::from_engine(&after));
        let pass = reference.pass(&from.a, &from.b);
        let [g_a, g_b] = pass.gradients();
        let balance = |a: &Array2<f64>, b: &Array2<f64>, [of_a, of_b]: [f64; 2]| {
            a.dot(&a.t()) * of_a - b.t().dot(b) * of_b
        };
        let weights = [1.0 / eta_a, 1.0 / eta_b];
        let change = balance(&to.a, &to.b, weights) - balance(&from.a, &from.b, weights);
        let second = balance(g_a, g_b, [eta_a, eta_b]);
        // Rounding of the states in f32, beside what each of the two terms has moved.
        let rounding = 4.0 * f64::from(f32::EPSILON)
            * (size(&to.a).powi(2) / eta_a + size(&to.b).powi(2) / eta_b)
            + 1e-5 * (size(g_a) * size(&from.a) + size(g_b) * size(&from.b));
        let gap = size(&(&change - &second));
        let allowed = rounding + 1e-4 * size(&second);
        prop_assert!(gap <= allowed, "{gap} beside {allowed}");
        // A step of Adam keeps no balance: it is far beyond what rounding may do.
        let adam = Training { optimizer: ADAM, ..training.clone() };
        let batch = Batch { keep_states: true, ..Batch::new(&adam, &runs) };
        let after = problem.train(&batch).expect("a good batch").remove(0).state.expect("asked for");
        let to = State::from_engine(&after);
        let change = balance(&to.a, &to.b, weights) - balance(&from.a, &from.b, weights);
        let gap = size(&(&change - &second));
        prop_assert!(gap > 10.0 * allowed, "{gap} beside {allowed}");
    }
}

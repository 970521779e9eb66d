//! Trainings with AdamW, entry by entry: what is said of them holds, and is hardly more than what they do.

use crate::planting::drawn::Drawn;
use crate::planting::{N, R, diagnosed, start};
use lora_diagnosis::{InitLook, ModuleDiagnosis, StatedVerdict, TrainingAsked};

/// α/r of the planted adapters.
const SCALING: f64 = 2.0;
const STEPS: u32 = 40;
const RATE: f64 = 1e-4;
/// ηλ = 0.002: the decay takes 7.7% of a start, and the updates move an entry by 6% of the edge of A's law.
const DECAY: f64 = 20.0;
/// Equal betas bound an update by η, which a gradient that stays the same attains.
const BETAS: [f64; 2] = [0.9, 0.9];

/// A factor at the start, before the last step, and after it.
struct Trained {
    start: Vec<f32>,
    before: Vec<f32>,
    end: Vec<f32>,
}

/// AdamW as PyTorch has it, with a gradient for each entry that stays the same.
fn train(start: &[f32], gradients: &[f32]) -> Trained {
    let steps = |count: i32| -> Vec<f32> {
        let entry = |(theta, g): (&f32, &f32)| {
            let (mut theta, g, [beta1, beta2]) = (f64::from(*theta), f64::from(*g), BETAS);
            let (mut m, mut v) = (0.0, 0.0);
            for t in 1..=count {
                theta *= 1.0 - RATE * DECAY;
                m = beta1 * m + (1.0 - beta1) * g;
                v = beta2 * v + (1.0 - beta2) * g * g;
                let (m, v) = (m / (1.0 - beta1.powi(t)), v / (1.0 - beta2.powi(t)));
                theta -= RATE * m / v.sqrt();
            }
            theta as f32
        };
        start.iter().zip(gradients).map(entry).collect()
    };
    let last = STEPS as i32;
    Trained { start: start.to_owned(), before: steps(last - 1), end: steps(last) }
}

fn moved(from: &[f32], to: &[f32]) -> Vec<f64> {
    from.iter().zip(to).map(|(from, to)| f64::from(*to) - f64::from(*from)).collect()
}

fn largest(of: &[f64]) -> f64 {
    of.iter().fold(0.0, |most, x| x.abs().max(most))
}

/// The Frobenius norm of b a, which is at least the norm that is bounded; exact for factors of rank one.
fn norm(b: &[f64], a: &[f64]) -> f64 {
    let inner = |row: &[f64], column: usize| -> f64 {
        row.iter().enumerate().map(|(k, x)| x * a[k * N + column]).sum()
    };
    let entries = b.chunks_exact(R).flat_map(|row| (0..N).map(move |column| inner(row, column)));
    SCALING * entries.map(|x| x * x).sum::<f64>().sqrt()
}

/// Gradients against every entry of the random factor, and of one sign in each row of the other one.
fn histories(init: InitLook) -> Vec<(Trained, Trained)> {
    let mut drawn = Drawn(7);
    let mut one = |(a, b): (Vec<f32>, Vec<f32>)| {
        let mut signs = |random: bool, factor: &[f32], columns: usize| -> Vec<f32> {
            let rows: Vec<f32> = drawn.normal(1.0, factor.len() / columns);
            let sign = |(at, x): (usize, &f32)| {
                if random { x.signum() } else { rows[at / columns].signum() }
            };
            factor.iter().enumerate().map(sign).collect()
        };
        let of_a = signs(init == InitLook::A, &a, N);
        let of_b = signs(init == InitLook::B, &b, R);
        (train(&a, &of_a), train(&b, &of_b))
    };
    start(init, 3).into_iter().take(2).map(&mut one).collect()
}

fn modules(all: &[(Trained, Trained)], training: TrainingAsked) -> Vec<ModuleDiagnosis> {
    let ends: Vec<_> = all.iter().map(|(a, b)| (a.end.clone(), b.end.clone())).collect();
    let found = diagnosed(&ends, Some(training));
    let stated = found.findings.stated.expect("a statement");
    assert_eq!(stated.verdict, StatedVerdict::Possible, "{}", stated.because);
    found.found.modules
}

fn stated(decay: f64) -> TrainingAsked {
    TrainingAsked::new(RATE, STEPS, 1.0, BETAS).with_weight_decay(decay).expect("little decay")
}

#[test]
fn the_bounds_hold_with_decay_and_hardly_more_is_allowed() {
    for init in [InitLook::A, InitLook::B] {
        let all = histories(init);
        for (module, (a, b)) in modules(&all, stated(DECAY)).iter().zip(&all) {
            let (zero, random) = if init == InitLook::A { (b, a) } else { (a, b) };
            let movement = module.movement.expect("a start");
            let (of_zero, of_random) = (
                movement.zero_start.allowed.expect("a bound"),
                movement.random_start.expect("a law"),
            );
            // The zero start attains the bound, to the precision of the file.
            assert!((of_zero.share - 1.0).abs() < 1e-5, "{init:?}: {}", of_zero.share);
            let share =
                largest(&moved(&random.start, &random.end)) / of_random.most.expect("a bound");
            assert!((0.98..1.0 + 1e-5).contains(&share), "{init:?}: {share}");
            assert!(largest(&moved(&zero.start, &zero.end)) > 0.0);
            let deltas = module.deltas.expect("a law");
            let whole = norm(&moved(&b.start, &b.end), &moved(&a.start, &a.end));
            assert!(
                deltas.delta3_at_least <= whole && whole <= deltas.delta3_at_most,
                "{init:?}: {whole}"
            );
            let (step_a, step_b) = (moved(&a.before, &a.end), moved(&b.before, &b.end));
            let wide = |of: &[f32]| of.iter().map(|x| f64::from(*x)).collect::<Vec<_>>();
            let last = deltas.last_step.expect("a statement");
            for (found, most) in [
                (norm(&wide(&b.before), &step_a), last.delta1),
                (norm(&step_b, &wide(&a.before)), last.delta2),
                (norm(&step_b, &step_a), last.delta3),
            ] {
                // A Frobenius norm is at most √r of the norm that is bounded.
                assert!(
                    found <= most * (R as f64).sqrt() * (1.0 + 1e-4),
                    "{init:?}: {found} {most}"
                );
            }
        }
    }
}

/// The control: without the term of the decay the bound is exceeded.
#[test]
fn a_statement_without_the_decay_bounds_too_little() {
    for init in [InitLook::A, InitLook::B] {
        let all = histories(init);
        for (module, (a, b)) in modules(&all, stated(0.0)).iter().zip(&all) {
            let random = if init == InitLook::A { a } else { b };
            let most = module.movement.and_then(|movement| movement.random_start?.most);
            let truly = largest(&moved(&random.start, &random.end));
            assert!(truly > 1.5 * most.expect("a bound"), "{init:?}: {truly} {most:?}");
        }
    }
}

//! Random cases: sizes, models, optimizers with edge betas, rates over six decades.

use lora_conformance::cases::{ACTIVATIONS, Case, INITS};
use lora_sim::spec::{Hidden, Ingredients, Model, Optimizer, Run, Teacher, Trained, Training};
use proptest::prelude::*;

/// `ProptestConfig` with a `share`-th of the usual number of cases; PROPTEST_CASES scales it.
pub fn cases(share: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: (usual.cases / share).max(1), ..usual }
}

/// Any case.
pub fn case() -> impl Strategy<Value = Case> {
    (model(), 1usize..=200, any::<u64>(), training(), run())
        .prop_map(|(model, width, seed, training, run)| Case { model, width, seed, training, run })
}

fn model() -> impl Strategy<Value = Model> {
    let sizes = (1usize..=8, 1usize..=8, 1usize..=60, 0usize..4);
    let linearised = prop_oneof![3 => Just(false), 1 => Just(true)];
    let kinds = (prop::sample::select(&ACTIVATIONS[..]), any::<bool>(), any::<bool>(), linearised);
    let readout = prop::sample::select(vec![0.5, 0.75, 1.0]);
    (sizes, kinds, readout, 0.1..4.0, 0.25..2.0, 0.25..2.0).prop_map(
        |(sizes, kinds, readout_exponent, multiplier, a_scale, b_scale)| {
            let (input_dim, rank, points, test_points) = sizes;
            let (activation, zero, explicit, linearised) = kinds;
            Model {
                input_dim,
                rank,
                points,
                test_points,
                activation,
                hidden: if zero { Hidden::Zero } else { Hidden::Gaussian },
                explicit_hidden_up_to: if explicit { 8192 } else { 0 },
                readout_exponent,
                multiplier,
                a_scale,
                b_scale,
                teacher: Teacher { width: 30, rank: 3 },
                teacher_scale: 1.0,
                linearised,
                ingredients: Ingredients::default(),
            }
        },
    )
}

fn training() -> impl Strategy<Value = Training> {
    let ratio = prop::sample::select(vec![1.0, 0.25, 1.5, 16.0]);
    let train = prop_oneof![6 => Just(Trained::AB), 1 => Just(Trained::A), 1 => Just(Trained::B)];
    (optimizer(), train, 1usize..=12, ratio).prop_map(|(optimizer, train, steps, lr_ratio)| {
        Training {
            optimizer,
            train,
            steps,
            lr_ratio,
            divergence_factor: 1e30,
            batch: 0,
            record_every: 1,
        }
    })
}

fn run() -> impl Strategy<Value = Run> {
    (prop::sample::select(&INITS[..]), -6.0..0.0f64, any::<u64>())
        .prop_map(|(init, power, adapter_seed)| Run { init, lr: 10f64.powf(power), adapter_seed })
}

/// β1 and β2, each sometimes 0.
pub fn betas() -> impl Strategy<Value = [f64; 2]> {
    let beta1 = prop_oneof![5 => 0.0..0.95, 1 => Just(0.0)];
    let beta2 = prop_oneof![5 => 0.5..0.9999, 1 => Just(0.0)];
    (beta1, beta2).prop_map(|(beta1, beta2)| [beta1, beta2])
}

fn optimizer() -> impl Strategy<Value = Optimizer> {
    let epsilon = || prop::sample::select(vec![0.0, 1e-8, 1e-3]);
    let adam = (betas(), epsilon()).prop_map(|([beta1, beta2], epsilon)| Optimizer::Adam {
        beta1,
        beta2,
        epsilon,
    });
    let adam_w =
        (betas(), epsilon(), 0.0..0.5).prop_map(|([beta1, beta2], epsilon, weight_decay)| {
            Optimizer::AdamW { beta1, beta2, epsilon, weight_decay }
        });
    prop_oneof![4 => adam, 2 => adam_w, 2 => Just(Optimizer::SignSgd), 2 => Just(Optimizer::Sgd)]
}

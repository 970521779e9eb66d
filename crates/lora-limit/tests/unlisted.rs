//! Settings that no list has: other readouts, LoRA+, a frozen factor, other activations and rules,
//! each against the engine's run at n = 2^15, or 2^13 where many are compared.

use crate::common::*;
use lora_limit::{Variant, setting};
use lora_sim::spec::{Activation, Init, Model, Optimizer, Trained, Training};
use lora_theory::{Rate, Setting, rational};

const WIDE: usize = 1 << 15;
const LESS: usize = 1 << 13;

/// The rms distance of four runs of a setting to their limits, at order 0 or 1.
fn distance_of(
    init: Init,
    model: &Model,
    training: &Training,
    c: f64,
    (order, width): (u8, usize),
    change: impl Fn(Setting) -> Setting,
) -> f64 {
    let setting = change(setting(model, training, init).unwrap());
    let case = |seed| Case::of(init, &setting, model.clone(), training.clone(), c, seed);
    let cases: Vec<Case> = (0..4).map(case).collect();
    let next_order = (order == 1).then_some(width);
    let variant = Variant { next_order, omit: None };
    let [distance, quadrature] = rms_distances(&cases, width, &[variant])[0];
    let readout = model.readout_exponent;
    println!("{init}, a = {readout}, order {order}: {distance:.4}, of quadrature {quadrature:.4}");
    distance
}

#[test]
fn other_readouts() {
    let training = training(20);
    for (init, readout, order, at_most) in [
        (Init::A, 0.65, 1, 0.03),
        (Init::A, 0.25, 0, 0.15),
        (Init::A, 0.25, 1, 0.03),
        // Above a = 2/3 there is no next order. The kink's correction falls like Z_B, n^-1/10 here.
        (Init::A, 0.9, 0, 0.05),
        // The correction by h falls like n^-1/8 only.
        (Init::B, 0.75, 0, 0.2),
        (Init::B, 0.25, 1, 0.03),
    ] {
        let found = distance_of(init, &model(readout), &training, 0.25, (order, WIDE), |s| s);
        assert!(found < at_most, "{init}, a = {readout}, order {order}: {found}");
    }
}

#[test]
fn lora_plus() {
    let four = Training { lr_ratio: 4.0, ..training(20) };
    let found = distance_of(Init::A, &model(1.0), &four, 0.25, (0, WIDE), |s| s);
    assert!(found < 0.03, "a constant ratio: {found}");
    // η_B/η_A = n^1/2 makes B's motion, its kink term included, part of the output at a = 1/2.
    let faster = |s: Setting| Setting { rate_b: Rate::Scanned(rational(1, 2).unwrap()), ..s };
    let found = distance_of(Init::B, &model(0.5), &training(20), 0.25, (0, WIDE), faster);
    assert!(found < 0.04, "a ratio of n^1/2 under Init[B]: {found}");
    // The same ratio under Init[A] at a = 1 leaves the product of both rates alone, and so the limit; but
    // ΔA Z is then n^1/4 times as large as u⁰ instead of n^1/2, so that the distance falls like n^-1/4.
    let [limit, next] = [0, 1]
        .map(|order| distance_of(Init::A, &model(1.0), &training(20), 0.5, (order, WIDE), faster));
    assert!(limit < 0.1 && next < 0.03, "a ratio of n^1/2 under Init[A]: {limit} {next}");
}

#[test]
fn frozen_factors() {
    for (init, train, readout, at_most) in [
        (Init::A, Trained::B, 1.0, 0.02),
        (Init::A, Trained::B, 0.5, 0.02),
        (Init::B, Trained::A, 0.5, 0.02),
        (Init::B, Trained::A, 1.0, 0.04),
    ] {
        let training = Training { train, ..training(20) };
        let found = distance_of(init, &model(readout), &training, 0.25, (0, LESS), |s| s);
        assert!(found < at_most, "{init}, {train}, a = {readout}: {found}");
    }
}

#[test]
fn other_activations_and_rules() {
    for activation in [Activation::Tanh, Activation::Gelu] {
        let model = Model { activation, multiplier: 0.5, ..model(1.0) };
        let found = distance_of(Init::A, &model, &training(20), 0.5, (0, LESS), |s| s);
        assert!(found < 0.04, "{activation}, Init[A]: {found}");
        let model = Model { readout_exponent: 0.5, ..model };
        let found = distance_of(Init::B, &model, &training(20), 0.25, (1, LESS), |s| s);
        assert!(found < 0.03, "{activation}, Init[B]: {found}");
    }
    for optimizer in [
        Optimizer::SignSgd,
        Optimizer::AdamW { beta1: 0.8, beta2: 0.99, epsilon: 0.0, weight_decay: 0.1 },
    ] {
        let training = Training { optimizer, ..training(20) };
        let found = distance_of(Init::A, &model(0.5), &training, 0.125, (1, LESS), |s| s);
        assert!(found < 0.05, "{optimizer:?}: {found}");
    }
}

//! What the limit does not depend on, to the last bit: powers of two pass through every operation.

use crate::common::*;
use lora_limit::{Series, Solution, Start, Variant};
use lora_sim::spec::{Init, Model, Training};
use ndarray::Axis;

/// The limit at c, with multipliers s, σ_B and the ratio η_B/η_A.
fn losses(init: Init, readout: f64, c: f64, [s, b_scale, lr_ratio]: [f64; 3]) -> Solution {
    let model = Model { multiplier: s, b_scale, ..model(readout) };
    let training = Training { lr_ratio, ..training(12) };
    let setting = lora_limit::setting(&model, &training, init).unwrap();
    let mut case = Case::of(init, &setting, model, training, c, 3);
    case.quadrature.neurons = 128;
    let start = Start::draw(&case.class, &case.model, &case.points, 256, 3).unwrap();
    case.solve(&start, Variant::default())
}

#[test]
fn init_a_knows_only_the_product_of_both_rates_and_the_multiplier() {
    for readout in [0.5, 1.0] {
        let plain = losses(Init::A, readout, 0.5, [1.0; 3]);
        let lora_plus = losses(Init::A, readout, 0.25, [1.0, 1.0, 4.0]);
        assert_eq!(plain.mean.train.losses, lora_plus.mean.train.losses);
        assert_eq!(plain.mean.train.z_b, lora_plus.mean.train.z_b);
        // The best c halves where the multiplier is four times as large.
        let multiplied = losses(Init::A, readout, 0.25, [4.0, 1.0, 1.0]);
        assert_eq!(plain.mean.train.losses, multiplied.mean.train.losses);
        assert_ne!(
            plain.mean.train.losses,
            losses(Init::A, readout, 0.25, [1.0; 3]).mean.train.losses
        );
    }
}

#[test]
fn init_b_at_the_standard_readout_knows_the_product_of_multiplier_spread_and_rate() {
    let plain = losses(Init::B, 0.5, 0.5, [1.0; 3]);
    assert_eq!(
        plain.mean.train.losses,
        losses(Init::B, 0.5, 0.25, [2.0, 1.0, 1.0]).mean.train.losses
    );
    assert_eq!(
        plain.mean.train.losses,
        losses(Init::B, 0.5, 0.25, [1.0, 2.0, 1.0]).mean.train.losses
    );
    // B does not move.
    assert_eq!(
        plain.mean.train.losses,
        losses(Init::B, 0.5, 0.5, [1.0, 1.0, 8.0]).mean.train.losses
    );
}

/// Test points ride along: without them the training is the same, and copies of the training points
/// measure the same. The copies come in columns first, which is as good an input.
#[test]
fn test_points_have_no_part_in_the_training() {
    let mut case = Case::new(Init::B, 0.5, 0.25, 3);
    case.quadrature.neurons = 128;
    let drawn = Start::draw(&case.class, &case.model, &case.points, 256, 3).unwrap();
    let Start::Neurons(mut neurons) = drawn else { panic!("a decoder") };
    let whole = case.solve(&Start::Neurons(neurons.clone()), Variant::default()).mean;
    assert_ne!(whole.train, whole.test);
    let columns: Vec<usize> = (0..32).chain(0..32).collect();
    neurons.h = neurons.h.select(Axis(1), &columns);
    case.points.x = case.points.x.select(Axis(1), &columns);
    case.points.targets = case.points.targets.select(Axis(0), &columns);
    let copied = case.solve(&Start::Neurons(neurons), Variant::default()).mean;
    assert_eq!(copied.train.losses, copied.test.losses);
    assert_eq!(copied.train.losses, whole.train.losses);
    let features = |series: &Series| [series.z_a.clone(), series.z_b.clone()];
    for (x, y) in features(&copied.train).iter().zip(&features(&copied.test)) {
        assert!(distance(x, y) < 1e-12);
    }
}

#[test]
fn init_b_with_mups_readout_knows_two_products() {
    let plain = losses(Init::B, 1.0, 0.5, [1.0; 3]);
    // s σ_B η_A and s η_A η_B: twice the multiplier, half of η_A.
    let halved = losses(Init::B, 1.0, 0.25, [2.0, 1.0, 2.0]);
    assert_eq!(plain.mean.train.losses, halved.mean.train.losses);
    assert_ne!(
        plain.mean.train.losses,
        losses(Init::B, 1.0, 0.5, [1.0, 1.0, 2.0]).mean.train.losses
    );
}

//! The distance of a finite run to the limit that is coupled to it falls with the width.
//!
//! The powers p of n^-p are those of the leading corrections that limit.md derives: 1/2 where sampling
//! leads, or B's motion; 1/4 for u⁰ beside n^1/4 U, and for h beside √n B_0·U in the masks of V. Over
//! eight seeds a fitted power scatters by about 0.1. The tests ask for a smallest p, since the distance
//! to a limit with a wrong term does not fall.

use crate::common::*;
use lora_limit::{Omitted, Variant};
use lora_sim::spec::Init;

const WIDTHS: [usize; 5] = [128, 512, 2048, 8192, 32768];

fn cases(init: Init, readout: f64, c: f64) -> Vec<Case> {
    (0..8).map(|seed| Case::new(init, readout, c, seed)).collect()
}

/// The fitted p of distance ∝ n^-p.
fn power(distances: &[f64]) -> f64 {
    let x: Vec<f64> = WIDTHS.iter().map(|&n| (n as f64).ln()).collect();
    let centre = x.iter().sum::<f64>() / x.len() as f64;
    let along: f64 = x.iter().zip(distances).map(|(x, d)| (x - centre) * d.ln()).sum();
    -along / x.iter().map(|x| (x - centre).powi(2)).sum::<f64>()
}

/// What is asked of the distances of one variant.
struct Asked {
    /// Whether the variant is the next order.
    next_order: bool,
    /// The smallest power.
    p: f64,
    /// The largest distance at the largest width.
    at_most: f64,
}

fn asked(next_order: bool, p: f64, at_most: f64) -> Asked {
    Asked { next_order, p, at_most }
}

/// Asks eight runs for powers, and for distances at the largest width.
fn falls(init: Init, readout: f64, c: f64, all: &[Asked]) {
    let cases = cases(init, readout, c);
    let at = |n: usize| {
        let variant =
            |x: &Asked| Variant { next_order: x.next_order.then_some(n), ..Variant::default() };
        rms_distances(&cases, n, &all.iter().map(variant).collect::<Vec<_>>())
    };
    let found = WIDTHS.map(at);
    for (i, Asked { next_order, p, at_most }) in all.iter().enumerate() {
        let [distances, quadrature] =
            [0, 1].map(|part| found.iter().map(|all| all[i][part]).collect::<Vec<_>>());
        let power = power(&distances);
        let which = format!("{init}, a = {readout}, next order: {next_order}");
        println!("{which}: p = {power:.3}, {distances:.4?}");
        println!("{which}: of quadrature {quadrature:.4?}");
        assert!(power > *p, "{which}: p = {power}, {distances:?}");
        assert!(distances[WIDTHS.len() - 1] < *at_most, "{which}: {distances:?}");
    }
}

#[test]
fn to_the_mean_field() {
    falls(Init::A, 1.0, 0.5, &[asked(false, 0.35, 0.02), asked(true, 0.35, 0.015)]);
}

#[test]
fn to_the_lazy_limit_slowly_and_to_its_next_order_fast() {
    falls(Init::A, 0.5, 0.5, &[asked(false, 0.12, 0.1), asked(true, 0.35, 0.015)]);
}

#[test]
fn to_the_random_decoder() {
    falls(Init::B, 0.5, 0.25, &[asked(false, 0.3, 0.02), asked(true, 0.35, 0.01)]);
}

#[test]
fn to_the_decoder_without_h() {
    falls(Init::B, 1.0, 0.25, &[asked(false, 0.25, 0.02)]);
}

/// Without the kink term the decoder's last distance is larger by a third.
#[test]
fn the_last_distance_knows_the_kink_term() {
    let omitted = Variant { next_order: None, omit: Some(Omitted::Kink) };
    let variants = [Variant::default(), omitted];
    let [with, without] = rms_distance(&cases(Init::B, 1.0, 0.25), 32768, variants);
    println!("with D {with:.4}, without {without:.4}");
    assert!(without > 1.2 * with, "{with} {without}");
}

/// The order 1 lies at least 2.5 times nearer at n = 512 for both inits at the standard readout.
#[test]
fn the_next_order_is_nearer_by_far_at_the_standard_readout() {
    for init in [Init::A, Init::B] {
        let cases = cases(init, 0.5, 0.5);
        let variants = [None, Some(512)].map(|next_order| Variant { next_order, omit: None });
        let [limit, next] = rms_distance(&cases, 512, variants);
        assert!(next < limit / 2.5, "{init}: {limit} {next}");
    }
}

/// Every other measurement of a run belongs to its limit too.
#[test]
fn features_and_test_losses_are_those_of_the_run() {
    for (init, readout) in [(Init::A, 1.0), (Init::A, 0.5), (Init::B, 0.5), (Init::B, 1.0)] {
        let cases: Vec<Case> = (0..4).map(|seed| Case::new(init, readout, 0.25, seed)).collect();
        let all: Vec<Distances> = cases.iter().map(|case| case.distances(32768)).collect();
        let parts: [fn(&Distances) -> f64; 3] = [|d| d.test_losses, |d| d.z_a, |d| d.z_b];
        let [test, z_a, z_b] = parts.map(|part| rms(all.iter().map(part)));
        let bound = if (init, readout) == (Init::A, 0.5) { 0.15 } else { 0.06 };
        println!("{init}, a = {readout}: test loss {test:.4}, Z_A {z_a:.4}, Z_B {z_b:.4}");
        assert!(test.max(z_a).max(z_b) < bound, "{init} {readout}: {test} {z_a} {z_b}");
    }
}

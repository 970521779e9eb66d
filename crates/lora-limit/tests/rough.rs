//! What `lora_theory::correction` says of random decoders, by hand: V = n^-1/2 Σ ω φ'(h + B_0·u) B_0 moves like
//! δ^1/2 where φ has a kink and like δ where it has none, as u moves by δ.

use lora_random::normal::fill_row;
use lora_random::philox::{Purpose, Stream};

const NEURONS: usize = 1 << 12;
const DECODERS: u64 = 256;

/// rms over decoders of the change of V where u moves by δ.
fn change(slope: fn(f64) -> f64, delta: f64) -> f64 {
    let squares = (0..DECODERS).map(|seed| {
        let stream = Stream::new(seed, NEURONS, Purpose::LimitNeurons);
        let [h, b, omega] = [0, 1, 2].map(|row| {
            let mut normals = vec![0.0f32; NEURONS];
            fill_row(&stream, row, 1.0, &mut normals);
            normals
        });
        let v = |u: f64| -> f64 {
            let term = |i: usize| {
                let [h, b, omega] = [h[i], b[i], omega[i]].map(f64::from);
                omega * slope(h + b * u) * b
            };
            (0..NEURONS).map(term).sum::<f64>() / (NEURONS as f64).sqrt()
        };
        (v(0.5 + delta) - v(0.5)).powi(2)
    });
    (squares.sum::<f64>() / DECODERS as f64).sqrt()
}

/// The power of δ between δ = 1/8 and 1/128.
fn power(slope: fn(f64) -> f64) -> f64 {
    (change(slope, 0.125) / change(slope, 0.125 / 16.0)).ln() / 16f64.ln()
}

#[test]
fn a_decoder_with_a_kink_is_holder_one_half_and_a_smooth_one_differentiable() {
    let relu = power(|x| if x > 0.0 { 1.0 } else { 0.0 });
    assert!((relu - 0.5).abs() < 0.1, "{relu}");
    let tanh = power(|x| 1.0 - x.tanh().powi(2));
    assert!((tanh - 1.0).abs() < 0.05, "{tanh}");
}

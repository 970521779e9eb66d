//! s B of a tile and the optimizer's updates.

use super::*;
use crate::kernels::{ParameterSlice, Rule, TILE, TileRows, tile_rows, update};
use crate::spec::Optimizer;

fn optimizers() -> impl Strategy<Value = Optimizer> {
    let (beta1, beta2, epsilon) = (0.9, 0.99, 1e-8);
    prop::sample::select(vec![
        Optimizer::Adam { beta1, beta2, epsilon },
        Optimizer::AdamW { beta1, beta2, epsilon, weight_decay: 0.1 },
        Optimizer::SignSgd,
        Optimizer::Sgd,
    ])
}

/// θ, m and v after an update of `theta` from moments of an earlier gradient, and Σ g².
fn updated(isa: Isa, rule: Rule, theta: &[f32], g: &[f32]) -> ([Vec<f32>; 3], f64) {
    let mut theta = theta.to_vec();
    let mut m: Vec<_> = g.iter().map(|g| 0.5 - g).collect();
    let mut v: Vec<_> = m.iter().map(|m| m * m).collect();
    let squares = update(isa, rule, ParameterSlice { theta: &mut theta, m: &mut m, v: &mut v, g });
    ([theta, m, v], squares)
}

/// The same in f64, θ alone.
fn updated_in_f64(rule: Rule, theta: f64, g: f64) -> f64 {
    let (m, v) = (0.5 - g, (0.5 - g).powi(2));
    match rule {
        Rule::Adam { first, second, rate, root_scale, epsilon, keep, largest } => {
            let [first, second, rate, root_scale, epsilon, keep, largest] =
                [first, second, rate, root_scale, epsilon, keep, largest].map(f64::from);
            let (m, v) = (m + first * (g - m), v + second * (g * g - v));
            let step = m / (v.sqrt() * root_scale + epsilon);
            keep * theta - rate * step.clamp(-largest, largest)
        }
        Rule::Sign { rate } if g == 0.0 => theta - 0.0 * f64::from(rate),
        Rule::Sign { rate } => theta - f64::from(rate) * g.signum(),
        Rule::Plain { rate } => theta - f64::from(rate) * g,
    }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn factors_of_a_tile_are_scaled_and_padded(
        rows in 1usize..=TILE,
        (before, behind) in (0usize..40, 0usize..40),
        count in 1usize..=9,
        multiplier in 0.1f32..4.0,
        seed: u64,
    ) {
        let mut numbers = Numbers(seed);
        let stride = before + rows + behind;
        let (b, w_out) = (numbers.some(count * stride), numbers.some(rows));
        let run = |isa| {
            let (mut sb, mut wsb) = (vec![GUARD; count * TILE], vec![GUARD; count * TILE]);
            let (b, w_out, from) = (&b[..], &w_out[..], before);
            let out = (&mut sb[..], &mut wsb[..]);
            tile_rows(isa, TileRows { b, stride, from, w_out, multiplier, sb: out.0, wsb: out.1 });
            [sb, wsb].concat()
        };
        let out = alike_on_all_sets(run);
        let (sb, wsb) = out.split_at(count * TILE);
        for (at, (&sb, &wsb)) in sb.iter().zip(wsb).enumerate() {
            let (k, i) = (at / TILE, at % TILE);
            let expected = if i < rows { multiplier * b[k * stride + before + i] } else { 0.0 };
            prop_assert_eq!(sb, expected);
            prop_assert_eq!(wsb, if i < rows { w_out[i] * expected } else { 0.0 });
        }
    }

    #[test]
    fn updates_agree_with_f64(
        optimizer in optimizers(),
        len in 0usize..100,
        t in 1usize..50,
        seed: u64,
    ) {
        let mut numbers = Numbers(seed);
        let (theta, g, rule) = (numbers.some(len), numbers.some(len), Rule::new(&optimizer, 0.01, t));
        let all = |isa| updated(isa, rule, &theta, &g).0.concat();
        let out = alike_on_all_sets(all);
        for ((&theta, &g), &got) in theta.iter().zip(&g).zip(&out) {
            let expected = updated_in_f64(rule, theta.into(), g.into());
            // The step is below 0.2 and its operands round about ten times.
            prop_assert!((f64::from(got) - expected).abs() <= 10.0 * EPSILON, "{} {}", got, expected);
        }
        let squares: f64 = g.iter().map(|&g| f64::from(g).powi(2)).sum();
        for isa in Isa::available() {
            let got = updated(isa, rule, &theta, &g).1;
            prop_assert!((got - squares).abs() <= len as f64 * f64::EPSILON * squares);
        }
    }
}

//! Elementwise functions, written so that compilers turn their loops into vector code.
//!
//! They use additions and multiplications alone, without fused ones, so every instruction set gives the
//! same bytes.

use std::f32::consts::{LN_2, LOG2_E};

/// Adding and subtracting it rounds a small number to the nearest integer.
const ROUND: f32 = 12_582_912.0;

/// The leading bits of ln 2, whose products with small integers are exact, and the rest.
const LN_2_HIGH: f32 = 0.693_359_4;
const LN_2_LOW: f32 = -2.121_944_4e-4;

/// 1/k! for k = 7 down to 2: on |r| ≤ ln 2 / 2 the remainder of the series is below 6e-9.
const TAYLOR: [f32; 6] = [1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5];

/// e^x to about one unit in the last place; 0 below -87.3, infinity above 88.7, NaN for NaN.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Beyond these, 2^whole would leave the normal numbers.
    let clamped = x.clamp(-87.0, 88.0);
    let rounded = clamped * LOG2_E + ROUND;
    let whole = rounded - ROUND;
    let r = (clamped - whole * LN_2_HIGH) - whole * LN_2_LOW;
    let mut sum = TAYLOR[0];
    for coefficient in &TAYLOR[1..] {
        sum = sum * r + coefficient;
    }
    // The last bits of `rounded` count up from those of ROUND. A conversion to an integer would be done entry
    // by entry, since it must not overflow.
    let power = f32::from_bits(rounded.to_bits().wrapping_sub(ROUND.to_bits() - 127) << 23);
    let value = (sum * r * r + r + 1.0) * power;
    let value = if x < -87.3 { 0.0 } else { value };
    if x > 88.7 { f32::INFINITY } else { value }
}

const _: () = assert!(LN_2_HIGH + LN_2_LOW == LN_2);

/// 1 / (1 + e^-x).
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// tanh x.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    // Near zero the difference below cancels; the series' next term is x⁷ · 17/315.
    let square = x * x;
    let near = x - x * square * (1.0 / 3.0 - square * (2.0 / 15.0));
    let far = 1.0 - 2.0 / (exp(2.0 * x) + 1.0);
    if x.abs() < 0.1 { near } else { far }
}

/// Compiles a loop for the widest vectors of the machine, which change no byte of it.
macro_rules! widest {
    ($(#[$doc:meta])* pub fn $name:ident($($argument:ident: $type:ty),* $(,)?) $(-> $out:ty)? $body:block) => {
        $(#[$doc])*
        pub fn $name($($argument: $type),*) $(-> $out)? {
            #[inline(always)]
            fn plain($($argument: $type),*) $(-> $out)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx512f")]
                fn avx512($($argument: $type),*) $(-> $out)? { plain($($argument),*) }
                #[target_feature(enable = "avx2")]
                fn avx2($($argument: $type),*) $(-> $out)? { plain($($argument),*) }

                if is_x86_feature_detected!("avx512f") {
                    // SAFETY: the processor has AVX-512.
                    return unsafe { avx512($($argument),*) };
                }
                if is_x86_feature_detected!("avx2") {
                    // SAFETY: the processor has AVX2.
                    return unsafe { avx2($($argument),*) };
                }
            }
            plain($($argument),*)
        }
    };
}
pub(crate) use widest;

/// Entries that are computed at once, whatever the machine's vectors hold.
const LANES: usize = 16;

/// Up to `LANES` entries, with `rest` behind them.
#[inline(always)]
fn padded(values: &[f32], rest: f32) -> [f32; LANES] {
    let mut all = [rest; LANES];
    all[..values.len()].copy_from_slice(values);
    all
}

widest! {
    /// x_i ← e^(x_i - `shift`). Returns the sum of the results, in lanes that depend on nothing but the
    /// length.
    pub fn exp_all(values: &mut [f32], shift: f32) -> f32 {
        let mut sums = [0.0f32; LANES];
        let mut chunks = values.chunks_exact_mut(LANES);
        for chunk in &mut chunks {
            for (value, sum) in chunk.iter_mut().zip(&mut sums) {
                *value = exp(*value - shift);
                *sum += *value;
            }
        }
        // Rows of a causal attention have any length, so that one entry at a time would cost more than all
        // before.
        let last = chunks.into_remainder();
        let mut rest = padded(last, f32::NEG_INFINITY);
        for (value, sum) in rest.iter_mut().zip(&mut sums) {
            *value = exp(*value - shift);
            *sum += *value;
        }
        last.copy_from_slice(&rest[..last.len()]);
        sums.iter().sum()
    }
}

widest! {
    /// Σ x_i y_i, in 16 lanes.
    pub fn dot(x: &[f32], y: &[f32]) -> f32 {
        let mut sums = [0.0f32; LANES];
        let (xs, ys) = (x.chunks_exact(LANES), y.chunks_exact(LANES));
        let rest: f32 = xs.remainder().iter().zip(ys.remainder()).map(|(x, y)| x * y).sum();
        for (x, y) in xs.zip(ys) {
            for ((x, y), sum) in x.iter().zip(y).zip(&mut sums) {
                *sum += x * y;
            }
        }
        sums.iter().sum::<f32>() + rest
    }
}

widest! {
    /// x_i ← x_i + y_i.
    pub fn add(x: &mut [f32], y: &[f32]) {
        for (x, y) in x.iter_mut().zip(y) {
            *x += y;
        }
    }
}

widest! {
    /// x_i ← c x_i.
    pub fn scale(x: &mut [f32], c: f32) {
        for x in x {
            *x *= c;
        }
    }
}

widest! {
    /// x_i ← x_i (y_i - `shift`).
    pub fn times_difference(x: &mut [f32], y: &[f32], shift: f32) {
        for (x, y) in x.iter_mut().zip(y) {
            *x *= y - shift;
        }
    }
}

widest! {
    /// The largest entry; negative infinity of none. A NaN does not count.
    pub fn largest(values: &[f32]) -> f32 {
        let mut most = [f32::NEG_INFINITY; LANES];
        let mut chunks = values.chunks_exact(LANES);
        let larger = |most: &mut [f32; LANES], chunk: &[f32]| {
            for (most, &value) in most.iter_mut().zip(chunk) {
                *most = if value > *most { value } else { *most };
            }
        };
        (&mut chunks).for_each(|chunk| larger(&mut most, chunk));
        larger(&mut most, &padded(chunks.remainder(), f32::NEG_INFINITY));
        most.iter().fold(f32::NEG_INFINITY, |most, &v| most.max(v))
    }
}

widest! {
    /// Σ (x_i - `shift`)² in f64, in 16 lanes.
    pub fn squares_about(values: &[f32], shift: f64) -> f64 {
        let mut sums = [0.0f64; LANES];
        let chunks = values.chunks_exact(LANES);
        let rest: f64 = chunks.remainder().iter().map(|&x| (f64::from(x) - shift).powi(2)).sum();
        for chunk in chunks {
            for (sum, &x) in sums.iter_mut().zip(chunk) {
                let x = f64::from(x) - shift;
                *sum += x * x;
            }
        }
        sums.iter().sum::<f64>() + rest
    }
}

widest! {
    /// Σ x_i in f64, in 16 lanes.
    pub fn sum(values: &[f32]) -> f64 {
        let mut sums = [0.0f64; LANES];
        let chunks = values.chunks_exact(LANES);
        let rest: f64 = chunks.remainder().iter().map(|&x| f64::from(x)).sum();
        for chunk in chunks {
            for (sum, &x) in sums.iter_mut().zip(chunk) {
                *sum += f64::from(x);
            }
        }
        sums.iter().sum::<f64>() + rest
    }
}

/// Σ x_i² in f64.
pub fn squares(values: &[f32]) -> f64 {
    squares_about(values, 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn exp_and_tanh_are_right_to_a_few_units_in_the_last_place(x in -90.0f32..90.0) {
            let exact = f64::from(x).exp();
            if (-87.0..88.0).contains(&x) {
                prop_assert!((f64::from(exp(x)) / exact - 1.0).abs() < 3e-7);
            }
            prop_assert!((f64::from(exp(x / 90.0)) / (f64::from(x / 90.0)).exp() - 1.0).abs() < 2e-7);
            for x in [x, x / 90.0, x / 900.0] {
                prop_assert!((f64::from(tanh(x)) - f64::from(x).tanh()).abs() < 2e-7);
                prop_assert!((f64::from(tanh(x)) / f64::from(x).tanh() - 1.0).abs() < 2e-6);
            }
        }

        #[test]
        fn sums_in_lanes_are_sums(values in prop::collection::vec(-2.0f32..2.0, 0..70)) {
            let exact: f64 = values.iter().map(|&x| f64::from(x - 0.5).exp()).sum();
            let mut all = values.clone();
            let sum = exp_all(&mut all, 0.5);
            prop_assert!((f64::from(sum) - exact).abs() < 1e-5 * (1.0 + exact));
            prop_assert!(all.iter().zip(&values).all(|(e, &x)| *e == exp(x - 0.5)));
            let of = |part: fn(f64) -> f64| values.iter().map(|&x| part(f64::from(x))).sum::<f64>();
            prop_assert!((super::sum(&values) - of(|x| x)).abs() < 1e-12);
            prop_assert!((squares(&values) - of(|x| x * x)).abs() < 1e-11);
            prop_assert!((squares_about(&values, 0.7) - of(|x| (x - 0.7).powi(2))).abs() < 1e-11);
            prop_assert!((f64::from(dot(&values, &values)) - squares(&values)).abs() < 1e-3);
            let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            prop_assert_eq!(largest(&values), most);
        }
    }

    #[test]
    fn the_ends_are_zero_infinity_and_nan() {
        assert_eq!((exp(-1e30), exp(f32::NEG_INFINITY)), (0.0, 0.0));
        assert_eq!((exp(1e30), exp(f32::INFINITY)), (f32::INFINITY, f32::INFINITY));
        assert!(exp(f32::NAN).is_nan() && tanh(f32::NAN).is_nan() && sigmoid(f32::NAN).is_nan());
        assert_eq!((tanh(100.0), tanh(-100.0), sigmoid(-200.0)), (1.0, -1.0, 0.0));
        assert_eq!(exp(0.0), 1.0);
    }
}

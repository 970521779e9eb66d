//! Activations, sixteen SIMD lanes at a time.

use super::simd::Simd;
use crate::activation::{GELU_CUBIC, GELU_SLOPE};

/// φ and φ' lane by lane. Absolute errors stay within a few ε.
pub trait Lanewise<S: Simd> {
    /// # Safety
    /// As for [`Simd`].
    unsafe fn value(x: S::V) -> S::V;
    /// # Safety
    /// As for [`Simd`].
    unsafe fn slope(x: S::V) -> S::V;
}

/// max(x, 0).
pub struct Relu;
/// tanh(x).
pub struct Tanh;
/// The tanh form of GELU.
pub struct Gelu;

// SAFETY of every block below: the caller vouches for the instruction set, and no memory is read.

impl<S: Simd> Lanewise<S> for Relu {
    #[inline(always)]
    unsafe fn value(x: S::V) -> S::V {
        // SAFETY: see above.
        unsafe { S::max(S::splat(0.0), x) }
    }

    #[inline(always)]
    unsafe fn slope(x: S::V) -> S::V {
        // SAFETY: see above.
        unsafe { S::add_where(S::splat(0.0), S::positive(x), S::splat(1.0)) }
    }
}

impl<S: Simd> Lanewise<S> for Tanh {
    #[inline(always)]
    unsafe fn value(x: S::V) -> S::V {
        // SAFETY: see above.
        unsafe { tanh::<S>(x) }
    }

    #[inline(always)]
    unsafe fn slope(x: S::V) -> S::V {
        // SAFETY: see above.
        unsafe {
            let t = tanh::<S>(x);
            S::sub(S::splat(1.0), S::mul(t, t))
        }
    }
}

impl<S: Simd> Lanewise<S> for Gelu {
    #[inline(always)]
    unsafe fn value(x: S::V) -> S::V {
        // SAFETY: see above.
        unsafe {
            let half = S::mul(S::splat(0.5), x);
            S::fma(half, tanh::<S>(gelu_inner::<S>(x)), half)
        }
    }

    #[inline(always)]
    unsafe fn slope(x: S::V) -> S::V {
        // SAFETY: see above.
        unsafe {
            let one = S::splat(1.0);
            let t = tanh::<S>(gelu_inner::<S>(x));
            // Beyond 10 this term is 0, since t is ±1; x³ could overflow, and 0·∞ is NaN.
            let x = clamp_to_ten::<S>(x);
            let cubic = S::splat(3.0 * GELU_CUBIC as f32);
            let inner_slope = S::mul(S::splat(GELU_SLOPE as f32), S::fma(cubic, S::mul(x, x), one));
            let bend = S::mul(S::mul(x, inner_slope), S::sub(one, S::mul(t, t)));
            S::mul(S::splat(0.5), S::add(S::add(one, t), bend))
        }
    }
}

/// φ(h) + φ'(h) (x − h).
///
/// # Safety
/// As for [`Simd`].
#[inline(always)]
pub unsafe fn tangent<S: Simd, F: Lanewise<S>>(h: S::V, x: S::V) -> S::V {
    // SAFETY: see above.
    unsafe { S::fma(F::slope(h), S::sub(x, h), F::value(h)) }
}

#[inline(always)]
unsafe fn gelu_inner<S: Simd>(x: S::V) -> S::V {
    // SAFETY: see above.
    unsafe {
        let inner = S::fma(S::splat(GELU_CUBIC as f32), S::mul(x, x), S::splat(1.0));
        S::mul(S::mul(S::splat(GELU_SLOPE as f32), x), inner)
    }
}

/// x clamped to [−10, 10]; NaN stays NaN.
#[inline(always)]
unsafe fn clamp_to_ten<S: Simd>(x: S::V) -> S::V {
    // SAFETY: see above.
    unsafe { S::max(S::splat(-10.0), S::min(S::splat(10.0), x)) }
}

/// (u − 1)/(u + 1) with u = e^2x; beyond |x| = 10 the answer is ±1 in f32.
#[inline(always)]
unsafe fn tanh<S: Simd>(x: S::V) -> S::V {
    // SAFETY: see above.
    unsafe {
        let clamped = clamp_to_ten::<S>(x);
        let u = exp::<S>(S::add(clamped, clamped));
        let one = S::splat(1.0);
        S::div(S::sub(u, one), S::add(u, one))
    }
}

/// e^x for |x| ≤ 80: 2^k times the Taylor polynomial of e^f, |f| ≤ ln(2)/2, degree 7.
#[inline(always)]
unsafe fn exp<S: Simd>(x: S::V) -> S::V {
    // ln 2 in two parts: the first has 9 bits, so k·HIGH is exact.
    #[allow(clippy::excessive_precision)] // exact in f32
    const HIGH: f32 = 0.693_359_375;
    const LOW: f32 = -2.121_944_4e-4;
    // Adding and subtracting 1.5·2²³ rounds to an integer.
    const ROUND: f32 = 12_582_912.0;
    const INVERSE_FACTORIALS: [f32; 7] =
        [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];
    // SAFETY: see above.
    unsafe {
        let scaled = S::fma(x, S::splat(std::f32::consts::LOG2_E), S::splat(ROUND));
        let k = S::sub(scaled, S::splat(ROUND));
        let f = S::fma(k, S::splat(-HIGH), x);
        let f = S::fma(k, S::splat(-LOW), f);
        let mut sum = S::splat(1.0 / 5040.0);
        for coefficient in INVERSE_FACTORIALS {
            sum = S::fma(sum, f, S::splat(coefficient));
        }
        S::mul(sum, S::pow2(k))
    }
}

/// x ← φ(x); the length of x is a multiple of sixteen.
#[inline(always)]
pub unsafe fn apply<S: Simd, F: Lanewise<S>>(x: &mut [f32]) {
    assert!(x.len().is_multiple_of(16), "whole lines");
    for line in x.chunks_exact_mut(16) {
        // SAFETY: a line holds 16 floats; the caller vouches for the instruction set.
        unsafe { S::store(line.as_mut_ptr(), F::value(S::load(line.as_ptr()))) };
    }
}

//! Sixteen f32 lanes, whatever the machine makes them of.
//!
//! Every kernel is written once against this trait, adds in an order that does not depend on the
//! instruction set, and is stamped for each set in [`super::stamp`]. AVX-512 and AVX2 both fuse
//! multiply-adds and agree bit for bit in the kernels; the portable set rounds twice.

/// Lane operations of one instruction set.
///
/// # Safety
/// Every method may only run on a machine that has the set; pointers must be valid for 16 floats.
///
/// The kernels use plain loops over their register blocks, no closures: a closure has no target
/// features of its own, so an intrinsic in it may stay a call.
pub trait Simd: Copy {
    /// Sixteen floats.
    type V: Copy;
    /// Which of sixteen lanes are on.
    type Mask: Copy;

    unsafe fn splat(x: f32) -> Self::V;
    unsafe fn load(from: *const f32) -> Self::V;
    unsafe fn store(to: *mut f32, v: Self::V);
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V;
    /// The larger; `b` where either is NaN, as x86 has it. Data goes second, so that NaN stays.
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V;
    /// The smaller; `b` where either is NaN.
    unsafe fn min(a: Self::V, b: Self::V) -> Self::V;
    /// a·b + c.
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// Bit l is set where lane l is above zero.
    unsafe fn positive(v: Self::V) -> u16;
    unsafe fn mask(bits: u16) -> Self::Mask;
    /// acc + x in the lanes that are on, acc elsewhere.
    unsafe fn add_where(acc: Self::V, on: Self::Mask, x: Self::V) -> Self::V;
    /// 2^n for whole n in [−126, 127].
    unsafe fn pow2(n: Self::V) -> Self::V;

    /// Sum of the lanes by halving (lane l + lane l + 8, then 4, 2, 1): one tree everywhere.
    unsafe fn sum(v: Self::V) -> f32;
}

/// What a neuron's derivative φ'(pre) is, kept for a tile between the two directions.
pub trait Gate<S: Simd> {
    /// As it lies in memory for sixteen data points.
    type Stored: Copy;
    /// As it is used.
    type Value: Copy;
    /// Entries of `Stored` for sixteen points.
    const PER_LINE: usize;

    /// # Safety
    /// `from` must be valid for `PER_LINE` entries.
    unsafe fn load(from: *const Self::Stored) -> Self::Value;
    /// acc + gate·x.
    ///
    /// # Safety
    /// As for [`Simd`].
    unsafe fn accumulate(acc: S::V, gate: Self::Value, x: S::V) -> S::V;
}

/// φ' ∈ {0, 1}: one bit a point.
pub struct Bits;

impl<S: Simd> Gate<S> for Bits {
    type Stored = u16;
    type Value = S::Mask;
    const PER_LINE: usize = 1;

    #[inline(always)]
    unsafe fn load(from: *const u16) -> S::Mask {
        // SAFETY: the caller's.
        unsafe { S::mask(*from) }
    }

    #[inline(always)]
    unsafe fn accumulate(acc: S::V, gate: S::Mask, x: S::V) -> S::V {
        // SAFETY: the caller's.
        unsafe { S::add_where(acc, gate, x) }
    }
}

/// φ', or any other factor, as floats.
pub struct Floats;

impl<S: Simd> Gate<S> for Floats {
    type Stored = f32;
    type Value = S::V;
    const PER_LINE: usize = 16;

    #[inline(always)]
    unsafe fn load(from: *const f32) -> S::V {
        // SAFETY: the caller's.
        unsafe { S::load(from) }
    }

    #[inline(always)]
    unsafe fn accumulate(acc: S::V, gate: S::V, x: S::V) -> S::V {
        // SAFETY: the caller's.
        unsafe { S::fma(gate, x, acc) }
    }
}

//! Sixteen f32 lanes on any machine.
//!
//! Every kernel is written once against this trait and compiled for each instruction set by
//! [`super::stamp`]. The order of its additions does not depend on the instruction set. AVX-512, AVX2
//! and NEON fuse multiply-adds and agree bit for bit in the kernels; the portable set rounds twice.

/// Lane operations of one instruction set.
///
/// # Safety
/// The machine must have the instruction set, and pointers must be valid for 16 floats.
///
/// The kernels use plain loops over their register blocks and no closures: a closure has no target
/// features of its own, so an intrinsic in a closure may remain a call.
pub trait Simd: Copy {
    /// Sixteen floats.
    type V: Copy;
    /// A mask of sixteen lanes.
    type Mask: Copy;
    /// Sixteen 32-bit words.
    type Words: Copy;
    /// Eight doubles.
    type Wide: Copy;

    unsafe fn splat(x: f32) -> Self::V;
    unsafe fn load(from: *const f32) -> Self::V;
    unsafe fn store(to: *mut f32, v: Self::V);
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V;
    /// The larger; `b` where either is NaN, as on x86. Kernels pass data as `b`, so that NaN stays.
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V;
    /// The smaller; `b` where either is NaN.
    unsafe fn min(a: Self::V, b: Self::V) -> Self::V;
    /// a·b + c.
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// a·b + c in the lanes that are on, c elsewhere.
    unsafe fn fma_where(a: Self::V, b: Self::V, c: Self::V, on: Self::Mask) -> Self::V;
    /// A mask of the lanes that are above zero or NaN.
    unsafe fn positive(v: Self::V) -> Self::Mask;
    /// The mask as a word: bit l is set if lane l is on.
    unsafe fn bits(on: Self::Mask) -> u16;
    unsafe fn mask(bits: u16) -> Self::Mask;
    /// acc + x in the lanes that are on, acc elsewhere.
    unsafe fn add_where(acc: Self::V, on: Self::Mask, x: Self::V) -> Self::V;

    /// Sixteen words of zeros.
    unsafe fn no_words() -> Self::Words;
    /// Sixteen entries widened to words.
    unsafe fn widen(from: *const u16) -> Self::Words;
    /// words | bit in the lanes that are on.
    unsafe fn set_where(words: Self::Words, on: Self::Mask, bit: u32) -> Self::Words;
    /// Every word shifted right by four bits.
    unsafe fn next_four(words: Self::Words) -> Self::Words;
    /// Lane l is the sum of the subset that the four lowest bits of word l select. `table` points to
    /// the sixteen [`subset_sums`](super::tables::subset_sums) of four numbers.
    unsafe fn subset_sum(table: *const f32, words: Self::Words) -> Self::V;

    unsafe fn load_wide(from: *const f64) -> Self::Wide;
    unsafe fn store_wide(to: *mut f64, v: Self::Wide);
    /// Eight floats as doubles.
    unsafe fn load_widened(from: *const f32) -> Self::Wide;
    unsafe fn sub_wide(a: Self::Wide, b: Self::Wide) -> Self::Wide;
    /// sum + x·y, rounded twice by every instruction set.
    unsafe fn add_product(sum: Self::Wide, x: Self::Wide, y: Self::Wide) -> Self::Wide;

    /// Prefetches a line of memory; any address is allowed.
    unsafe fn prefetch(from: *const f32);

    /// 2^n for integers n in [−126, 127].
    unsafe fn pow2(n: Self::V) -> Self::V;

    /// Stores the sums of the lanes of four vectors to four floats. All instruction sets add in the same
    /// tree: within each quarter lane l + lane l + 2, then the two sums; then quarter q + quarter q + 2,
    /// then the two sums.
    unsafe fn store_sums(to: *mut f32, v: [Self::V; 4]);
}

/// Calls `block::<…, M>(…, line)` for every `M` lines, then for the last one, two or three lines
/// together; `M` is at most four.
macro_rules! blocks_of_lines {
    ($lines:expr, $m:ident, $block:ident::<$($generic:ident),*>($($operand:expr),*)) => {{
        let std::ops::Range { start, end } = $lines;
        let whole = end - (end - start) % $m;
        for line in (start..whole).step_by($m) {
            $block::<$($generic,)* $m>($($operand,)* line);
        }
        match end - whole {
            3 => $block::<$($generic,)* 3>($($operand,)* whole),
            2 => $block::<$($generic,)* 2>($($operand,)* whole),
            1 => $block::<$($generic,)* 1>($($operand,)* whole),
            _ => {}
        }
    }};
}
pub(super) use blocks_of_lines;

/// Prefetches `M` lines of memory; any address is allowed.
///
/// # Safety
/// The machine must have the instruction set `S`.
#[inline(always)]
pub unsafe fn prefetch_lines<S: Simd, const M: usize>(first: *const f32) {
    for m in 0..M {
        // SAFETY: a prefetch may name any address.
        unsafe { S::prefetch(first.wrapping_add(m * 16)) };
    }
}

/// Methods of [`Simd`] for an instruction set that the target or the caller guarantees.
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
macro_rules! lanes {
    ($($name:ident($($arg:ident: $ty:ty),*) -> $out:ty $body:block)*) => {
        $(#[inline(always)]
        unsafe fn $name($($arg: $ty),*) -> $out {
            // SAFETY: the caller vouches for the instruction set and the pointers.
            #[allow(unused_unsafe)]
            unsafe { $body }
        })*
    };
}
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
pub(super) use lanes;

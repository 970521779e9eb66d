//! Plain arrays, for machines with none of the other instruction sets; LLVM vectorizes what it can.

use super::simd::Simd;

/// Sixteen floats in an array; multiply-adds round twice.
#[derive(Clone, Copy)]
pub struct Portable;

type V = [f32; 16];

macro_rules! lanewise {
    ($($name:ident($($arg:ident),+) = $value:expr;)*) => {
        $(#[inline(always)]
        unsafe fn $name($($arg: V),+) -> V {
            let mut out = [0.0; 16];
            for (lane, out) in out.iter_mut().enumerate() {
                $(let $arg = $arg[lane];)+
                *out = $value;
            }
            out
        })*
    };
}

impl Simd for Portable {
    type V = V;
    type Mask = [bool; 16];
    type Words = [u32; 16];
    type Wide = [f64; 8];

    lanewise! {
        add(a, b) = a + b;
        sub(a, b) = a - b;
        mul(a, b) = a * b;
        div(a, b) = a / b;
        max(a, b) = if a > b { a } else { b };
        min(a, b) = if a < b { a } else { b };
        fma(a, b, c) = a * b + c;
        pow2(n) = f32::from_bits(((n as i32 + 127) << 23) as u32);
    }

    #[inline(always)]
    unsafe fn splat(x: f32) -> V {
        [x; 16]
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> V {
        // SAFETY: the caller vouches for 16 floats.
        unsafe { from.cast::<V>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store(to: *mut f32, v: V) {
        // SAFETY: the caller vouches for 16 floats.
        unsafe { to.cast::<V>().write_unaligned(v) }
    }

    #[inline(always)]
    unsafe fn store_sums(to: *mut f32, v: [V; 4]) {
        let sum = |v: V| {
            let quarter = |q: usize| (v[4 * q] + v[4 * q + 2]) + (v[4 * q + 1] + v[4 * q + 3]);
            (quarter(0) + quarter(2)) + (quarter(1) + quarter(3))
        };
        // SAFETY: the caller vouches for four floats.
        unsafe { to.cast::<[f32; 4]>().write_unaligned(v.map(sum)) }
    }

    #[inline(always)]
    unsafe fn positive(v: V) -> [bool; 16] {
        // Negated, so that NaN counts as on.
        #[allow(clippy::neg_cmp_op_on_partial_ord)]
        v.map(|x| !(x <= 0.0))
    }

    #[inline(always)]
    unsafe fn bits(on: [bool; 16]) -> u16 {
        on.iter().enumerate().fold(0, |bits, (lane, &on)| bits | u16::from(on) << lane)
    }

    #[inline(always)]
    unsafe fn mask(bits: u16) -> [bool; 16] {
        std::array::from_fn(|lane| bits >> lane & 1 == 1)
    }

    #[inline(always)]
    unsafe fn add_where(acc: V, on: [bool; 16], x: V) -> V {
        std::array::from_fn(|lane| if on[lane] { acc[lane] + x[lane] } else { acc[lane] })
    }

    #[inline(always)]
    unsafe fn fma_where(a: V, b: V, c: V, on: [bool; 16]) -> V {
        std::array::from_fn(|l| if on[l] { a[l] * b[l] + c[l] } else { c[l] })
    }

    #[inline(always)]
    unsafe fn no_words() -> [u32; 16] {
        [0; 16]
    }

    #[inline(always)]
    unsafe fn widen(from: *const u16) -> [u32; 16] {
        // SAFETY: the caller vouches for 16 entries.
        unsafe { from.cast::<[u16; 16]>().read_unaligned() }.map(u32::from)
    }

    #[inline(always)]
    unsafe fn set_where(words: [u32; 16], on: [bool; 16], bit: u32) -> [u32; 16] {
        std::array::from_fn(|lane| words[lane] | if on[lane] { bit } else { 0 })
    }

    #[inline(always)]
    unsafe fn next_four(words: [u32; 16]) -> [u32; 16] {
        words.map(|word| word >> 4)
    }

    #[inline(always)]
    unsafe fn subset_sum(table: *const f32, words: [u32; 16]) -> V {
        // SAFETY: the caller vouches for sixteen entries.
        words.map(|word| unsafe { *table.add((word & 15) as usize) })
    }

    #[inline(always)]
    unsafe fn load_wide(from: *const f64) -> [f64; 8] {
        // SAFETY: the caller vouches for 8 doubles.
        unsafe { from.cast::<[f64; 8]>().read_unaligned() }
    }

    #[inline(always)]
    unsafe fn store_wide(to: *mut f64, v: [f64; 8]) {
        // SAFETY: the caller vouches for 8 doubles.
        unsafe { to.cast::<[f64; 8]>().write_unaligned(v) }
    }

    #[inline(always)]
    unsafe fn load_widened(from: *const f32) -> [f64; 8] {
        // SAFETY: the caller vouches for 8 floats.
        unsafe { from.cast::<[f32; 8]>().read_unaligned() }.map(f64::from)
    }

    #[inline(always)]
    unsafe fn sub_wide(a: [f64; 8], b: [f64; 8]) -> [f64; 8] {
        std::array::from_fn(|lane| a[lane] - b[lane])
    }

    #[inline(always)]
    unsafe fn add_product(sum: [f64; 8], x: [f64; 8], y: [f64; 8]) -> [f64; 8] {
        std::array::from_fn(|lane| sum[lane] + x[lane] * y[lane])
    }

    #[inline(always)]
    unsafe fn prefetch(_from: *const f32) {}
}

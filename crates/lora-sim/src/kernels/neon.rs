//! NEON lanes, which every 64-bit Arm has.

use std::arch::aarch64::*;
use std::arch::asm;

use super::simd::{Simd, lanes};

/// Four 128-bit registers.
#[derive(Clone, Copy)]
pub struct Neon;

type V = [float32x4_t; 4];
type W = [uint32x4_t; 4];

/// An operation on every register.
macro_rules! quarters {
    (|$q:ident| $value:expr) => {
        [
            {
                const $q: usize = 0;
                $value
            },
            {
                const $q: usize = 1;
                $value
            },
            {
                const $q: usize = 2;
                $value
            },
            {
                const $q: usize = 3;
                $value
            },
        ]
    };
}

/// Bit l of the lowest four for lane l.
static BITS: [u32; 4] = [1, 2, 4, 8];

impl Simd for Neon {
    type V = V;
    type Mask = W;
    type Words = W;
    type Wide = [float64x2_t; 4];

    lanes! {
        splat(x: f32) -> V { [vdupq_n_f32(x); 4] }
        load(from: *const f32) -> V { quarters!(|Q| vld1q_f32(from.add(4 * Q))) }
        store(to: *mut f32, v: V) -> () { quarters!(|Q| vst1q_f32(to.add(4 * Q), v[Q])); }
        add(a: V, b: V) -> V { quarters!(|Q| vaddq_f32(a[Q], b[Q])) }
        sub(a: V, b: V) -> V { quarters!(|Q| vsubq_f32(a[Q], b[Q])) }
        mul(a: V, b: V) -> V { quarters!(|Q| vmulq_f32(a[Q], b[Q])) }
        div(a: V, b: V) -> V { quarters!(|Q| vdivq_f32(a[Q], b[Q])) }
        // Arm's own maximum and minimum are NaN if either operand is.
        max(a: V, b: V) -> V { quarters!(|Q| vbslq_f32(vcgtq_f32(a[Q], b[Q]), a[Q], b[Q])) }
        min(a: V, b: V) -> V { quarters!(|Q| vbslq_f32(vcltq_f32(a[Q], b[Q]), a[Q], b[Q])) }
        fma(a: V, b: V, c: V) -> V { quarters!(|Q| vfmaq_f32(c[Q], a[Q], b[Q])) }
        positive(v: V) -> W { quarters!(|Q| vmvnq_u32(vclezq_f32(v[Q]))) }
        bits(on: W) -> u16 {
            let lane = vld1q_u32(BITS.as_ptr());
            let four = quarters!(|Q| vaddvq_u32(vandq_u32(on[Q], lane)) << (4 * Q));
            (four[0] | four[1] | four[2] | four[3]) as u16
        }
        mask(bits: u16) -> W {
            let lane = vld1q_u32(BITS.as_ptr());
            quarters!(|Q| vtstq_u32(vdupq_n_u32(u32::from(bits) >> (4 * Q)), lane))
        }
        add_where(acc: V, on: W, x: V) -> V {
            quarters!(|Q| vbslq_f32(on[Q], vaddq_f32(acc[Q], x[Q]), acc[Q]))
        }
        fma_where(a: V, b: V, c: V, on: W) -> V {
            quarters!(|Q| vbslq_f32(on[Q], vfmaq_f32(c[Q], a[Q], b[Q]), c[Q]))
        }
        no_words() -> W { [vdupq_n_u32(0); 4] }
        widen(from: *const u16) -> W {
            let (low, high) = (vld1q_u16(from), vld1q_u16(from.add(8)));
            [
                vmovl_u16(vget_low_u16(low)),
                vmovl_high_u16(low),
                vmovl_u16(vget_low_u16(high)),
                vmovl_high_u16(high),
            ]
        }
        set_where(words: W, on: W, bit: u32) -> W {
            quarters!(|Q| vorrq_u32(words[Q], vandq_u32(on[Q], vdupq_n_u32(bit))))
        }
        next_four(words: W) -> W { quarters!(|Q| vshrq_n_u32::<4>(words[Q])) }
        // A table fills the four registers of one permutation of bytes; entry b has bytes 4b to
        // 4b + 3.
        subset_sum(table: *const f32, words: W) -> V {
            let bytes = quarters!(|Q| vreinterpretq_u8_f32(vld1q_f32(table.add(4 * Q))));
            let table = uint8x16x4_t(bytes[0], bytes[1], bytes[2], bytes[3]);
            let (four, first) = (vdupq_n_u32(0x0404_0404), vdupq_n_u32(0x0302_0100));
            quarters!(|Q| {
                let entry = vandq_u32(words[Q], vdupq_n_u32(15));
                let at = vreinterpretq_u8_u32(vmlaq_u32(first, entry, four));
                vreinterpretq_f32_u8(vqtbl4q_u8(table, at))
            })
        }
        load_wide(from: *const f64) -> [float64x2_t; 4] {
            quarters!(|Q| vld1q_f64(from.add(2 * Q)))
        }
        store_wide(to: *mut f64, v: [float64x2_t; 4]) -> () {
            let _ = quarters!(|Q| vst1q_f64(to.add(2 * Q), v[Q]));
        }
        load_widened(from: *const f32) -> [float64x2_t; 4] {
            quarters!(|Q| vcvt_f64_f32(vld1_f32(from.add(2 * Q))))
        }
        sub_wide(a: [float64x2_t; 4], b: [float64x2_t; 4]) -> [float64x2_t; 4] {
            quarters!(|Q| vsubq_f64(a[Q], b[Q]))
        }
        add_product(
            sum: [float64x2_t; 4], x: [float64x2_t; 4], y: [float64x2_t; 4]
        ) -> [float64x2_t; 4] {
            quarters!(|Q| vaddq_f64(sum[Q], vmulq_f64(x[Q], y[Q])))
        }
        prefetch(from: *const f32) -> () {
            asm!(
                "prfm pldl1keep, [{}]", in(reg) from,
                options(nostack, preserves_flags, readonly),
            );
        }
        pow2(n: V) -> V {
            quarters!(|Q| {
                let biased = vaddq_s32(vcvtnq_s32_f32(n[Q]), vdupq_n_s32(127));
                vreinterpretq_f32_s32(vshlq_n_s32::<23>(biased))
            })
        }
        store_sums(to: *mut f32, v: [V; 4]) -> () {
            let four = quarters!(|Q| quarter_sums([v[0][Q], v[1][Q], v[2][Q], v[3][Q]]));
            let pairs = [vaddq_f32(four[0], four[2]), vaddq_f32(four[1], four[3])];
            vst1q_f32(to, vaddq_f32(pairs[0], pairs[1]));
        }
    }
}

/// The sum of the lanes of each register: lane 0 + lane 2, plus lane 1 + lane 3.
///
#[inline(always)]
fn quarter_sums(v: [float32x4_t; 4]) -> float32x4_t {
    // SAFETY: every 64-bit Arm has NEON.
    #[allow(unused_unsafe)]
    unsafe {
        let low = vaddq_f32(vzip1q_f32(v[0], v[1]), vzip2q_f32(v[0], v[1]));
        let high = vaddq_f32(vzip1q_f32(v[2], v[3]), vzip2q_f32(v[2], v[3]));
        let (low, high) = (vreinterpretq_f64_f32(low), vreinterpretq_f64_f32(high));
        let even = vreinterpretq_f32_f64(vzip1q_f64(low, high));
        vaddq_f32(even, vreinterpretq_f32_f64(vzip2q_f64(low, high)))
    }
}

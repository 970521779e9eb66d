//! AVX-512 and AVX2.

use std::arch::x86_64::*;

use super::simd::{Simd, lanes};

/// One 512-bit register. Needs avx512f.
#[derive(Clone, Copy)]
pub struct Avx512;

impl Simd for Avx512 {
    type V = __m512;
    type Mask = __mmask16;
    type Words = __m512i;
    type Wide = __m512d;

    lanes! {
        splat(x: f32) -> __m512 { _mm512_set1_ps(x) }
        load(from: *const f32) -> __m512 { _mm512_loadu_ps(from) }
        store(to: *mut f32, v: __m512) -> () { _mm512_storeu_ps(to, v) }
        add(a: __m512, b: __m512) -> __m512 { _mm512_add_ps(a, b) }
        sub(a: __m512, b: __m512) -> __m512 { _mm512_sub_ps(a, b) }
        mul(a: __m512, b: __m512) -> __m512 { _mm512_mul_ps(a, b) }
        div(a: __m512, b: __m512) -> __m512 { _mm512_div_ps(a, b) }
        max(a: __m512, b: __m512) -> __m512 { _mm512_max_ps(a, b) }
        min(a: __m512, b: __m512) -> __m512 { _mm512_min_ps(a, b) }
        fma(a: __m512, b: __m512, c: __m512) -> __m512 { _mm512_fmadd_ps(a, b, c) }
        positive(v: __m512) -> __mmask16 {
            _mm512_cmp_ps_mask::<_CMP_NLE_UQ>(v, _mm512_setzero_ps())
        }
        bits(on: __mmask16) -> u16 { on }
        mask(bits: u16) -> __mmask16 { bits }
        add_where(acc: __m512, on: __mmask16, x: __m512) -> __m512 {
            _mm512_mask_add_ps(acc, on, acc, x)
        }
        fma_where(a: __m512, b: __m512, c: __m512, on: __mmask16) -> __m512 {
            _mm512_mask3_fmadd_ps(a, b, c, on)
        }
        no_words() -> __m512i { _mm512_setzero_si512() }
        widen(from: *const u16) -> __m512i {
            _mm512_cvtepu16_epi32(_mm256_loadu_si256(from.cast()))
        }
        set_where(words: __m512i, on: __mmask16, bit: u32) -> __m512i {
            _mm512_mask_or_epi32(words, on, words, _mm512_set1_epi32(bit.cast_signed()))
        }
        next_four(words: __m512i) -> __m512i { _mm512_srli_epi32::<4>(words) }
        subset_sum(table: *const f32, words: __m512i) -> __m512 {
            _mm512_permutexvar_ps(words, _mm512_loadu_ps(table))
        }
        load_wide(from: *const f64) -> __m512d { _mm512_loadu_pd(from) }
        store_wide(to: *mut f64, v: __m512d) -> () { _mm512_storeu_pd(to, v) }
        load_widened(from: *const f32) -> __m512d { _mm512_cvtps_pd(_mm256_loadu_ps(from)) }
        sub_wide(a: __m512d, b: __m512d) -> __m512d { _mm512_sub_pd(a, b) }
        add_product(sum: __m512d, x: __m512d, y: __m512d) -> __m512d {
            _mm512_add_pd(sum, _mm512_mul_pd(x, y))
        }
        prefetch(from: *const f32) -> () { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
        pow2(n: __m512) -> __m512 {
            let biased = _mm512_add_epi32(_mm512_cvtps_epi32(n), _mm512_set1_epi32(127));
            _mm512_castsi512_ps(_mm512_slli_epi32::<23>(biased))
        }
        store_sums(to: *mut f32, v: [__m512; 4]) -> () {
            let low = _mm512_add_ps(
                _mm512_unpacklo_ps(v[0], v[1]),
                _mm512_unpackhi_ps(v[0], v[1]),
            );
            let high = _mm512_add_ps(
                _mm512_unpacklo_ps(v[2], v[3]),
                _mm512_unpackhi_ps(v[2], v[3]),
            );
            let four = _mm512_add_ps(
                _mm512_shuffle_ps::<0x44>(low, high),
                _mm512_shuffle_ps::<0xee>(low, high),
            );
            let high = _mm256_castpd_ps(_mm512_extractf64x4_pd::<1>(_mm512_castps_pd(four)));
            store_halves(to, _mm256_add_ps(_mm512_castps512_ps256(four), high));
        }
    }
}

/// Two 256-bit registers. Needs avx2 and fma.
#[derive(Clone, Copy)]
pub struct Avx2;

macro_rules! halves {
    ($op:ident, $($arg:ident),+) => { [$op($($arg[0]),+), $op($($arg[1]),+)] };
}

type Pair = [__m256; 2];

impl Simd for Avx2 {
    type V = Pair;
    type Mask = Pair;
    type Words = [__m256i; 2];
    type Wide = [__m256d; 2];

    lanes! {
        splat(x: f32) -> Pair { [_mm256_set1_ps(x); 2] }
        load(from: *const f32) -> Pair { [_mm256_loadu_ps(from), _mm256_loadu_ps(from.add(8))] }
        store(to: *mut f32, v: Pair) -> () {
            _mm256_storeu_ps(to, v[0]);
            _mm256_storeu_ps(to.add(8), v[1]);
        }
        add(a: Pair, b: Pair) -> Pair { halves!(_mm256_add_ps, a, b) }
        sub(a: Pair, b: Pair) -> Pair { halves!(_mm256_sub_ps, a, b) }
        mul(a: Pair, b: Pair) -> Pair { halves!(_mm256_mul_ps, a, b) }
        div(a: Pair, b: Pair) -> Pair { halves!(_mm256_div_ps, a, b) }
        max(a: Pair, b: Pair) -> Pair { halves!(_mm256_max_ps, a, b) }
        min(a: Pair, b: Pair) -> Pair { halves!(_mm256_min_ps, a, b) }
        fma(a: Pair, b: Pair, c: Pair) -> Pair { halves!(_mm256_fmadd_ps, a, b, c) }
        positive(v: Pair) -> Pair {
            let zero = _mm256_setzero_ps();
            [_mm256_cmp_ps::<_CMP_NLE_UQ>(v[0], zero), _mm256_cmp_ps::<_CMP_NLE_UQ>(v[1], zero)]
        }
        bits(on: Pair) -> u16 {
            (_mm256_movemask_ps(on[0]) | _mm256_movemask_ps(on[1]) << 8) as u16
        }
        mask(bits: u16) -> Pair {
            let all = _mm256_set1_epi32(i32::from(bits));
            let low = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
            let high = _mm256_slli_epi32::<8>(low);
            let low = _mm256_cmpeq_epi32(_mm256_and_si256(all, low), low);
            let high = _mm256_cmpeq_epi32(_mm256_and_si256(all, high), high);
            [_mm256_castsi256_ps(low), _mm256_castsi256_ps(high)]
        }
        add_where(acc: Pair, on: Pair, x: Pair) -> Pair {
            // Adding +0 changes at most the sign of a zero.
            [
                _mm256_add_ps(acc[0], _mm256_and_ps(on[0], x[0])),
                _mm256_add_ps(acc[1], _mm256_and_ps(on[1], x[1])),
            ]
        }
        fma_where(a: Pair, b: Pair, c: Pair, on: Pair) -> Pair {
            [
                _mm256_fmadd_ps(a[0], _mm256_and_ps(on[0], b[0]), c[0]),
                _mm256_fmadd_ps(a[1], _mm256_and_ps(on[1], b[1]), c[1]),
            ]
        }
        no_words() -> [__m256i; 2] { [_mm256_setzero_si256(); 2] }
        widen(from: *const u16) -> [__m256i; 2] {
            [
                _mm256_cvtepu16_epi32(_mm_loadu_si128(from.cast())),
                _mm256_cvtepu16_epi32(_mm_loadu_si128(from.add(8).cast())),
            ]
        }
        set_where(words: [__m256i; 2], on: Pair, bit: u32) -> [__m256i; 2] {
            let bit = _mm256_castsi256_ps(_mm256_set1_epi32(bit.cast_signed()));
            [
                _mm256_or_si256(words[0], _mm256_castps_si256(_mm256_and_ps(on[0], bit))),
                _mm256_or_si256(words[1], _mm256_castps_si256(_mm256_and_ps(on[1], bit))),
            ]
        }
        next_four(words: [__m256i; 2]) -> [__m256i; 2] {
            [_mm256_srli_epi32::<4>(words[0]), _mm256_srli_epi32::<4>(words[1])]
        }
        subset_sum(table: *const f32, words: [__m256i; 2]) -> Pair {
            let (three, fourth) = (_mm256_loadu_ps(table), _mm256_broadcast_ss(&*table.add(8)));
            [subset_sum8(three, fourth, words[0]), subset_sum8(three, fourth, words[1])]
        }
        load_wide(from: *const f64) -> [__m256d; 2] {
            [_mm256_loadu_pd(from), _mm256_loadu_pd(from.add(4))]
        }
        store_wide(to: *mut f64, v: [__m256d; 2]) -> () {
            _mm256_storeu_pd(to, v[0]);
            _mm256_storeu_pd(to.add(4), v[1]);
        }
        load_widened(from: *const f32) -> [__m256d; 2] {
            [_mm256_cvtps_pd(_mm_loadu_ps(from)), _mm256_cvtps_pd(_mm_loadu_ps(from.add(4)))]
        }
        sub_wide(a: [__m256d; 2], b: [__m256d; 2]) -> [__m256d; 2] {
            [_mm256_sub_pd(a[0], b[0]), _mm256_sub_pd(a[1], b[1])]
        }
        add_product(sum: [__m256d; 2], x: [__m256d; 2], y: [__m256d; 2]) -> [__m256d; 2] {
            [
                _mm256_add_pd(sum[0], _mm256_mul_pd(x[0], y[0])),
                _mm256_add_pd(sum[1], _mm256_mul_pd(x[1], y[1])),
            ]
        }
        prefetch(from: *const f32) -> () { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
        pow2(n: Pair) -> Pair {
            let bias = _mm256_set1_epi32(127);
            let low = _mm256_add_epi32(_mm256_cvtps_epi32(n[0]), bias);
            let high = _mm256_add_epi32(_mm256_cvtps_epi32(n[1]), bias);
            [
                _mm256_castsi256_ps(_mm256_slli_epi32::<23>(low)),
                _mm256_castsi256_ps(_mm256_slli_epi32::<23>(high)),
            ]
        }
        store_sums(to: *mut f32, v: [Pair; 4]) -> () {
            let mut four = [_mm256_setzero_ps(); 2];
            for h in 0..2 {
                let low = _mm256_add_ps(
                    _mm256_unpacklo_ps(v[0][h], v[1][h]),
                    _mm256_unpackhi_ps(v[0][h], v[1][h]),
                );
                let high = _mm256_add_ps(
                    _mm256_unpacklo_ps(v[2][h], v[3][h]),
                    _mm256_unpackhi_ps(v[2][h], v[3][h]),
                );
                four[h] = _mm256_add_ps(
                    _mm256_shuffle_ps::<0x44>(low, high),
                    _mm256_shuffle_ps::<0xee>(low, high),
                );
            }
            store_halves(to, _mm256_add_ps(four[0], four[1]));
        }
    }
}

/// Four floats: lane l + lane l + 4.
///
/// # Safety
/// Needs avx.
#[inline(always)]
unsafe fn store_halves(to: *mut f32, v: __m256) {
    // SAFETY: the caller's.
    #[allow(unused_unsafe)]
    unsafe {
        let four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v));
        _mm_storeu_ps(to, four);
    }
}

/// A permutation selects from eight entries, so the fourth number is added under its bit, as it was in
/// the table. This is cheaper than a second permutation and a blend.
///
/// # Safety
/// Needs avx2.
#[inline(always)]
unsafe fn subset_sum8(three: __m256, fourth: __m256, words: __m256i) -> __m256 {
    // SAFETY: the caller's.
    #[allow(unused_unsafe)]
    unsafe {
        let on = _mm256_srai_epi32::<31>(_mm256_slli_epi32::<28>(words));
        let fourth = _mm256_and_ps(_mm256_castsi256_ps(on), fourth);
        _mm256_add_ps(_mm256_permutevar8x32_ps(three, words), fourth)
    }
}

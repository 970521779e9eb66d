// The functions of CUDA's device library that <math.h> lacks.
#pragma once

#include <math.h>

#include <bit>
#include <cstdint>

inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
inline int __float_as_int(float x) { return std::bit_cast<int>(x); }
inline float __int_as_float(int x) { return std::bit_cast<float>(x); }
inline long long __double_as_longlong(double x) { return std::bit_cast<long long>(x); }
inline double __longlong_as_double(long long x) { return std::bit_cast<double>(x); }

inline int __popc(unsigned x) { return std::popcount(x); }
inline int __clz(int x) { return std::countl_zero(static_cast<unsigned>(x)); }
inline int __ffs(int x) { return x ? std::countr_zero(static_cast<unsigned>(x)) + 1 : 0; }

inline unsigned __umulhi(unsigned a, unsigned b) {
    return static_cast<unsigned>((static_cast<std::uint64_t>(a) * b) >> 32);
}

inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
    return static_cast<unsigned long long>((static_cast<unsigned __int128>(a) * b) >> 64);
}

template <class T>
inline T __ldg(const T* address) { return *address; }

template <class T>
inline T min(T a, T b) { return b < a ? b : a; }
template <class T>
inline T max(T a, T b) { return a < b ? b : a; }

inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fmul_rn(float a, float b) { return a * b; }
inline float __fmaf_rn(float a, float b, float c) { return fmaf(a, b, c); }
inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }

/// sin(πx) and cos(πx), exact at multiples of a quarter turn: the argument is reduced before it is
/// multiplied with π.
inline void sincospi(double x, double* sine, double* cosine) {
    double turn = x - 2.0 * rint(0.5 * x);
    int quarter = static_cast<int>(rint(2.0 * turn));
    double angle = (turn - 0.5 * quarter) * 3.14159265358979323846;
    double s = sin(angle), c = cos(angle);
    switch (quarter & 3) {
        case 0: *sine = s, *cosine = c; break;
        case 1: *sine = c, *cosine = 0.0 - s; break;  // which is never −0
        case 2: *sine = 0.0 - s, *cosine = -c; break;
        default: *sine = -c, *cosine = s; break;
    }
}

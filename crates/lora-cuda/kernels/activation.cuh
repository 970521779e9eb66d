// φ and φ', in f32.
#pragma once
#include "common.cuh"

struct Relu {
    // NaN stays NaN; the derivative at 0 is 0.
    static __device__ __forceinline__ float value(float x) { return x <= 0.0f ? 0.0f : x; }
};

struct Tanh {
    static __device__ __forceinline__ float value(float x) { return tanhf(x); }
    static __device__ __forceinline__ float slope(float x) {
        float t = tanhf(x);
        return fmaf(-t, t, 1.0f);
    }
};

// x/2 (1 + tanh(√(2/π)(x + 0.044715 x³))).
struct Gelu {
    static constexpr float SLOPE = 0.797884561f, CUBIC = 0.044715f;
    static __device__ __forceinline__ float inner(float x) {
        return SLOPE * x * fmaf(CUBIC, x * x, 1.0f);
    }
    static __device__ __forceinline__ float value(float x) {
        float half = 0.5f * x;
        return fmaf(half, tanhf(inner(x)), half);
    }
    static __device__ __forceinline__ float slope(float x) {
        float t = tanhf(inner(x));
        // Beyond 10 the slope of t is 0, since t is ±1; x³ would overflow. If x is NaN, so is t.
        x = fminf(fmaxf(x, -10.0f), 10.0f);
        float bend = SLOPE * fmaf(3.0f * CUBIC, x * x, 1.0f);
        float rise = x * bend * fmaf(-t, t, 1.0f);
        return 0.5f * ((1.0f + t) + rise);
    }
};

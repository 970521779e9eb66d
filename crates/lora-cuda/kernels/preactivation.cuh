// pre = H + s B Z_A on small tiles, one warp a run: lane l has columns 4l to 4l + 3 of 128.
#pragma once
#include "batch.cuh"

// s Z_A of a run on four columns, or where to read Z_A from: RANK 4 or 8 is held in registers, RANK
// 0 stands for any multiple of 8 and is read again and again.
template <int RANK>
struct Features {
    float4 scaled[RANK];
    __device__ Features(const Batch& p, const float* za) {
#pragma unroll
        for (int k = 0; k < RANK; k++) {
            float4 v = load4(za + (index_t)k * p.columns);
            float s = p.multiplier;
            scaled[k] = make_float4(s * v.x, s * v.y, s * v.z, s * v.w);
        }
    }
};

template <>
struct Features<0> {
    const float* za;
    __device__ Features(const Batch&, const float* za) : za(za) {}
};

__device__ __forceinline__ void add_scaled(float4& sum, float factor, float4 v) {
    sum.x = fmaf(factor, v.x, sum.x);
    sum.y = fmaf(factor, v.y, sum.y);
    sum.z = fmaf(factor, v.z, sum.z);
    sum.w = fmaf(factor, v.w, sum.w);
}

// pre of N neurons from `b` (N × r) and `h` (N rows of H at this lane's columns).
template <int RANK, int N>
__device__ __forceinline__ void preactivations(
    float4 (&pre)[N], const Batch& p, const Features<RANK>& features, const float* b, const float* h) {
    if constexpr (RANK > 0) {
#pragma unroll
        for (int i = 0; i < N; i++) pre[i] = load4(h + (index_t)i * p.columns);
#pragma unroll
        for (int i = 0; i < N; i++) {
#pragma unroll
            for (int k = 0; k < RANK; k += 4) {
                float4 four = load4(b + i * RANK + k);
                add_scaled(pre[i], four.x, features.scaled[k]);
                add_scaled(pre[i], four.y, features.scaled[k + 1]);
                add_scaled(pre[i], four.z, features.scaled[k + 2]);
                add_scaled(pre[i], four.w, features.scaled[k + 3]);
            }
        }
    } else {
#pragma unroll
        for (int i = 0; i < N; i++) pre[i] = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
        for (int k = 0; k < p.rank; k += 4) {
            float4 z[4];
#pragma unroll
            for (int l = 0; l < 4; l++) z[l] = load4(features.za + (index_t)(k + l) * p.columns);
#pragma unroll
            for (int i = 0; i < N; i++) {
                float4 four = load4(b + (index_t)i * p.rank + k);
                add_scaled(pre[i], four.x, z[0]);
                add_scaled(pre[i], four.y, z[1]);
                add_scaled(pre[i], four.z, z[2]);
                add_scaled(pre[i], four.w, z[3]);
            }
        }
#pragma unroll
        for (int i = 0; i < N; i++) {
            float4 sum = load4(h + (index_t)i * p.columns);
            add_scaled(sum, p.multiplier, pre[i]);
            pre[i] = sum;
        }
    }
}

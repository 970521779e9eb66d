// Philox4x32-10 (Salmon et al., SC 2011) and normals from it, number for number those of lora-sim.
#pragma once
#include "common.cuh"

struct Words {
    u32 w[4];
};

__device__ __forceinline__ u32 high_product(u32 a, u32 b) { return (u32)((u64)a * b >> 32); }

__device__ inline Words philox(Words c, u32 key0, u32 key1) {
    for (int round = 0; round < 10; round++) {
        u32 left = high_product(0xD2511F53u, c.w[0]), left_low = 0xD2511F53u * c.w[0];
        u32 right = high_product(0xCD9E8D57u, c.w[2]), right_low = 0xCD9E8D57u * c.w[2];
        c = Words{{right ^ c.w[1] ^ key0, right_low, left ^ c.w[3] ^ key1, left_low}};
        key0 += 0x9E3779B9u;
        key1 += 0xBB67AE85u;
    }
    return c;
}

// Box–Muller in double, rounded once to float: at most one ulp from lora-sim's, whose logarithm and
// sine may round the other way.
__device__ inline float2 normal_pair(u32 radius_word, u32 angle_word) {
    const double unit = 1.0 / 4294967296.0, tau = 6.283185307179586;
    double radius = sqrt(-2.0 * log(((double)radius_word + 0.5) * unit));
    double angle = tau * (((double)angle_word + 0.5) * unit);
    return make_float2((float)(radius * cos(angle)), (float)(radius * sin(angle)));
}

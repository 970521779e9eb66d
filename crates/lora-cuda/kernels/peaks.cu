// The peak rates of this device: multiply-adds per second and bytes per second.
#include "common.cuh"

struct Peak {
    float* out;
    const float* in;
    index_t count;
    int rounds;
    float factor;
};

constexpr int CHAINS = 16;

// rounds · CHAINS multiply-adds a thread, all in registers. Grid: as many blocks as wanted.
KERNEL(peak_multiply_adds, 256, Peak) {
    float sums[CHAINS];
#pragma unroll
    for (int i = 0; i < CHAINS; i++) sums[i] = (float)(threadIdx.x + i);
    for (int round = 0; round < p.rounds; round++) {
#pragma unroll
        for (int i = 0; i < CHAINS; i++) sums[i] = fmaf(sums[i], p.factor, p.factor);
    }
    float sum = 0.0f;
#pragma unroll
    for (int i = 0; i < CHAINS; i++) sum += sums[i];
    p.out[(index_t)blockIdx.x * 256 + threadIdx.x] = sum;
}

// Copies count/4 quads. Grid: ⌈count/4 / 256⌉.
KERNEL(peak_copy, 256, Peak) {
    index_t at = 4 * ((index_t)blockIdx.x * 256 + threadIdx.x);
    if (at < p.count) store4(p.out + at, load4(p.in + at));
}

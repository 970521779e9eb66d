// Sums over the threads of a warp or block, in an order that is always the same.
#pragma once
#include "common.cuh"

// The sum over the lanes of a full warp, in every lane.
__device__ __forceinline__ double warp_sum(double value) {
    for (int distance = 16; distance > 0; distance /= 2) {
        value += __shfl_xor_sync(0xFFFFFFFFu, value, distance);
    }
    return value;
}

// The sum over a block of 256 threads, in thread 0. A kernel calls it once: a second call would need a
// barrier before it, for threads that still read the sums of the first.
__device__ inline double block_sum(double value) {
    __shared__ double warps[8];
    int thread = threadIdx.x + blockDim.x * threadIdx.y;
    double sum = warp_sum(value);
    if (thread % 32 == 0) warps[thread / 32] = sum;
    __syncthreads();
    double total = 0.0;
    if (thread == 0) {
        for (int warp = 0; warp < 8; warp++) total += warps[warp];
    }
    return total;
}

// The head of these kernels, as the engine's own has it.
#pragma once

#ifdef CUDA_ON_CPU
#include "cuda_on_cpu.h"
#else
#define KERNEL(name, threads, Parameter) \
    extern "C" __global__ void __launch_bounds__(threads) name(const __grid_constant__ Parameter p)
#endif

constexpr int block_threads = 128;

/// The sum over the block, in all of its threads.
template <class T>
__device__ inline T block_sum(T value) {
    __shared__ T partial[block_threads];
    partial[threadIdx.x] = value;
    __syncthreads();
    for (unsigned half = blockDim.x / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) partial[threadIdx.x] += partial[threadIdx.x + half];
        __syncthreads();
    }
    T sum = partial[0];
    // Without this one, the next sum would overwrite what others still read.
    __syncthreads();
    return sum;
}

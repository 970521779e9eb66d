// The common header of all kernel files.
//
// Every fused multiply-add is written as fmaf, and the compiler contracts nothing else, so that the
// same source rounds alike on every device, and on a CPU in tests.
#pragma once

#ifdef CUDA_ON_CPU
#include "cuda_on_cpu.h"
#else
// A kernel takes one plain struct, read from constant memory. At least two blocks of 256 threads
// share a multiprocessor, and more are not needed: loads in flight hide more latency than further
// warps. Without this bound the compiler saves registers and waits for each row.
#define KERNEL(name, threads, Param) \
    extern "C" __global__ void __launch_bounds__(threads, threads == 256 ? 2 : 1) \
        name(const __grid_constant__ Param p)
#endif

typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned long long index_t;  // sizes reach 2^40 bytes

// Columns of a tile, to which training and test points are each padded.
constexpr int TILE_COLUMNS = 128;

__device__ __forceinline__ int smaller(int a, int b) { return a < b ? a : b; }

__device__ __forceinline__ float4 load4(const float* from) {
    return *reinterpret_cast<const float4*>(from);
}

__device__ __forceinline__ void store4(float* to, float4 value) {
    *reinterpret_cast<float4*>(to) = value;
}

__device__ __forceinline__ void unpack(float* to, float4 from) {
    to[0] = from.x;
    to[1] = from.y;
    to[2] = from.z;
    to[3] = from.w;
}

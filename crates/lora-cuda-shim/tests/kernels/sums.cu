#include "common.cuh"

struct Sums {
    const float* in;
    float* out;
    float* square;
    int count;
};

/// Sums and sums of squares of a row for each block.
KERNEL(row_sums, block_threads, Sums) {
    float sum = 0.0f, square = 0.0f;
    const float* row = p.in + (size_t)blockIdx.x * p.count;
    for (int i = threadIdx.x; i < p.count; i += blockDim.x) {
        sum += row[i];
        square = fmaf(row[i], row[i], square);
    }
    sum = block_sum(sum);
    square = block_sum(square);
    if (threadIdx.x == 0) {
        p.out[blockIdx.x] = sum;
        p.square[blockIdx.x] = square;
    }
}

/// The same sums, one warp a row, in double precision.
KERNEL(warp_sums, 64, Sums) {
    int lane = threadIdx.x % 32, row = blockIdx.x * (blockDim.x / 32) + threadIdx.x / 32;
    double sum = 0.0;
    for (int i = lane; i < p.count; i += 32) sum += __ldg(p.in + row * p.count + i);
#pragma unroll
    for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, step);
    float down = (float)lane;
    for (int step = 16; step > 0; step /= 2) down += __shfl_down_sync(0xffffffffu, down, step);
    unsigned even = __ballot_sync(0xffffffffu, lane % 2 == 0);
    int first = __shfl_sync(0xffffffffu, lane + 7, 0);
    bool good = even == 0x55555555u && first == 7 && (lane != 0 || down == 496.0f);
    if (__any_sync(0xffffffffu, !good)) sum = -1.0;
    if (lane == 0) p.out[row] = (float)sum;
}

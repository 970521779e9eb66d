#include "common.cuh"

constexpr int tile = 8;

struct Product {
    const float *a, *b;
    float* c;
    int n;
};

/// C = A B for square matrices, in tiles that go through shared memory.
KERNEL(product, tile * tile, Product) {
    __shared__ float a[tile][tile + 1];
    __shared__ float b[tile][tile + 1];
    int x = threadIdx.x, y = threadIdx.y;
    int row = blockIdx.y * tile + y, column = blockIdx.x * tile + x;
    float sum = 0.0f;
    for (int k = 0; k < p.n; k += tile) {
        a[y][x] = p.a[row * p.n + k + x];
        b[y][x] = p.b[(k + y) * p.n + column];
        __syncthreads();
        for (int i = 0; i < tile; ++i) sum = fmaf(a[y][i], b[i][x], sum);
        __syncthreads();
    }
    p.c[row * p.n + column] = sum;
}

struct Scale {
    float* values;
    float factor;
    int count;
};

/// No thread waits for another.
KERNEL(scale, 256, Scale) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < p.count) p.values[i] *= p.factor;
}

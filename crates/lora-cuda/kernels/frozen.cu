// The frozen student: Z = φ(W_in X), H = W_in X + W_h Z, and ZᵀZ for sampling it.
#include "activation.cuh"
#include "product.cuh"

struct Product {
    const float* left;   // rows × terms
    const float* right;  // terms × columns
    float* out;          // rows × columns
    u32 rows, terms, columns;  // rows and terms multiples of 64 and 16, columns of 128
};

// out ← out + left · right. Grid: columns/128, rows/64.
KERNEL(add_product, 128, Product) {
    int column = blockIdx.x * TILE_COLUMNS, first_row = blockIdx.y * 64;
    auto row_of = [&](int row) { return p.left + (index_t)(first_row + row) * p.terms; };
    float sums[8][8] = {};
    multiply<8, BY_TERM>(sums, p.terms, row_of, p.right + column, p.columns);
#pragma unroll
    for (int j = 0; j < 8; j++) {
        float* out = p.out + (index_t)(first_row + tile_row<8>(j)) * p.columns + column;
#pragma unroll
        for (int c = 0; c < 8; c += 4) {
            float* at = out + tile_column(c);
            float4 old = load4(at);
            old.x += sums[j][c];
            old.y += sums[j][c + 1];
            old.z += sums[j][c + 2];
            old.w += sums[j][c + 3];
            store4(at, old);
        }
    }
}

struct Activate {
    const float* in;
    float* out;
    index_t count;
    int activation;  // 0 relu, 1 tanh, 2 gelu
};

// out ← φ(in). Grid: ⌈count/256⌉.
KERNEL(activate, 256, Activate) {
    index_t at = (index_t)blockIdx.x * 256 + threadIdx.x;
    if (at >= p.count) return;
    float x = p.in[at];
    p.out[at] = p.activation == 0 ? Relu::value(x)
              : p.activation == 1 ? Tanh::value(x)
                                  : Gelu::value(x);
}

struct Covariance {
    const float* z;  // neurons × columns
    double* out;     // columns × columns
    u32 neurons, columns;  // multiples of 16 and 64
};

__device__ __forceinline__ void load_band(
    double (&band)[16][65], const Covariance& p, u32 neuron, u32 column) {
    for (u32 at = threadIdx.x; at < 16 * 64; at += 256) {
        index_t row = (index_t)(neuron + at / 64) * p.columns;
        band[at / 64][at % 64] = p.z[row + column + at % 64];
    }
}

// ZᵀZ in double, in tiles of 64 × 64. Grid: columns/64, columns/64.
KERNEL(covariance, 256, Covariance) {
    __shared__ double left[16][65], right[16][65];
    u32 first = blockIdx.y * 64, column = blockIdx.x * 64;
    u32 row = threadIdx.x / 16 * 4, at = threadIdx.x % 16;
    double sums[4][4] = {};
    for (u32 neuron = 0; neuron < p.neurons; neuron += 16) {
        load_band(left, p, neuron, first);
        load_band(right, p, neuron, column);
        __syncthreads();
        for (int i = 0; i < 16; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
#pragma unroll
                for (int c = 0; c < 4; c++) {
                    sums[j][c] = fma(left[i][row + j], right[i][at + 16 * c], sums[j][c]);
                }
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int j = 0; j < 4; j++) {
#pragma unroll
        for (int c = 0; c < 4; c++) {
            p.out[(index_t)(first + row + j) * p.columns + column + at + 16 * c] = sums[j][c];
        }
    }
}

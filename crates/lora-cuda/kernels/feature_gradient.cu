// dZ_A,kμ = e_μ Σ_i φ'(pre_iμ) W_out,i s B_ik, in two stages: sums over chunks of neurons, and their
// sum. The same grid as forward's: one warp a run, four columns a lane.
#include "activation.cuh"
#include "preactivation.cuh"

__device__ __forceinline__ void add_where(float4& sum, float w, uint4 masks, u32 bit) {
    if (masks.x & bit) sum.x += w;
    if (masks.y & bit) sum.y += w;
    if (masks.z & bit) sum.z += w;
    if (masks.w & bit) sum.w += w;
}

// Of one run on four columns: WIDTH rows of wb (n × r) from neuron `from` to `to`.
template <int WIDTH>
__device__ __forceinline__ void sum_masked(
    float4 (&sums)[WIDTH], const Batch& p, const u32* masks, const float* wb, int from, int to) {
    for (int i = from; i < to; i += 32) {
        uint4 word = *reinterpret_cast<const uint4*>(masks + (index_t)(i / 32) * p.train);
        for (int byte = 0; byte < 4; byte++) {
            const float* rows = wb + (index_t)(i + 8 * byte) * p.rank;
#pragma unroll
            for (int j = 0; j < 8; j++) {
#pragma unroll
                for (int k = 0; k < WIDTH; k += 4) {
                    float4 four = load4(rows + (index_t)j * p.rank + k);
                    add_where(sums[k], four.x, word, 1u << j);
                    add_where(sums[k + 1], four.y, word, 1u << j);
                    add_where(sums[k + 2], four.z, word, 1u << j);
                    add_where(sums[k + 3], four.w, word, 1u << j);
                }
            }
            word = make_uint4(word.x >> 8, word.y >> 8, word.z >> 8, word.w >> 8);
        }
    }
}

template <int WIDTH>
__device__ __forceinline__ void store_part(
    const Batch& p, const float4 (&sums)[WIDTH], int chunk, int run, int first, int column) {
    index_t row = ((index_t)chunk * p.runs + run) * p.rank + first;
#pragma unroll
    for (int k = 0; k < WIDTH; k++) store4(p.part + (row + k) * p.train + column, sums[k]);
}

template <int WIDTH>
__device__ __forceinline__ void clear(float4 (&sums)[WIDTH]) {
#pragma unroll
    for (int k = 0; k < WIDTH; k++) sums[k] = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
}

// part[chunk] (R·r × T), relu. Grid: ⌈R/runs⌉ · r/WIDTH, T/128, chunks; block: 32 × runs.
template <int WIDTH>
__device__ void relu_part(const Batch& p) {
    int pieces = p.rank / WIDTH, first = blockIdx.x % pieces * WIDTH;
    int slot = blockIdx.x / pieces * blockDim.y + threadIdx.y;
    int column = blockIdx.y * TILE_COLUMNS + threadIdx.x * 4;
    if (slot >= active_runs(p)) return;
    int run = active_run(p, slot);
    int from = blockIdx.z * p.chunk, to = smaller(from + p.chunk, p.neurons);
    const u32* masks = p.masks + (index_t)run * (p.neurons / 32) * p.train + column;
    float4 sums[WIDTH];
    clear(sums);
    sum_masked(sums, p, masks, p.wb + (index_t)run * p.neurons * p.rank + first, from, to);
    store_part(p, sums, blockIdx.z, run, first, column);
}

KERNEL(feature_gradient_relu_4, 256, Batch) { relu_part<4>(p); }
KERNEL(feature_gradient_relu_8, 256, Batch) { relu_part<8>(p); }

template <class F>
__device__ __forceinline__ float4 slopes(float4 pre) {
    return make_float4(F::slope(pre.x), F::slope(pre.y), F::slope(pre.z), F::slope(pre.w));
}

// The same for a smooth activation; pre is computed a second time.
template <class F, int RANK, int WIDTH>
__device__ void smooth_part(const Batch& p) {
    int pieces = p.rank / WIDTH, first = blockIdx.x % pieces * WIDTH;
    int slot = blockIdx.x / pieces * blockDim.y + threadIdx.y;
    int column = blockIdx.y * TILE_COLUMNS + threadIdx.x * 4;
    if (slot >= active_runs(p)) return;
    int run = active_run(p, slot);
    constexpr int NEURONS = 4;
    Features<RANK> features(p, p.za + (index_t)run * p.rank * p.columns + column);
    const float* b = p.b + (index_t)run * p.neurons * p.rank;
    const float* wb = p.wb + (index_t)run * p.neurons * p.rank + first;
    float4 sums[WIDTH];
    clear(sums);
    int from = blockIdx.z * p.chunk, to = smaller(from + p.chunk, p.neurons);
    for (int i = from; i < to; i += NEURONS) {
        float4 pre[NEURONS];
        const float* h = p.h + (index_t)i * p.columns + column;
        preactivations<RANK>(pre, p, features, b + (index_t)i * p.rank, h);
#pragma unroll
        for (int j = 0; j < NEURONS; j++) {
            float4 slope = slopes<F>(pre[j]);
#pragma unroll
            for (int k = 0; k < WIDTH; k++) {
                add_scaled(sums[k], wb[(index_t)(i + j) * p.rank + k], slope);
            }
        }
    }
    store_part(p, sums, blockIdx.z, run, first, column);
}

KERNEL(feature_gradient_tanh_4, 256, Batch) { smooth_part<Tanh, 4, 4>(p); }
KERNEL(feature_gradient_tanh_8, 256, Batch) { smooth_part<Tanh, 8, 8>(p); }
KERNEL(feature_gradient_tanh_any, 256, Batch) { smooth_part<Tanh, 0, 8>(p); }
KERNEL(feature_gradient_gelu_4, 256, Batch) { smooth_part<Gelu, 4, 4>(p); }
KERNEL(feature_gradient_gelu_8, 256, Batch) { smooth_part<Gelu, 8, 8>(p); }
KERNEL(feature_gradient_gelu_any, 256, Batch) { smooth_part<Gelu, 0, 8>(p); }

// dza (R × r × T) ← e ∘ Σ over chunks, in order and in double. Grid: T/128, R·r.
KERNEL(gather_feature_gradient, 128, Batch) {
    int column = blockIdx.x * TILE_COLUMNS + threadIdx.x;
    if ((int)blockIdx.y >= active_runs(p) * p.rank) return;
    int row = stacked_row(p, blockIdx.y);
    index_t at = (index_t)row * p.train + column, stride = (index_t)p.runs * p.rank * p.train;
    double sum = 0.0;
    for (int chunk = 0; chunk < p.chunks; chunk++) sum += p.part[chunk * stride + at];
    p.dza[at] = p.e[(index_t)(row / p.rank) * p.train + column] * (float)sum;
}

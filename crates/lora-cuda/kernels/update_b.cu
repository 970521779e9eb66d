// dB_ik = s W_out,i Σ_μ φ'(pre_iμ) e_μ Z_A,kμ, then B's update.
//
// A block has 128 neurons of a run; each of its eight warps sums over an eighth of the columns, and
// the eight sums are added in order. relu: lane l has neurons l, 32 + l, 64 + l and 96 + l, whose
// masks are bit l of four words.
#include "activation.cuh"
#include "preactivation.cuh"
#include "sums.cuh"
#include "update.cuh"

// Columns of warp `warp`: T is a multiple of 128, so eighths are whole quads.
__device__ __forceinline__ int eighth(const Batch& p, int warp) { return p.train / 8 * warp; }

template <int WIDTH>
__device__ __forceinline__ void add_masked(float (&sums)[WIDTH], const float4 (&x)[WIDTH / 4], bool open) {
    if (!open) return;
#pragma unroll
    for (int k = 0; k < WIDTH; k += 4) {
        sums[k] += x[k / 4].x;
        sums[k + 1] += x[k / 4].y;
        sums[k + 2] += x[k / 4].z;
        sums[k + 3] += x[k / 4].w;
    }
}

// Four neurons of this lane and WIDTH columns of B, over this warp's training columns.
template <int WIDTH>
__device__ __forceinline__ void sum_columns(
    float (&sums)[4][WIDTH], const Batch& p, const u32* masks, const float* x) {
    u32 lane = 1u << threadIdx.x;
    int to = eighth(p, threadIdx.y + 1);
    for (int column = eighth(p, threadIdx.y); column < to; column += 4) {
        uint4 words[4];
#pragma unroll
        for (int w = 0; w < 4; w++) {
            words[w] = *reinterpret_cast<const uint4*>(masks + (index_t)w * p.train + column);
        }
#pragma unroll
        for (int c = 0; c < 4; c++) {
            float4 four[WIDTH / 4];
#pragma unroll
            for (int k = 0; k < WIDTH; k += 4) {
                four[k / 4] = load4(x + (index_t)(column + c) * p.rank + k);
            }
#pragma unroll
            for (int w = 0; w < 4; w++) {
                u32 word = c == 0 ? words[w].x : c == 1 ? words[w].y : c == 2 ? words[w].z : words[w].w;
                add_masked(sums[w], four, (word & lane) != 0);
            }
        }
    }
}

// B, its moments and wb at one entry, and b_previous if it is to be kept; returns g². All is read
// before any is written: the compiler cannot know that these arrays do not overlap.
__device__ __forceinline__ double update_entry(
    const Batch& p, const Rule& rule, index_t at, float w, float sum, bool keep) {
    float g = w * p.multiplier * sum, old = p.b[at];
    float m = p.b_first[at], v = p.b_second[at];
    float value = updated(rule, old, g, m, v);
    if (keep) p.b_previous[at] = old;
    p.b[at] = value;
    p.b_first[at] = m;
    p.b_second[at] = v;
    p.wb[at] = w * p.multiplier * value;
    return (double)g * (double)g;
}

// Adds the warps' sums, eight for each of `neurons` × WIDTH entries, and updates B there; `keep` says
// whether b_previous is still to be written. Returns this thread's part of Σ g².
template <int WIDTH>
__device__ double update_block(
    const Batch& p, int run, int first_neuron, int neurons, int first, const float* sums, bool keep) {
    Rule rule = rule_of(p, run, 1);
    int entries = neurons * WIDTH;
    double squares = 0.0;
    for (int index = threadIdx.x + 32 * threadIdx.y; index < entries; index += 256) {
        int i = first_neuron + index / WIDTH, k = first + index % WIDTH;
        float sum = 0.0f;
        for (int warp = 0; warp < 8; warp++) sum += sums[warp * entries + index];
        index_t at = ((index_t)run * p.neurons + i) * p.rank + k;
        squares += update_entry(p, rule, at, p.w_out[i], sum, keep);
    }
    return squares;
}

__device__ __forceinline__ void store_squares(const Batch& p, int run, int piece, double squares) {
    squares = block_sum(squares);
    int pieces = p.b_parts / gridDim.x;
    if (threadIdx.x + threadIdx.y == 0) {
        p.b_squares[(index_t)run * p.b_parts + blockIdx.x * pieces + piece] = squares;
    }
}

// Grid: n/128, R · r/WIDTH; block: 32 × 8. Two halves of the neurons take turns in shared memory.
template <int WIDTH>
__device__ void relu_update(const Batch& p) {
    __shared__ float shared[8 * 64 * WIDTH];
    int pieces = p.rank / WIDTH, piece = blockIdx.y % pieces, slot = blockIdx.y / pieces;
    if (slot >= active_runs(p)) return;
    int run = active_run(p, slot), from = blockIdx.x * 128;
    const u32* masks = p.masks + ((index_t)run * (p.neurons / 32) + from / 32) * p.train;
    float sums[4][WIDTH] = {};
    sum_columns(sums, p, masks, p.x + (index_t)run * p.train * p.rank + piece * WIDTH);
    double squares = 0.0;
#pragma unroll
    for (int half = 0; half < 2; half++) {
        __syncthreads();  // the other half is still being read
#pragma unroll
        for (int w = 0; w < 2; w++) {
            int neuron = 32 * w + threadIdx.x;
#pragma unroll
            for (int k = 0; k < WIDTH; k++) {
                shared[(threadIdx.y * 64 + neuron) * WIDTH + k] = sums[2 * half + w][k];
            }
        }
        __syncthreads();
        squares += update_block<WIDTH>(p, run, from + 64 * half, 64, piece * WIDTH, shared, true);
    }
    store_squares(p, run, piece, squares);
}

KERNEL(update_b_relu_4, 256, Batch) { relu_update<4>(p); }
KERNEL(update_b_relu_8, 256, Batch) { relu_update<8>(p); }

// b_previous ← B, for kernels that read all of a row of B while other blocks update parts of it.
// Grid: ⌈n·r / 256⌉, R.
KERNEL(keep_b, 256, Batch) {
    index_t at = (index_t)blockIdx.x * 256 + threadIdx.x, size = (index_t)p.neurons * p.rank;
    if ((int)blockIdx.y >= active_runs(p) || at >= size) return;
    at += active_run(p, blockIdx.y) * size;
    p.b_previous[at] = p.b[at];
}

// φ'(pre) of 32 neurons from `first` on and 128 columns, one column and 16 neurons a thread.
template <class F>
__device__ __forceinline__ void fill_slopes(
    float (&slopes)[32][TILE_COLUMNS + 1], const Batch& p, int run, int first, int column) {
    int thread = threadIdx.x + 32 * threadIdx.y, c = thread % 128, start = thread / 128 * 16;
    const float* za = p.za + (index_t)run * p.rank * p.columns + column + c;
    const float* b = p.b_previous + ((index_t)run * p.neurons + first + start) * p.rank;
    const float* h = p.h + (index_t)(first + start) * p.columns + column + c;
    float sums[16] = {};
    for (int k = 0; k < p.rank; k++) {
        float z = za[(index_t)k * p.columns];
#pragma unroll
        for (int i = 0; i < 16; i++) sums[i] = fmaf(b[(index_t)i * p.rank + k], z, sums[i]);
    }
#pragma unroll
    for (int i = 0; i < 16; i++) {
        float pre = fmaf(p.multiplier, sums[i], h[(index_t)i * p.columns]);
        slopes[start + i][c] = F::slope(pre);
    }
}

// The same for a smooth activation, after keep_b. Grid: n/32, R · r/WIDTH; block: 32 × 8.
template <class F, int WIDTH>
__device__ void smooth_update(const Batch& p) {
    __shared__ float slopes[32][TILE_COLUMNS + 1];
    __shared__ float shared[8 * 32 * WIDTH];
    int pieces = p.rank / WIDTH, piece = blockIdx.y % pieces, slot = blockIdx.y / pieces;
    if (slot >= active_runs(p)) return;
    int run = active_run(p, slot), first = blockIdx.x * 32;
    const float* x = p.x + (index_t)run * p.train * p.rank + piece * WIDTH;
    float sums[WIDTH] = {};
    for (int column = 0; column < p.train; column += TILE_COLUMNS) {
        fill_slopes<F>(slopes, p, run, first, column);
        __syncthreads();
        for (int c = 16 * threadIdx.y; c < 16 * (int)threadIdx.y + 16; c++) {
            float slope = slopes[threadIdx.x][c];
#pragma unroll
            for (int k = 0; k < WIDTH; k++) {
                sums[k] = fmaf(slope, x[(index_t)(column + c) * p.rank + k], sums[k]);
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int k = 0; k < WIDTH; k++) {
        shared[(threadIdx.y * 32 + threadIdx.x) * WIDTH + k] = sums[k];
    }
    __syncthreads();
    double squares = update_block<WIDTH>(p, run, first, 32, piece * WIDTH, shared, false);
    store_squares(p, run, piece, squares);
}

KERNEL(update_b_tanh_4, 256, Batch) { smooth_update<Tanh, 4>(p); }
KERNEL(update_b_tanh_8, 256, Batch) { smooth_update<Tanh, 8>(p); }
KERNEL(update_b_gelu_4, 256, Batch) { smooth_update<Gelu, 4>(p); }
KERNEL(update_b_gelu_8, 256, Batch) { smooth_update<Gelu, 8>(p); }

// wb of a fresh batch. Grid: ⌈R·n·r / 256⌉.
KERNEL(start_wb, 256, Batch) {
    index_t at = (index_t)blockIdx.x * 256 + threadIdx.x;
    if (at >= (index_t)p.runs * p.neurons * p.rank) return;
    index_t i = at / p.rank % p.neurons;
    p.wb[at] = p.w_out[i] * p.multiplier * p.b[at];
}

// dA = dZ_A Zᵀ for all runs in training, then A's update; and the end of a step.
#include "product.cuh"
#include "sums.cuh"
#include "update.cuh"

// Eight entries of A of one row, two quads 64 apart; returns Σ g². All is read before any is written:
// the compiler cannot know that these arrays do not overlap.
__device__ __forceinline__ double update_row(
    const Batch& p, const Rule& rule, index_t at, const float (&g)[8]) {
    float4 theta[2], m[2], v[2];
    double squares = 0.0;
#pragma unroll
    for (int quad = 0; quad < 2; quad++) {
        theta[quad] = load4(p.a + at + 64 * quad);
        m[quad] = load4(p.a_first + at + 64 * quad);
        v[quad] = load4(p.a_second + at + 64 * quad);
    }
#pragma unroll
    for (int quad = 0; quad < 2; quad++) {
        update4(rule, theta[quad], &g[4 * quad], m[quad], v[quad], squares);
        store4(p.a + at + 64 * quad, theta[quad]);
        store4(p.a_first + at + 64 * quad, m[quad]);
        store4(p.a_second + at + 64 * quad, v[quad]);
    }
    return squares;
}

// Grid: n/128 · ⌈R·r / 8TM⌉, the row tiles of the same neurons side by side, so that they share
// its rows of Z.
template <int TM>
__device__ void update_a(const Batch& p) {
    int row_tiles = (p.runs * p.rank + 8 * TM - 1) / (8 * TM), tile = blockIdx.x / row_tiles;
    int first_row = blockIdx.x % row_tiles * 8 * TM, rows = active_runs(p) * p.rank;
    if (first_row >= rows) return;
    auto row_of = [&](int row) -> const float* {
        if (first_row + row >= rows) return nullptr;
        return p.dza + (index_t)stacked_row(p, first_row + row) * p.train;
    };
    float sums[TM][8] = {};
    index_t neuron = (index_t)tile * TILE_COLUMNS;
    multiply<TM, BY_COLUMN>(sums, p.train, row_of, p.z + neuron * p.columns, p.columns);
#pragma unroll
    for (int j = 0; j < TM; j++) {
        int row = first_row + tile_row<TM>(j);
        double squares = 0.0;
        int stacked = row < rows ? stacked_row(p, row) : 0;
        if (row < rows) {
            index_t at = (index_t)stacked * p.neurons + neuron + tile_column(0);
            squares = update_row(p, rule_of(p, stacked / p.rank, 0), at, sums[j]);
        }
        // Sixteen lanes share a row.
        for (int distance = 8; distance > 0; distance /= 2) {
            squares += __shfl_xor_sync(0xFFFFFFFFu, squares, distance);
        }
        if (row < rows && threadIdx.x % 16 == 0) {
            p.a_squares[(index_t)stacked * (p.neurons / TILE_COLUMNS) + tile] = squares;
        }
    }
}

KERNEL(update_a_16, 128, Batch) { update_a<2>(p); }
KERNEL(update_a_32, 128, Batch) { update_a<4>(p); }
KERNEL(update_a_64, 128, Batch) { update_a<8>(p); }

// Σ over `count` numbers by one warp, in an order that is always the same.
__device__ double sum_parts(const double* parts, index_t count) {
    double sum = 0.0;
    for (index_t at = threadIdx.x; at < count; at += 32) sum += parts[at];
    return warp_sum(sum);
}

// Σ g² of the runs that were updated, and on to the next step. One block: 32 × 32.
KERNEL(finish_step, 1024, Batch) {
    for (int slot = threadIdx.y; slot < active_runs(p); slot += 32) {
        int run = active_run(p, slot);
        index_t tiles = (index_t)p.rank * (p.neurons / TILE_COLUMNS);
        double a = sum_parts(p.a_squares + run * tiles, tiles);
        double b = sum_parts(p.b_squares + (index_t)run * p.b_parts, p.b_parts);
        if (threadIdx.x == 0) {
            double* row = history_row(p, run);
            row[A_GRADIENT] = a;
            row[B_GRADIENT] = b;
        }
    }
    __syncthreads();
    if (threadIdx.x == 0 && threadIdx.y == 0) p.clock[0]++;
}

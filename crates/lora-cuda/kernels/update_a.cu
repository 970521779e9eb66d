// dA = dZ_A Zᵀ for all runs in training, and A's update behind it; and the end of a step.
#include "product.cuh"
#include "sums.cuh"
#include "update.cuh"

// A and its moments at one entry; returns g².
__device__ __forceinline__ double update_entry(
    const Batch& p, const Rule& rule, index_t at, float g) {
    float m = p.a_first[at], v = p.a_second[at];
    p.a[at] = updated(rule, p.a[at], g, m, v);
    p.a_first[at] = m;
    p.a_second[at] = v;
    return (double)g * (double)g;
}

// Grid: n/128, ⌈R·r / 8TM⌉.
template <int TM>
__device__ void update_a(const Batch& p) {
    int neuron = blockIdx.x * TILE_COLUMNS, first_row = blockIdx.y * 8 * TM;
    int rows = active_runs(p) * p.rank;
    if (first_row >= rows) return;
    auto row_of = [&](int row) -> const float* {
        if (first_row + row >= rows) return nullptr;
        return p.dza + (index_t)stacked_row(p, first_row + row) * p.train;
    };
    float sums[TM][8] = {};
    const float* z = p.z + (index_t)neuron * p.columns;
    multiply<TM, BY_COLUMN>(sums, p.train, row_of, z, p.columns);
#pragma unroll
    for (int j = 0; j < TM; j++) {
        int row = first_row + tile_row<TM>(j);
        double squares = 0.0;
        int stacked = row < rows ? stacked_row(p, row) : 0;
        if (row < rows) {
            Rule rule = rule_of(p, stacked / p.rank, 0);
            index_t at = (index_t)stacked * p.neurons + neuron;
#pragma unroll
            for (int c = 0; c < 8; c++) {
                squares += update_entry(p, rule, at + tile_column(c), sums[j][c]);
            }
        }
        // Sixteen lanes share a row.
        for (int distance = 8; distance > 0; distance /= 2) {
            squares += __shfl_xor_sync(0xFFFFFFFFu, squares, distance);
        }
        if (row < rows && threadIdx.x % 16 == 0) {
            p.a_squares[(index_t)stacked * gridDim.x + blockIdx.x] = squares;
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

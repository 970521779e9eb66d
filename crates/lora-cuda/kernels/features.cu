// Z_A = A Z for all runs in training, in two stages: sums over chunks of neurons, and their sum.
#include "batch.cuh"
#include "product.cuh"

// part[chunk] (R·r × P) = A Z over the neurons of a chunk.
// Grid: P/128, ⌈R·r / 8TM⌉, chunks. Test columns only in steps that are recorded.
template <int TM>
__device__ void features(const Batch& p) {
    int column = blockIdx.x * TILE_COLUMNS, first_row = blockIdx.y * 8 * TM;
    int rows = active_runs(p) * p.rank;
    if (first_row >= rows || (column >= p.train && !recording(p))) return;
    int from = blockIdx.z * p.chunk;
    auto row_of = [&](int row) -> const float* {
        if (first_row + row >= rows) return nullptr;
        return p.a + (index_t)stacked_row(p, first_row + row) * p.neurons + from;
    };
    float sums[TM][8] = {};
    const float* z = p.z + (index_t)from * p.columns + column;
    multiply<TM, BY_TERM>(sums, smaller(p.chunk, p.neurons - from), row_of, z, p.columns);
    float* part = p.part + (index_t)blockIdx.z * p.runs * p.rank * p.columns + column;
#pragma unroll
    for (int j = 0; j < TM; j++) {
        int row = first_row + tile_row<TM>(j);
        if (row >= rows) continue;
        float* out = part + (index_t)stacked_row(p, row) * p.columns;
#pragma unroll
        for (int c = 0; c < 8; c += 4) {
            float4 four = {sums[j][c], sums[j][c + 1], sums[j][c + 2], sums[j][c + 3]};
            store4(out + tile_column(c), four);
        }
    }
}

KERNEL(features_16, 128, Batch) { features<2>(p); }
KERNEL(features_32, 128, Batch) { features<4>(p); }
KERNEL(features_64, 128, Batch) { features<8>(p); }

// za (R × r × P) ← Σ over chunks, in order and in double; za_previous keeps what it was.
// Grid: P/128, R·r.
KERNEL(gather_features, 128, Batch) {
    int column = blockIdx.x * TILE_COLUMNS + threadIdx.x;
    if ((int)blockIdx.y >= active_runs(p) * p.rank) return;
    if (column >= p.train && !recording(p)) return;
    int row = stacked_row(p, blockIdx.y);
    index_t at = (index_t)row * p.columns + column;
    index_t stride = (index_t)p.runs * p.rank * p.columns;
    double sum = 0.0;
    for (int chunk = 0; chunk < p.chunks; chunk++) sum += p.part[chunk * stride + at];
    if (column < p.train) p.za_previous[(index_t)row * p.train + column] = p.za[at];
    p.za[at] = (float)sum;
}

// From parts of f to errors, losses and divergence.
#include "batch.cuh"
#include "sums.cuh"

// f (R × P) ← Σ over chunks, in order and in double; e (R × T) = 2 (f − y)/N; x (R × T × r) = e Z_A.
// Grid: P/128, R.
KERNEL(gather_outputs, 128, Batch) {
    int column = blockIdx.x * TILE_COLUMNS + threadIdx.x;
    if ((int)blockIdx.y >= active_runs(p) || (column >= p.train && !recording(p))) return;
    int run = active_run(p, blockIdx.y);
    index_t at = (index_t)run * p.columns + column, stride = (index_t)p.runs * p.columns;
    double sum = 0.0;
    for (int chunk = 0; chunk < p.chunks; chunk++) sum += p.f_part[chunk * stride + at];
    p.f[at] = sum;
    if (column >= p.train) return;
    float e = (float)(2.0 / p.points * (sum - (double)p.y[column]));
    p.e[(index_t)run * p.train + column] = e;
    const float* za = p.za + (index_t)run * p.rank * p.columns + column;
    float* x = p.x + ((index_t)run * p.train + column) * p.rank;
    for (int k = 0; k < p.rank; k++) x[k] = e * za[(index_t)k * p.columns];
}

// Σ (f − y)² over columns `from` to `to` of a run, by one warp, in an order that is always the same.
__device__ double squared_errors(const Batch& p, int run, int from, int to) {
    double sum = 0.0;
    for (int column = from + threadIdx.x; column < to; column += 32) {
        double error = p.f[(index_t)run * p.columns + column] - (double)p.y[column];
        sum += error * error;
    }
    return warp_sum(sum);
}

// Losses of a run, by one warp; whether it has diverged.
__device__ bool measure_losses(const Batch& p, int run) {
    double train = squared_errors(p, run, 0, p.points), test = 0.0;
    if (recording(p)) test = squared_errors(p, run, p.train, p.train + p.test_points);
    double loss = train / p.points;
    int step = step_of(p);
    double first = step == 0 ? loss : p.first_loss[run];
    if (threadIdx.x == 0) {
        double* row = history_row(p, run);
        row[TRAIN_SQUARES] = train;
        row[TEST_SQUARES] = test;
        if (step == 0) p.first_loss[run] = loss;
    }
    return !isfinite(loss) || loss > p.divergence_factor * first;
}

// Losses of all runs, and the list of those that continue to train. One block: 32 × 32.
KERNEL(losses, 1024, Batch) {
    int count = active_runs(p);
    for (int run = threadIdx.y; run < p.runs; run += 32) {
        int status = p.status[run];
        if (status == TRAINING) status = measure_losses(p, run) ? DIVERGED : TRAINING;
        else status = ENDED;
        __syncwarp();  // all lanes have read it
        if (threadIdx.x == 0) p.status[run] = status;
    }
    __syncthreads();
    if (threadIdx.x != 0 || threadIdx.y != 0 || count == 0) return;
    int left = 0;
    for (int run = 0; run < p.runs; run++) {
        if (p.status[run] == TRAINING) p.active[1 + left++] = run;
    }
    p.active[0] = left;
}

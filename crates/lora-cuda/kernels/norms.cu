// Norms of the features from r × r Gram matrices, and movement: ‖B z‖² = zᵀ(BᵀB)z costs O(n r² + N r²).
#include "batch.cuh"
#include "sums.cuh"

// Whether a run is measured in full in this step.
__device__ __forceinline__ bool recorded(const Batch& p, int run) {
    return p.status[run] == DIVERGED || (p.status[run] == TRAINING && recording(p));
}

// Neurons of slab `slab`.
__device__ __forceinline__ int slab_start(const Batch& p, int slab) {
    return (int)((index_t)p.neurons * slab / p.slabs);
}

// What a Gram matrix is of: B, B before the last update, or what that update changed.
enum Which { NOW, BEFORE, CHANGE };

__device__ __forceinline__ double entry(const Batch& p, Which which, index_t at) {
    if (which == NOW) return p.b[at];
    if (which == BEFORE) return p.b_previous[at];
    return (double)p.b[at] - (double)p.b_previous[at];
}

// Σ_i M_ik M_il over every `lanes`-th neuron from `from` on.
__device__ double gram_entry(
    const Batch& p, Which which, const int run, int k, int l, int from, int to, int lanes) {
    double sum = 0.0;
    for (int i = from; i < to; i += lanes) {
        index_t row = ((index_t)run * p.neurons + i) * p.rank;
        sum = fma(entry(p, which, row + k), entry(p, which, row + l), sum);
    }
    return sum;
}

// gram_part[run][which][slab] (r × r). Grid: slabs, R, 3.
KERNEL(gram, 256, Batch) {
    __shared__ double sums[256];
    int slab = blockIdx.x, run = blockIdx.y;
    Which which = (Which)blockIdx.z;
    bool changes = step_of(p) > 0 && recorded(p, run);
    if (p.status[run] == ENDED || (which != NOW && !changes)) return;
    int entries = p.rank * p.rank, thread = threadIdx.x;
    int lanes = entries < 256 ? 256 / entries : 1;
    index_t part = ((index_t)run * 3 + which) * p.slabs + slab;
    double* out = p.gram_part + part * entries;
    int from = slab_start(p, slab), to = slab_start(p, slab + 1);
    for (int first = 0; first < entries; first += 256) {
        int index = first + thread / lanes;
        bool mine = index < entries && thread < 256 / lanes * lanes;
        double sum = 0.0;
        if (mine) {
            int k = index / p.rank, l = index % p.rank;
            sum = gram_entry(p, which, run, k, l, from + thread % lanes, to, lanes);
        }
        sums[thread] = sum;
        __syncthreads();
        if (mine && thread % lanes == 0) {
            for (int lane = 1; lane < lanes; lane++) sum += sums[thread + lane];
            out[index] = sum;
        }
        __syncthreads();
    }
}

__device__ double squared_distance(const float* now, const float* start, index_t from, index_t to) {
    double sum = 0.0;
    for (index_t at = from + threadIdx.x; at < to; at += 256) {
        double change = (double)now[at] - (double)start[at];
        sum = fma(change, change, sum);
    }
    return block_sum(sum);
}

// move_part[run][factor][slab] of Σ (A − A_0)² and Σ (B − B_0)². Grid: slabs, R, 2.
KERNEL(movement, 256, Batch) {
    int slab = blockIdx.x, run = blockIdx.y, factor = blockIdx.z;
    if (!recorded(p, run)) return;
    index_t size = (index_t)p.neurons * p.rank, base = run * size;
    index_t from = base + size * slab / p.slabs, to = base + size * (slab + 1) / p.slabs;
    double sum = factor == 0 ? squared_distance(p.a, p.a_start, from, to)
                             : squared_distance(p.b, p.b_start, from, to);
    if (threadIdx.x == 0) p.move_part[((index_t)run * 2 + factor) * p.slabs + slab] = sum;
}

// Grams of a run, each summed over slabs into its first. Few entries have a warp each, so that no
// thread waits for one slab after the other.
__device__ const double* sum_slabs(const Batch& p, int run, Which which) {
    int entries = p.rank * p.rank, warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    double* parts = p.gram_part + ((index_t)run * 3 + which) * p.slabs * entries;
    bool few = entries < 256;
    for (int at = few ? warp : threadIdx.x; at < entries; at += few ? 8 : 256) {
        double sum = 0.0;
        for (int slab = few ? lane : 0; slab < p.slabs; slab += few ? 32 : 1) {
            sum += parts[(index_t)slab * entries + at];
        }
        if (few) sum = warp_sum(sum);
        if (!few || lane == 0) parts[at] = sum;
    }
    __syncthreads();
    return parts;
}

// Z_A of a run on a column: of this step, of the last, or their difference.
struct Column {
    const float *now, *before;  // or null
    index_t now_stride, before_stride;
    __device__ double at(int k) const {
        double value = now == nullptr ? 0.0 : (double)now[k * now_stride];
        return before == nullptr ? value
             : now == nullptr    ? (double)before[k * before_stride]
                                 : value - (double)before[k * before_stride];
    }
};

// zᵀ G z, never below zero; nothing is skipped where G is 0, since 0·∞ must show.
__device__ double quadratic_form(const double* gram, const Column& z, int rank) {
    double form = 0.0;
    for (int k = 0; k < rank; k++) {
        double inner = 0.0;
        for (int l = 0; l < rank; l++) inner = fma(gram[k * rank + l], z.at(l), inner);
        form = fma(z.at(k), inner, form);
    }
    return form < 0.0 ? 0.0 : form;
}

__device__ Column column_of(const Batch& p, int run, int column, bool now, bool before) {
    Column c;
    c.now = now ? p.za + (index_t)run * p.rank * p.columns + column : nullptr;
    c.before = before ? p.za_previous + (index_t)run * p.rank * p.train + column : nullptr;
    c.now_stride = p.columns;
    c.before_stride = p.train;
    return c;
}

// Norms of Z_A and B Z_A over the training points, into the step's row.
__device__ void measure_features(const Batch& p, int run, double* row) {
    const double* gram = sum_slabs(p, run, NOW);
    double sums[4] = {0.0, 0.0, 0.0, 0.0};
    for (int column = threadIdx.x; column < p.points; column += 256) {
        Column z = column_of(p, run, column, true, false);
        double square = 0.0;
        for (int k = 0; k < p.rank; k++) square = fma(z.at(k), z.at(k), square);
        double form = quadratic_form(gram, z, p.rank);
        sums[0] += square;
        sums[1] += sqrt(square);
        sums[2] += form;
        sums[3] += sqrt(form);
    }
    const Sum names[4] = {ZA_SQUARES, ZA_NORMS, ZB_SQUARES, ZB_NORMS};
    for (int i = 0; i < 4; i++) {
        double sum = block_sum(sums[i]);
        if (threadIdx.x == 0) row[names[i]] = sum;
    }
}

// Squares of the three parts of the last change of B Z_A.
__device__ void measure_deltas(const Batch& p, int run, double* row) {
    const double* before = sum_slabs(p, run, BEFORE);
    const double* change = sum_slabs(p, run, CHANGE);
    double sums[3] = {0.0, 0.0, 0.0};
    for (int column = threadIdx.x; column < p.points; column += 256) {
        Column moved = column_of(p, run, column, true, true);
        Column old = column_of(p, run, column, false, true);
        sums[0] += quadratic_form(before, moved, p.rank);
        sums[1] += quadratic_form(change, old, p.rank);
        sums[2] += quadratic_form(change, moved, p.rank);
    }
    const Sum names[3] = {DELTA1, DELTA2, DELTA3};
    for (int i = 0; i < 3; i++) {
        double sum = block_sum(sums[i]);
        if (threadIdx.x == 0) row[names[i]] = sum;
    }
}

// The step's row of each run. Grid: R.
KERNEL(measure, 256, Batch) {
    int run = blockIdx.x;
    if (p.status[run] == ENDED) return;
    double* row = history_row(p, run);
    measure_features(p, run, row);
    if (!recorded(p, run)) return;
    if (step_of(p) > 0) measure_deltas(p, run, row);
    if (threadIdx.x < 2) {
        const double* parts = p.move_part + ((index_t)run * 2 + threadIdx.x) * p.slabs;
        double sum = 0.0;
        for (int slab = 0; slab < p.slabs; slab++) sum += parts[slab];
        row[threadIdx.x == 0 ? A_MOVED : B_MOVED] = sum;
    }
}

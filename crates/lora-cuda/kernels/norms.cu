// Norms of the features from r × r Gram matrices, and movement: ‖B z‖² = zᵀ(BᵀB)z costs O(n r² + N r²).
#include "batch.cuh"
#include "sums.cuh"

// Whether a run is measured in full in this step.
__device__ __forceinline__ bool recorded(const Batch& p, int run) {
    return p.status[run] == DIVERGED || (p.status[run] == TRAINING && recording(p));
}

// The first neuron of range `range`.
__device__ __forceinline__ int range_start(const Batch& p, int range) {
    return (int)((index_t)p.neurons * range / p.norm_parts);
}

// The matrix of a Gram matrix: B, B before the last update, or the change by that update.
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

// gram_part[run][which][range] (r × r). Where there are several rounds, lanes is 1 and a thread reads
// its own sum only, so they need no barrier between them.
__device__ void gram_part(const Batch& p, int range, int run, Which which) {
    __shared__ double sums[256];
    int entries = p.rank * p.rank, thread = threadIdx.x;
    int lanes = entries < 256 ? 256 / entries : 1;
    index_t part = ((index_t)run * 3 + which) * p.norm_parts + range;
    double* out = p.gram_part + part * entries;
    int from = range_start(p, range), to = range_start(p, range + 1);
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
    }
}

// move_part[run][factor][range] of Σ (A − A_0)² or Σ (B − B_0)².
__device__ void move_part(const Batch& p, int range, int run, int factor) {
    const float* now = factor == 0 ? p.a : p.b;
    const float* start = factor == 0 ? p.a_start : p.b_start;
    index_t size = (index_t)p.neurons * p.rank, base = run * size;
    index_t from = base + size * range / p.norm_parts, to = base + size * (range + 1) / p.norm_parts;
    double sum = 0.0;
    for (index_t at = from + threadIdx.x; at < to; at += 256) {
        double change = (double)now[at] - (double)start[at];
        sum = fma(change, change, sum);
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) p.move_part[((index_t)run * 2 + factor) * p.norm_parts + range] = sum;
}

// Parts over ranges of neurons: BᵀB in every step, and in recorded steps what only a record needs.
// Grid: norm_parts, R, 5.
KERNEL(norm_parts, 256, Batch) {
    int range = blockIdx.x, run = blockIdx.y, part = blockIdx.z;
    if (p.status[run] == ENDED || (part != NOW && !recorded(p, run))) return;
    if (part > CHANGE) move_part(p, range, run, part - CHANGE - 1);
    else if (part == NOW || step_of(p) > 0) gram_part(p, range, run, (Which)part);
}

// Each Gram matrix summed over its parts into the first, one warp an entry. Grid: ⌈r·r/8⌉, R, 3.
KERNEL(gather_grams, 256, Batch) {
    int run = blockIdx.y, which = blockIdx.z;
    bool changes = step_of(p) > 0 && recorded(p, run);
    if (p.status[run] == ENDED || (which != NOW && !changes)) return;
    int entries = p.rank * p.rank, at = blockIdx.x * 8 + threadIdx.x / 32, lane = threadIdx.x % 32;
    if (at >= entries) return;
    double* parts = p.gram_part + ((index_t)run * 3 + which) * p.norm_parts * entries + at;
    double sum = 0.0;
    for (int range = lane; range < p.norm_parts; range += 32) sum += parts[(index_t)range * entries];
    sum = warp_sum(sum);
    if (lane == 0) *parts = sum;
}

// Z_A of a run on a column: of this step, of the last, or their difference.
struct Column {
    const float *now, *before;  // or null
    index_t now_stride, before_stride;

    __device__ Column(const Batch& p, int run, int column, bool with_now, bool with_before) {
        now = with_now ? p.za + (index_t)run * p.rank * p.columns + column : nullptr;
        before = with_before ? p.za_previous + (index_t)run * p.rank * p.train + column : nullptr;
        now_stride = p.columns;
        before_stride = p.train;
    }

    __device__ double at(int k) const {
        double value = now == nullptr ? 0.0 : (double)now[k * now_stride];
        return before == nullptr ? value
             : now == nullptr    ? (double)before[k * before_stride]
                                 : value - (double)before[k * before_stride];
    }
};

// zᵀ G z of a run, never below zero; nothing is skipped where G is 0, since 0·∞ must show.
__device__ double quadratic_form(const Batch& p, int run, Which which, const Column& z) {
    const double* gram = p.gram_part + ((index_t)run * 3 + which) * p.norm_parts * p.rank * p.rank;
    double form = 0.0;
    for (int k = 0; k < p.true_rank; k++) {
        double inner = 0.0;
        for (int l = 0; l < p.true_rank; l++) inner = fma(gram[k * p.rank + l], z.at(l), inner);
        form = fma(z.at(k), inner, form);
    }
    return form < 0.0 ? 0.0 : form;
}

// A column's ‖Z_A‖² and ‖B Z_A‖² with their roots, or the square of one part of its last change.
__device__ void column_norms(const Batch& p, int run, int column, int form, double (&sums)[4]) {
    Column now(p, run, column, true, false), old(p, run, column, false, true);
    Column moved(p, run, column, true, true);
    if (form == 1) sums[0] = quadratic_form(p, run, BEFORE, moved);
    if (form == 2) sums[0] = quadratic_form(p, run, CHANGE, old);
    if (form == 3) sums[0] = quadratic_form(p, run, CHANGE, moved);
    if (form != 0) return;
    for (int k = 0; k < p.true_rank; k++) sums[0] = fma(now.at(k), now.at(k), sums[0]);
    sums[1] = sqrt(sums[0]);
    sums[2] = quadratic_form(p, run, NOW, now);
    sums[3] = sqrt(sums[2]);
}

// form_part[run][form][tile][4]. Grid: T/128, R, FORMS.
KERNEL(forms, 128, Batch) {
    __shared__ double warps[4][4];
    int run = blockIdx.y, form = blockIdx.z, column = blockIdx.x * TILE_COLUMNS + threadIdx.x;
    bool changes = step_of(p) > 0 && recorded(p, run);
    if (p.status[run] == ENDED || (form != 0 && !changes)) return;
    double sums[4] = {0.0, 0.0, 0.0, 0.0};
    if (column < p.points) column_norms(p, run, column, form, sums);
    for (int i = 0; i < 4; i++) {
        double sum = warp_sum(sums[i]);
        if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32][i] = sum;
    }
    __syncthreads();
    if (threadIdx.x >= 4) return;
    double sum = 0.0;
    for (int warp = 0; warp < 4; warp++) sum += warps[warp][threadIdx.x];
    index_t part = ((index_t)run * FORMS + form) * gridDim.x + blockIdx.x;
    p.form_part[part * 4 + threadIdx.x] = sum;
}

// The step's row of each run from the parts, one thread a sum. Grid: R.
KERNEL(measure, 32, Batch) {
    int run = blockIdx.x, sum = threadIdx.x;
    // A form's place in the parts for every sum from ZA_SQUARES on.
    const int form[7] = {0, 0, 0, 0, 1, 2, 3}, place[7] = {0, 1, 2, 3, 0, 0, 0};
    if (p.status[run] == ENDED || sum >= 9) return;
    bool moves = sum >= 7, changes = recorded(p, run) && step_of(p) > 0;
    if (moves ? !recorded(p, run) : form[sum] != 0 && !changes) return;
    int tiles = p.train / TILE_COLUMNS, count = moves ? p.norm_parts : tiles, step = moves ? 1 : 4;
    const double* parts = moves
        ? p.move_part + ((index_t)run * 2 + sum - 7) * p.norm_parts
        : p.form_part + ((index_t)run * FORMS + form[sum]) * tiles * 4 + place[sum];
    double total = 0.0;
    for (int part = 0; part < count; part++) total += parts[(index_t)part * step];
    history_row(p, run)[ZA_SQUARES + sum] = total;
}

// A batch of runs on the device, as all training kernels see it. src/raw.rs has the same struct.
//
// n: neurons, padded with zero rows; P: columns, the training points padded with zero columns to T
// and the test points behind them; r: rank, padded with zero rows of A and columns of B; R: runs.
// A padded entry has a gradient of exactly zero, stays zero, and adds exactly nothing to any sum.
#pragma once
#include "common.cuh"

// Constants of one update, folded on the host; see Rule of lora-sim.
struct Rule {
    int kind;  // ADAM, SIGN or PLAIN
    float first, second, rate, root_scale, epsilon, keep, largest;
};
constexpr int ADAM = 0, SIGN = 1, PLAIN = 2;

// Status of a run: it trains; it diverged in this step and is yet to be recorded; it has ended.
constexpr int TRAINING = 2, DIVERGED = 1, ENDED = 0;

// Numbers of one run and step, in a row of the history: sums over samples, neurons and entries.
enum Sum {
    TRAIN_SQUARES, TEST_SQUARES,      // of f − y
    ZA_SQUARES, ZA_NORMS,             // of the columns of Z_A
    ZB_SQUARES, ZB_NORMS,             // of the columns of B Z_A
    DELTA1, DELTA2, DELTA3,           // squares of B_{t−1} ΔZ_A, ΔB Z_A,{t−1}, ΔB ΔZ_A
    A_MOVED, B_MOVED,                 // squares of A − A_0 and B − B_0
    A_GRADIENT, B_GRADIENT,           // squares of the gradients
    SUMS = 16
};

// The forms that are summed over samples: norms of Z_A and B Z_A, and each part of the last change
// of B Z_A.
constexpr int FORMS = 4;

struct Batch {
    const float *z, *h;                              // Z and H, n × P
    const float *w_out;                              // n
    const float *y;                                  // P
    float *a, *a_start, *a_first, *a_second;         // R × r × n: value, start, moments
    float *b, *b_start, *b_first, *b_second;         // R × n × r
    float *b_previous;                               // R × n × r: before the last update
    float *wb;                                       // R × n × r: W_out,i s B_ik
    float *za;                                       // R × r × P
    float *za_previous;                              // R × r × T: in the last step
    float *e;                                        // R × T: ∂loss/∂f
    float *x;                                        // R × T × r: e_μ Z_A,kμ
    float *dza;                                      // R × r × T: ∂loss/∂Z_A
    u32 *masks;                                      // R × n/32 × T: relu'(pre), bit by neuron
    float *part;                                     // chunks × R × r × P: parts of Z_A, of dZ_A
    float *f_part;                                   // chunks × R × P: parts of f
    double *f;                                       // R × P
    double *gram_part;                               // R × 3 × norm_parts × r × r; sums in the first part
    double *move_part;                               // R × 2 × norm_parts
    double *form_part;                               // R × FORMS × T/128 × 4: parts of norms
    double *a_squares;                               // R × r × n/128: parts of Σ g²
    double *b_squares;                               // R × b_parts: likewise
    double *history;                                 // steps × R × SUMS
    double *first_loss;                              // R
    const Rule *rules;                               // steps × R × 2: of A and of B
    int *status;                                     // R
    int *active;                                     // 1 + R: how many runs train, and which
    int *clock;                                      // current step, first step of history and rules
    double divergence_factor;
    float multiplier;                                // s
    int neurons, columns, train, points, test_points, rank, runs;
    int true_rank;                                   // r without padding
    int chunk, chunks;                               // neurons a partial sum, and partial sums
    int norm_parts;                                  // parts of a Gram matrix and of movement
    int b_parts;                                     // parts of Σ g² of B
    int steps, record_every;
};
static_assert(sizeof(Batch) == 34 * 8 + 8 + 4 * 15 + 4, "src/raw.rs has the same layout");

__device__ __forceinline__ int step_of(const Batch& p) { return p.clock[0]; }

// Whether the current step is recorded for every run.
__device__ __forceinline__ bool recording(const Batch& p) {
    int step = step_of(p);
    return step % p.record_every == 0 || step == p.steps;
}

// Runs in training; the run in place `slot` of them.
__device__ __forceinline__ int active_runs(const Batch& p) { return p.active[0]; }
__device__ __forceinline__ int active_run(const Batch& p, int slot) { return p.active[1 + slot]; }

// Row of a stacked matrix R × r × …, for row `row` of the stack of the runs in training.
__device__ __forceinline__ int stacked_row(const Batch& p, int row) {
    return active_run(p, row / p.rank) * p.rank + row % p.rank;
}

// The step's row of the history for a run.
__device__ __forceinline__ double* history_row(const Batch& p, int run) {
    return p.history + ((index_t)(p.clock[0] - p.clock[1]) * p.runs + run) * SUMS;
}

// f = W_out φ(H + s B Z_A): parts of it over chunks of neurons, and relu's masks for the backward pass.
#include "activation.cuh"
#include "preactivation.cuh"

constexpr int NEURONS = 8;  // at a time

__device__ __forceinline__ void open(float pre, float w, u32 bit, float& f, u32& masks) {
    if (!(pre <= 0.0f)) {
        f = fmaf(w, pre, f);
        masks |= bit;
    }
}

template <class F>
__device__ __forceinline__ void add_output(float4& f, float w, float4 pre) {
    f.x = fmaf(w, F::value(pre.x), f.x);
    f.y = fmaf(w, F::value(pre.y), f.y);
    f.z = fmaf(w, F::value(pre.z), f.z);
    f.w = fmaf(w, F::value(pre.w), f.w);
}

// relu of eight neurons: adds to f, and to the masks from bit `shift` on.
__device__ __forceinline__ void add_relu(
    float4& f, uint4& masks, const float* w_out, const float4 (&pre)[NEURONS], int shift) {
    uint4 opened = make_uint4(0, 0, 0, 0);
    float w[NEURONS];
#pragma unroll
    for (int i = 0; i < NEURONS; i += 4) unpack(&w[i], load4(w_out + i));
#pragma unroll
    for (int i = 0; i < NEURONS; i++) {
        open(pre[i].x, w[i], 1u << i, f.x, opened.x);
        open(pre[i].y, w[i], 1u << i, f.y, opened.y);
        open(pre[i].z, w[i], 1u << i, f.z, opened.z);
        open(pre[i].w, w[i], 1u << i, f.w, opened.w);
    }
    masks.x |= opened.x << shift;
    masks.y |= opened.y << shift;
    masks.z |= opened.z << shift;
    masks.w |= opened.w << shift;
}

template <class F, int RANK>
struct Forward {
    // Thirty-two neurons from `i` on; returns relu's masks.
    static __device__ __forceinline__ uint4 word(
        const Batch& p, const Features<RANK>& features, const float* b, const float* h, int i,
        float4& f) {
        uint4 masks = make_uint4(0, 0, 0, 0);
        for (int shift = 0; shift < 32; shift += NEURONS) {
            float4 pre[NEURONS];
            int at = i + shift;
            const float* h_rows = h + (index_t)at * p.columns;
            preactivations<RANK>(pre, p, features, b + (index_t)at * p.rank, h_rows);
            if constexpr (F::GATED) {
                add_relu(f, masks, p.w_out + at, pre, shift);
            } else {
#pragma unroll
                for (int j = 0; j < NEURONS; j++) {
                    add_output<typename F::Function>(f, p.w_out[at + j], pre[j]);
                }
            }
        }
        return masks;
    }
};

struct GatedRelu {
    static constexpr bool GATED = true;
};
template <class Smooth>
struct Ungated {
    static constexpr bool GATED = false;
    typedef Smooth Function;
};

// f_part[chunk] (R × P) and masks (R × n/32 × T). One warp a run, so that runs side by side read the
// same rows of H at about the same time. Grid: ⌈R/runs⌉, P/128, chunks; block: 32 × runs, up to 8.
template <class F, int RANK>
__device__ void forward(const Batch& p) {
    int slot = blockIdx.x * blockDim.y + threadIdx.y, column = blockIdx.y * TILE_COLUMNS + threadIdx.x * 4;
    bool training = (int)blockIdx.y * TILE_COLUMNS < p.train;
    if (slot >= active_runs(p) || (!training && !recording(p))) return;
    int run = active_run(p, slot);
    Features<RANK> features(p, p.za + (index_t)run * p.rank * p.columns + column);
    const float* b = p.b + (index_t)run * p.neurons * p.rank;
    u32* masks = p.masks + (index_t)run * (p.neurons / 32) * p.train + column;
    int from = blockIdx.z * p.chunk, to = smaller(from + p.chunk, p.neurons);
    float4 f = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
    for (int i = from; i < to; i += 32) {
        uint4 word = Forward<F, RANK>::word(p, features, b, p.h + column, i, f);
        if (F::GATED && training) {
            *reinterpret_cast<uint4*>(masks + (index_t)(i / 32) * p.train) = word;
        }
    }
    store4(p.f_part + ((index_t)blockIdx.z * p.runs + run) * p.columns + column, f);
}

KERNEL(forward_relu_4, 256, Batch) { forward<GatedRelu, 4>(p); }
KERNEL(forward_relu_8, 256, Batch) { forward<GatedRelu, 8>(p); }
KERNEL(forward_relu_any, 256, Batch) { forward<GatedRelu, 0>(p); }
KERNEL(forward_tanh_4, 256, Batch) { forward<Ungated<Tanh>, 4>(p); }
KERNEL(forward_tanh_8, 256, Batch) { forward<Ungated<Tanh>, 8>(p); }
KERNEL(forward_tanh_any, 256, Batch) { forward<Ungated<Tanh>, 0>(p); }
KERNEL(forward_gelu_4, 256, Batch) { forward<Ungated<Gelu>, 4>(p); }
KERNEL(forward_gelu_8, 256, Batch) { forward<Ungated<Gelu>, 8>(p); }
KERNEL(forward_gelu_any, 256, Batch) { forward<Ungated<Gelu>, 0>(p); }

// Tiles of matrix products in f32, 8·TM rows by 128 columns, by blocks of 128 threads.
//
// Thread t holds TM × 8 sums and adds their terms one by one, in order: a sum depends neither on TM
// nor on what else is in the tile. Operands go through two shared buffers of 16 terms each; the next
// 16 are read into registers while these are multiplied.
#pragma once
#include "common.cuh"

constexpr int PRODUCT_THREADS = 128;
constexpr int DEPTH = 16;  // terms a buffer; the number of terms is a multiple of it

// Row of the tile that sum j of this thread belongs to.
template <int TM>
__device__ __forceinline__ int tile_row(int j) {
    int group = threadIdx.x / 16;
    return TM == 8 ? (j / 4) * 32 + group * 4 + j % 4 : group * TM + j;
}

// Column of the tile that sum c of this thread belongs to.
__device__ __forceinline__ int tile_column(int c) {
    return (c / 4) * 64 + (threadIdx.x % 16) * 4 + c % 4;
}

// How the right operand lies in memory: term by term, or column by column.
enum Right { BY_TERM, BY_COLUMN };

// The right operand's share of one thread: four times four floats of a buffer.
template <Right LAYOUT>
struct RightLoader {
    const float* from[4];
    index_t advance;

    __device__ RightLoader(const float* right, index_t stride) {
        for (int j = 0; j < 4; j++) {
            int quad = threadIdx.x + j * PRODUCT_THREADS;
            from[j] = LAYOUT == BY_TERM ? right + (quad / 32) * stride + (quad % 32) * 4
                                        : right + (quad / 4) * stride + (quad % 4) * 4;
        }
        advance = LAYOUT == BY_TERM ? DEPTH * stride : DEPTH;
    }

    __device__ void load(float4 (&next)[4]) {
        for (int j = 0; j < 4; j++) {
            next[j] = load4(from[j]);
            from[j] += advance;
        }
    }

    __device__ void store(float (&buffer)[DEPTH][TILE_COLUMNS + 4], const float4 (&next)[4]) const {
        for (int j = 0; j < 4; j++) {
            int quad = threadIdx.x + j * PRODUCT_THREADS;
            if (LAYOUT == BY_TERM) {
                store4(&buffer[quad / 32][(quad % 32) * 4], next[j]);
            } else {
                int term = (quad % 4) * 4, column = quad / 4;
                buffer[term][column] = next[j].x;
                buffer[term + 1][column] = next[j].y;
                buffer[term + 2][column] = next[j].z;
                buffer[term + 3][column] = next[j].w;
            }
        }
    }
};

// The left operand's share: rows lie anywhere, their terms side by side; a null row is zero.
template <int TM>
struct LeftLoader {
    static constexpr int QUADS = (8 * TM * DEPTH / 4 + PRODUCT_THREADS - 1) / PRODUCT_THREADS;
    const float* from[QUADS];

    template <class RowOf>
    __device__ LeftLoader(const RowOf& row_of) {
        for (int j = 0; j < QUADS; j++) {
            int quad = threadIdx.x + j * PRODUCT_THREADS;
            const float* row = quad / 4 < 8 * TM ? row_of(quad / 4) : nullptr;
            from[j] = row == nullptr ? nullptr : row + (quad % 4) * 4;
        }
    }

    __device__ void load(float4 (&next)[QUADS]) {
        for (int j = 0; j < QUADS; j++) {
            next[j] = make_float4(0.0f, 0.0f, 0.0f, 0.0f);
            if (from[j] != nullptr) {
                next[j] = load4(from[j]);
                from[j] += DEPTH;
            }
        }
    }

    __device__ void store(float (&buffer)[DEPTH][8 * TM + 4], const float4 (&next)[QUADS]) const {
        for (int j = 0; j < QUADS; j++) {
            int quad = threadIdx.x + j * PRODUCT_THREADS;
            int term = (quad % 4) * 4, row = quad / 4;
            if (row < 8 * TM) {
                buffer[term][row] = next[j].x;
                buffer[term + 1][row] = next[j].y;
                buffer[term + 2][row] = next[j].z;
                buffer[term + 3][row] = next[j].w;
            }
        }
    }
};

// This thread's rows of one term, sixteen bytes at a time where there are as many.
template <int TM>
__device__ __forceinline__ void load_left(float (&l)[TM], const float (&term)[8 * TM + 4]) {
    if constexpr (TM % 4 == 0) {
#pragma unroll
        for (int j = 0; j < TM; j += 4) unpack(&l[j], load4(&term[tile_row<TM>(j)]));
    } else {
#pragma unroll
        for (int j = 0; j < TM; j++) l[j] = term[tile_row<TM>(j)];
    }
}

template <int TM>
__device__ __forceinline__ void multiply_buffer(
    float (&sums)[TM][8],
    const float (&left)[DEPTH][8 * TM + 4],
    const float (&right)[DEPTH][TILE_COLUMNS + 4]) {
#pragma unroll
    for (int term = 0; term < DEPTH; term++) {
        float l[TM], r[8];
        load_left<TM>(l, left[term]);
        unpack(&r[0], load4(&right[term][tile_column(0)]));
        unpack(&r[4], load4(&right[term][tile_column(4)]));
#pragma unroll
        for (int j = 0; j < TM; j++) {
#pragma unroll
            for (int c = 0; c < 8; c++) sums[j][c] = fmaf(l[j], r[c], sums[j][c]);
        }
    }
}

// sums ← sums + Σ over `terms` of left · right. `row_of(row)` points at the first term of a row of
// the tile, or is null; `right` at the first term of the tile's first column.
template <int TM, Right LAYOUT, class RowOf>
__device__ void multiply(
    float (&sums)[TM][8], int terms, const RowOf& row_of, const float* right, index_t stride) {
    __shared__ __align__(16) float left_buffers[2][DEPTH][8 * TM + 4];
    __shared__ __align__(16) float right_buffers[2][DEPTH][TILE_COLUMNS + 4];
    LeftLoader<TM> left_loader(row_of);
    RightLoader<LAYOUT> right_loader(right, stride);
    float4 next_left[LeftLoader<TM>::QUADS], next_right[4];
    left_loader.load(next_left);
    right_loader.load(next_right);
    for (int done = 0, at = 0; done < terms; done += DEPTH, at ^= 1) {
        // Threads that still multiply read the other buffer.
        left_loader.store(left_buffers[at], next_left);
        right_loader.store(right_buffers[at], next_right);
        __syncthreads();
        if (done + DEPTH < terms) {
            left_loader.load(next_left);
            right_loader.load(next_right);
        }
        multiply_buffer<TM>(sums, left_buffers[at], right_buffers[at]);
    }
}

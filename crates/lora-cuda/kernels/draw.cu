// Random matrices, every entry from its address (seed, width, purpose, row, column).
#include "philox.cuh"

struct Draw {
    float* out;                     // entry (i, j) of the piece at i · row_step + j · column_step
    index_t row_step, column_step;
    u64 seed;
    u32 width, purpose;             // of the stream
    u32 first_row;                  // row of the matrix that is row 0 of the piece
    u32 rows, columns;              // the piece, padding included; columns a multiple of 4
    u32 valid_rows, valid_columns;  // of the matrix; what lies beyond is set to zero
    float std;
};

// One thread a block of four columns; grid: ⌈rows · columns/4 / 256⌉.
KERNEL(draw_normals, 256, Draw) {
    index_t thread = (index_t)blockIdx.x * 256 + threadIdx.x;
    u32 blocks = p.columns / 4;
    u32 row = (u32)(thread / blocks), block = (u32)(thread % blocks);
    if (row >= p.rows) return;
    Words counter = {{block, p.first_row + row, p.width, p.purpose}};
    Words words = philox(counter, (u32)p.seed, (u32)(p.seed >> 32));
    float2 pairs[2] = {normal_pair(words.w[0], words.w[1]), normal_pair(words.w[2], words.w[3])};
    float normals[4] = {pairs[0].x, pairs[0].y, pairs[1].x, pairs[1].y};
    bool inside = p.first_row + row < p.valid_rows;
    float* out = p.out + row * p.row_step + 4 * block * p.column_step;
    for (u32 j = 0; j < 4; j++) {
        bool valid = inside && 4 * block + j < p.valid_columns;
        out[j * p.column_step] = valid ? p.std * normals[j] : 0.0f;
    }
}

struct DrawWords {
    u32* out;  // count × 4
    u64 seed;
    u32 width, purpose, row, count;
};

// Blocks 0, 1, … of one row as they are, for comparison with the host's.
KERNEL(draw_words, 128, DrawWords) {
    u32 block = blockIdx.x * 128 + threadIdx.x;
    if (block >= p.count) return;
    Words counter = {{block, p.row, p.width, p.purpose}};
    Words words = philox(counter, (u32)p.seed, (u32)(p.seed >> 32));
    for (int j = 0; j < 4; j++) p.out[4 * block + j] = words.w[j];
}

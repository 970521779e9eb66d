// Kernels with the faults that the stand-in must find.

#include "common.cuh"

struct Faulty {
    float* values;
    int at;
};

/// Some threads end, others wait.
KERNEL(some_end, 64, Faulty) {
    if ((int)threadIdx.x < p.at) return;
    __syncthreads();
}

/// Two barriers at once.
KERNEL(two_barriers, 64, Faulty) {
    if ((int)threadIdx.x < p.at) {
        __syncthreads();
    } else {
        __syncthreads();
    }
}

/// A shuffle that not all lanes reach.
KERNEL(lanes_missing, 32, Faulty) {
    if ((int)threadIdx.x < p.at) p.values[0] = __shfl_sync(0xffffffffu, p.values[1], 0);
}

/// Writes one value, wherever that is.
KERNEL(global_write, 64, Faulty) {
    if (threadIdx.x == 0) p.values[p.at] = 1.0f;
}

template <int size>
__device__ void write_shared(int at, float* out) {
    __shared__ float shared[size];
    shared[at] = 1.0f;
    out[0] = shared[at];
}

/// Writes one value of a shared array, wherever that is.
KERNEL(shared_write, 64, Faulty) {
    if (threadIdx.x == 0) write_shared<8>(p.at, p.values);
}

template <int size>
__device__ float* shared_array() {
    __shared__ float shared[size];
    return shared;
}

/// The same through a pointer, which does not know the array's size.
KERNEL(shared_pointer, 64, Faulty) {
    if (threadIdx.x == 0) {
        float* volatile hidden = shared_array<8>();
        float* shared = hidden;
        shared[p.at] = 1.0f;
        p.values[0] = shared[p.at];
    }
}

/// Reads what another thread writes, through a shared array, with nothing but a shuffle between.
KERNEL(shuffle_no_barrier, 32, Faulty) {
    __shared__ float shared[32];
    shared[threadIdx.x] = p.values[threadIdx.x];
    int other = __shfl_xor_sync(0xffffffffu, (int)threadIdx.x, 1);
    p.values[threadIdx.x] = shared[other];
}

/// The same, with a barrier for the warp.
KERNEL(warp_barrier, 32, Faulty) {
    __shared__ float shared[32];
    shared[threadIdx.x] = p.values[threadIdx.x];
    __syncwarp();
    p.values[threadIdx.x] = shared[threadIdx.x ^ 1];
}

/// All blocks write the same value.
KERNEL(blocks_conflict, 64, Faulty) {
    if (threadIdx.x == 0) p.values[p.at] += 1.0f;
}

/// All threads write the same value.
KERNEL(threads_conflict, 64, Faulty) {
    p.values[p.at] = threadIdx.x;
}

/// Each block writes where the one two further on does.
KERNEL(far_blocks_conflict, 64, Faulty) {
    if (threadIdx.x == 0) p.values[p.at + blockIdx.x % 2] += 1.0f;
}

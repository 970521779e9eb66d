// Runs the blocks of a launch in the calling thread, and offers a kernel's thread what it needs of its
// block.
#pragma once

#include <cstdint>
#include <string>

#include "registry.h"
#include "types.h"

extern constinit thread_local uint3 threadIdx;
extern constinit thread_local uint3 blockIdx;
extern constinit thread_local dim3 blockDim;
extern constinit thread_local dim3 gridDim;
constexpr int warpSize = 32;

namespace cuda_on_cpu {

struct Launch {
    const Kernel* kernel;
    dim3 grid, block;
    const void* parameter;
};

/// All blocks of a grid, or those whose number has an even or an odd count of ones in binary. Whatever
/// the stride between blocks, some of them are in different halves.
enum class Blocks { all, even_ones, odd_ones };

/// Runs these blocks in order. The result says what went wrong and is empty if nothing did. No block
/// runs after one that fails.
std::string run_blocks(const Launch& launch, Blocks which);

/// Makes the barrier at this place of the source do nothing from now on.
void drop_barrier(const std::string& file, int line);

/// Tells the sanitizer that everything so far happened before the launch, and that the launch happened
/// before everything that follows. For the replay's main thread.
void before_launch();
void after_launch();

/// Waits for all threads of the block at the same place of the source.
void barrier(const char* file, int line);

enum class Collective { shuffle, ballot, sync };

/// Waits for all lanes of the mask. A shuffle returns the value of lane `source`; a ballot returns the
/// lanes with a value other than zero.
std::uint64_t collective(Collective kind, unsigned mask, std::uint64_t value, unsigned source);

/// This thread's lane in its warp.
unsigned lane();

}  // namespace cuda_on_cpu

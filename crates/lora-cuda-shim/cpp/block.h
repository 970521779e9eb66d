// Runs the blocks of a launch in the calling thread, and what a kernel's thread asks of its block.
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

/// All blocks of a grid, or those with an even or odd number of ones in their binary number: of
/// blocks that lie any stride apart, some are in different halves.
enum class Blocks { all, even_ones, odd_ones };

/// Runs these blocks in order. The answer says what went wrong and is empty if nothing did; the
/// blocks behind one that fails do not run.
std::string run_blocks(const Launch& launch, Blocks which);

/// The barrier at this place of the source does nothing from now on.
void drop_barrier(const std::string& file, int line);

/// Lets the sanitizer know that all that happened so far happened before the launch, and that all
/// of the launch happened before what follows. For the replay's main thread.
void before_launch();
void after_launch();

/// Waits for all threads of the block at the same place of the source.
void barrier(const char* file, int line);

enum class Collective { shuffle, ballot, sync };

/// Waits for all lanes of the mask. A shuffle answers the value of lane `source`; a ballot answers
/// the lanes with a value other than zero.
std::uint64_t collective(Collective kind, unsigned mask, std::uint64_t value, unsigned source);

/// This thread's place in its warp.
unsigned lane();

}  // namespace cuda_on_cpu

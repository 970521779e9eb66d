// Lets the host's C++20 compiler read CUDA kernels. The kernels' common header includes this in
// place of its own definitions where CUDA_ON_CPU is defined.
#pragma once

// They are included here because a kernel file is compiled within a namespace and cannot do it.
#include <float.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>

#include "block.h"
#include "device_math.h"
#include "registry.h"
#include "types.h"
#include "warp.h"

#define __global__
#define __device__
#define __host__
#define __constant__ const
#define __grid_constant__
#define __launch_bounds__(...)
#define __forceinline__ inline __attribute__((always_inline))
#define __align__(bytes) __attribute__((aligned(bytes)))

// One array for each host thread, since several may launch at once. The address sanitizer guards only
// plain statics, and its replay has one thread.
#ifdef CUDA_ON_CPU_BOUNDS
#define __shared__ static
#else
#define __shared__ static thread_local
#endif

#define __syncthreads() ::cuda_on_cpu::barrier(__FILE__, __LINE__)

// The driver's interface: modules, functions and launches.

#include <cstring>

#include "machine.h"
#include "operation.h"

using namespace cuda_on_cpu;

/// Every module holds all kernels; the text that it is loaded from is not read.
struct Module {};

static Result load(Module** module, const void* image) {
    TRY(Machine::get().state());
    if (!current) return invalid_context;
    if (!image) return invalid_image;
    *module = new Module;
    return success;
}

API cuModuleLoadData(Module** module, const void* image) { return load(module, image); }

API cuModuleLoadDataEx(Module** module, const void* image, unsigned, void*, void**) {
    return load(module, image);
}

API cuModuleUnload(Module* module) {
    delete module;
    return success;
}

API cuModuleGetFunction(const Kernel** function, Module* module, const char* name) {
    if (!module) return invalid_handle;
    *function = find_kernel(name);
    return *function ? success : not_found;
}

API cuFuncGetAttribute(int* value, int attribute, const Kernel* function) {
    if (!function) return invalid_handle;
    switch (attribute) {
        case 0: *value = static_cast<int>(function->threads); break;
        case 4: *value = 32; break;                         // registers of a thread
        case 5: case 6: *value = Machine::capability(); break;
        default: *value = 0;
    }
    return attribute >= 0 && attribute < 16 ? success : invalid_value;
}

API cuFuncSetAttribute(const Kernel* function, int, int) {
    return function ? success : invalid_handle;
}

API cuFuncSetCacheConfig(const Kernel* function, int) {
    return function ? success : invalid_handle;
}

API cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const Kernel* function, int threads,
                                                 std::size_t) {
    if (!function) return invalid_handle;
    if (threads < 1) return invalid_value;
    *blocks = threads > static_cast<int>(function->threads) ? 0 : 2048 / threads;
    return success;
}

static bool fits(const Kernel& kernel, const dim3& grid, const dim3& block) {
    if (grid.x == 0 || grid.y == 0 || grid.z == 0) return false;
    if (grid.x > 2147483647u || grid.y > 65535 || grid.z > 65535) return false;
    if (block.x > 1024 || block.y > 1024 || block.z > 64) return false;
    unsigned threads = block.x * block.y * block.z;
    return threads > 0 && threads <= kernel.threads && threads <= 1024;
}

API cuLaunchKernel(const Kernel* function, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                   unsigned block_x, unsigned block_y, unsigned block_z, unsigned, Stream* stream,
                   void** parameters, void** extra) {
    TRY(Machine::get().state());
    if (!current) return invalid_context;
    if (!function) return invalid_handle;
    dim3 grid{grid_x, grid_y, grid_z}, block{block_x, block_y, block_z};
    if (!fits(*function, grid, block) || !parameters || extra) return invalid_value;
    KernelLaunch launch{function, grid, block, {}};
    launch.parameter.resize((function->bytes + sizeof(double2) - 1) / sizeof(double2));
    std::memcpy(launch.parameter.data(), parameters[0], function->bytes);
    return submit(stream, std::move(launch));
}

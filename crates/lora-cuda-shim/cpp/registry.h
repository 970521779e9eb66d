// The table of the kernels that are linked into this program.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace cuda_on_cpu {

struct Kernel {
    const char* name;
    /// The most threads of a block, as __launch_bounds__ states on a GPU.
    unsigned threads;
    /// The size of its one parameter.
    std::size_t bytes;
    void (*call)(const void* parameter);
};

/// Adds a kernel to the table before main starts. Ends the program if the name is taken.
struct Registration {
    explicit Registration(const Kernel& kernel);
};

/// The kernel of this name, or null.
const Kernel* find_kernel(std::string_view name);

template <class Parameter, void (*body)(const Parameter&)>
void call(const void* parameter) {
    body(*static_cast<const Parameter*>(parameter));
}

}  // namespace cuda_on_cpu

/// Defines a kernel as a plain function in the table. On a GPU the kernels' common header defines it as
/// a __global__ function with __launch_bounds__.
#define KERNEL(name, threads, Parameter) \
    static void name(const Parameter& p); \
    static const ::cuda_on_cpu::Registration name##_registration{ \
        {#name, threads, sizeof(Parameter), &::cuda_on_cpu::call<Parameter, name>}}; \
    static void name(const Parameter& p)

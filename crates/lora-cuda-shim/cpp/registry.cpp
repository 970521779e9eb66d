#include "registry.h"

#include <cstdio>
#include <cstdlib>

namespace cuda_on_cpu {

// Inside a function, because the kernels' own static objects may be initialised first.
static std::vector<Kernel>& table() {
    static std::vector<Kernel> kernels;
    return kernels;
}

Registration::Registration(const Kernel& kernel) {
    if (find_kernel(kernel.name)) {
        std::fprintf(stderr, "cuda-on-cpu: two kernels are called %s\n", kernel.name);
        std::abort();
    }
    table().push_back(kernel);
}

const Kernel* find_kernel(std::string_view name) {
    for (const Kernel& kernel : table()) {
        if (name == kernel.name) return &kernel;
    }
    return nullptr;
}

}  // namespace cuda_on_cpu

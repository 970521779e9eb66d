// What a stream does: launches, copies and fills; at once, or later from a graph.
#pragma once

#include <memory>
#include <variant>
#include <vector>

#include "api.h"
#include "block.h"

namespace cuda_on_cpu {

struct KernelLaunch {
    const Kernel* kernel;
    dim3 grid, block;
    /// A copy of the kernel's parameter, in words so that it is aligned.
    std::vector<double2> parameter;
};

struct Copy {
    enum Direction { to_device, to_host, on_device } direction;
    std::uint64_t to, from;
    std::size_t bytes;
};

struct Fill {
    DevicePointer address;
    unsigned value;
    std::size_t width, count;
};

using Operation = std::variant<KernelLaunch, Copy, Fill>;

/// Does it now, in the calling thread.
Result perform(const Operation& operation);

/// Operations in the order of their capture, which fits every dependence among them.
struct Graph {
    std::vector<Operation> operations;
    bool invalid = false, ended = false;
    /// How the capture restricts other calls, and of which thread.
    int mode = 0;
    std::size_t thread = 0;
};

struct Stream {
    /// What this stream is captured into, if it is.
    std::shared_ptr<Graph> capture;
};

Stream& stream_of(Stream* handle);

/// Does it now, or adds it to the graph that the stream is captured into.
Result submit(Stream* stream, Operation operation);

/// Refuses what must not be done in this thread while a stream is being captured.
Result outside_captures();

}  // namespace cuda_on_cpu

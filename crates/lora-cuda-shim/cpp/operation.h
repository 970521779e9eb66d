// The work of a stream: launches, copies and fills. It is done at once, or later from a graph.
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

/// Does the operation now, in the calling thread.
Result perform(const Operation& operation);

/// Operations in the order of their capture, which respects every dependence among them.
struct Graph {
    std::vector<Operation> operations;
    bool invalid = false, ended = false;
    /// The calls that the capture forbids, and the thread to which that applies.
    int mode = 0;
    std::size_t thread = 0;
};

struct Stream {
    /// The graph into which this stream is captured, if it is.
    std::shared_ptr<Graph> capture;
};

Stream& stream_of(Stream* handle);

/// Does the operation now, or adds it to the graph into which the stream is captured.
Result submit(Stream* stream, Operation operation);

/// Refuses calls that this thread must not make while a stream is being captured.
Result outside_captures();

}  // namespace cuda_on_cpu

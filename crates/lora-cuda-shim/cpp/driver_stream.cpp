// The driver's interface: streams, events, captures and graphs. A stream never has work in progress,
// because every call returns when its work is done.

#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "machine.h"
#include "operation.h"

using namespace cuda_on_cpu;
using Clock = std::chrono::steady_clock;

struct Event {
    Clock::time_point time;
    bool recorded = false, timed = true;
    /// The graph that its last record is part of, if any.
    std::shared_ptr<Graph> capture;
};

struct ExecutableGraph {
    std::vector<Operation> operations;
};

static std::mutex captures_mutex;
/// All streams that are being captured.
static std::vector<Stream*> capturing;

static std::size_t this_thread() {
    return std::hash<std::thread::id>{}(std::this_thread::get_id());
}

namespace cuda_on_cpu {

Stream& stream_of(Stream* handle) {
    static Stream by_default;
    // Null, 1 and 2 are the default stream's names.
    return reinterpret_cast<std::uintptr_t>(handle) <= 2 ? by_default : *handle;
}

Result submit(Stream* stream, Operation operation) {
    Graph* graph = stream_of(stream).capture.get();
    if (!graph) return perform(operation);
    if (graph->invalid) return capture_invalidated;
    graph->operations.push_back(std::move(operation));
    return success;
}

Result outside_captures() {
    std::lock_guard lock(captures_mutex);
    for (Stream* stream : capturing) {
        Graph& graph = *stream->capture;
        // Global captures forbid it to all threads, thread-local ones to their own.
        if (graph.mode == 0 || (graph.mode == 1 && graph.thread == this_thread())) {
            graph.invalid = true;
            return capture_unsupported;
        }
    }
    return success;
}

}  // namespace cuda_on_cpu

static void join(Stream& stream, const std::shared_ptr<Graph>& graph) {
    std::lock_guard lock(captures_mutex);
    stream.capture = graph;
    capturing.push_back(&stream);
}

/// Nothing can wait for a stream that is being captured.
static Result wait_for(Stream& stream) {
    if (!stream.capture) return Machine::get().state();
    stream.capture->invalid = true;
    return capture_unsupported;
}

API cuStreamCreate(Stream** stream, unsigned) {
    TRY(Machine::get().state());
    if (!current) return invalid_context;
    *stream = new Stream;
    return success;
}

API cuStreamCreateWithPriority(Stream** stream, unsigned flags, int) {
    return cuStreamCreate(stream, flags);
}

API cuStreamDestroy_v2(Stream* stream) {
    std::lock_guard lock(captures_mutex);
    std::erase(capturing, stream);
    delete stream;
    return success;
}

API cuStreamSynchronize(Stream* stream) { return wait_for(stream_of(stream)); }
API cuStreamQuery(Stream* stream) { return wait_for(stream_of(stream)); }

API cuCtxSynchronize() {
    TRY(outside_captures());
    return Machine::get().state();
}

API cuStreamWaitEvent(Stream* handle, Event* event, unsigned) {
    Stream& stream = stream_of(handle);
    TRY(Machine::get().state());
    if (event->capture && event->capture->ended) return captured_event;
    if (event->capture && !stream.capture) join(stream, event->capture);
    if (!stream.capture || !event->recorded || event->capture == stream.capture) return success;
    stream.capture->invalid = true;
    return capture_isolation;
}

API cuStreamBeginCapture_v2(Stream* stream, int mode) {
    TRY(Machine::get().state());
    // The default stream cannot be captured.
    if (reinterpret_cast<std::uintptr_t>(stream) <= 2) return capture_unsupported;
    if (stream->capture || mode < 0 || mode > 2) return invalid_value;
    auto graph = std::make_shared<Graph>();
    graph->mode = mode;
    graph->thread = this_thread();
    join(*stream, graph);
    return success;
}

API cuStreamIsCapturing(Stream* stream, int* status) {
    Graph* graph = stream_of(stream).capture.get();
    *status = !graph ? 0 : graph->invalid ? 2 : 1;
    return success;
}

API cuStreamEndCapture(Stream* stream, Graph** result) {
    std::shared_ptr<Graph> graph = stream_of(stream).capture;
    *result = nullptr;
    if (!graph) return capture_unmatched;
    {
        std::lock_guard lock(captures_mutex);
        graph->ended = true;
        for (Stream* other : capturing) {
            if (other->capture == graph) other->capture = nullptr;
        }
        std::erase_if(capturing, [](Stream* other) { return !other->capture; });
    }
    if (graph->invalid) return capture_invalidated;
    *result = new Graph(*graph);
    return success;
}

API cuGraphInstantiateWithFlags(ExecutableGraph** executable, Graph* graph, unsigned long long) {
    *executable = new ExecutableGraph{graph->operations};
    return success;
}

API cuGraphGetNodes(Graph* graph, void** nodes, std::size_t* count) {
    if (nodes) return invalid_value;
    *count = graph->operations.size();
    return success;
}

API cuGraphUpload(ExecutableGraph*, Stream*) { return Machine::get().state(); }

API cuGraphLaunch(ExecutableGraph* executable, Stream* stream) {
    for (const Operation& operation : executable->operations) TRY(submit(stream, operation));
    return Machine::get().state();
}

API cuGraphExecDestroy(ExecutableGraph* executable) {
    delete executable;
    return success;
}

API cuGraphDestroy(Graph* graph) {
    delete graph;
    return success;
}

API cuEventCreate(Event** event, unsigned flags) {
    TRY(Machine::get().state());
    if (!current) return invalid_context;
    constexpr unsigned disable_timing = 2;
    *event = new Event;
    (*event)->timed = !(flags & disable_timing);
    return success;
}

API cuEventDestroy_v2(Event* event) {
    delete event;
    return success;
}

API cuEventRecord(Event* event, Stream* stream) {
    TRY(Machine::get().state());
    event->capture = stream_of(stream).capture;
    event->recorded = true;
    event->time = Clock::now();
    return success;
}

API cuEventQuery(Event* event) {
    return event->capture ? captured_event : Machine::get().state();
}

API cuEventSynchronize(Event* event) { return cuEventQuery(event); }

API cuEventElapsedTime_v2(float* milliseconds, Event* start, Event* end) {
    TRY(Machine::get().state());
    bool usable = start->recorded && end->recorded && start->timed && end->timed;
    if (!usable || start->capture || end->capture) return invalid_handle;
    *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
    return success;
}

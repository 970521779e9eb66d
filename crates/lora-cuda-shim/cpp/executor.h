// The block that a host thread runs, and the threads in it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "block.h"
#include "fiber.h"

namespace cuda_on_cpu {

/// A context that runs threads of the block, one after the other.
struct Worker {
    explicit Worker(void (*body)(Fiber&)) : fiber(body) {}

    Fiber fiber;
    /// Its thread's number in the block, and that as coordinates.
    unsigned thread = 0;
    uint3 index{};
    /// The value that its thread gave to the collective it waits at, and the result.
    Collective kind{};
    unsigned mask = 0, source = 0;
    std::uint64_t value = 0, result = 0;
};

/// Two addresses that identify a rendezvous to the sanitizer. They alternate. Otherwise the sanitizer
/// would order what a thread does after a rendezvous before what threads do that leave it later.
struct Turns {
    char addresses[2]{};
    unsigned count = 0;
    void* now() { return &addresses[count & 1]; }
    void* next() { return &addresses[~count & 1]; }
};

class Executor {
public:
    static Executor& of_this_thread();
    std::string run(const Launch& launch, Blocks which);
    void barrier(const char* file, int line);
    std::uint64_t collective(Collective kind, unsigned mask, std::uint64_t value, unsigned source);
    unsigned lane() const { return running_->thread % 32; }

private:
    struct Warp {
        unsigned waiting = 0;
        Turns turns;
    };

    static void work(Fiber& fiber);
    void add_worker();
    void run_block();
    void run_thread(Worker& worker);
    /// The next to run: a thread that waits no more, or else one that has not begun; null at the end of
    /// the block.
    Worker* choose();
    Worker* begin();
    /// Suspends the running thread until something makes it ready.
    void suspend();
    void leave(Worker& worker);
    void complete(unsigned warp, unsigned lanes);
    unsigned existing_lanes(unsigned warp) const;
    /// Abandons the block.
    void fail(const std::string& what);
    std::string stuck() const;

    const Launch* launch_ = nullptr;
    unsigned threads_ = 0;
    unsigned begun_ = 0, ended_ = 0;
    /// The threads at the barrier, and its place in the source.
    unsigned at_barrier_ = 0;
    const char* file_ = nullptr;
    int line_ = 0;
    Turns barriers_, blocks_;

    Fiber host_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::vector<Worker*> idle_;
    /// The context that runs each thread.
    std::vector<Worker*> of_thread_;
    /// A ring of the contexts that can continue, with at most one entry for each thread.
    std::vector<Worker*> ready_;
    std::size_t ready_first_ = 0, ready_count_ = 0;
    Worker* running_ = nullptr;
    std::vector<Warp> warps_;
    std::string failure_;

    void push_ready(Worker* worker);
    Worker* pop_ready();
};

}  // namespace cuda_on_cpu

#include "executor.h"

#include <bit>

#include "sanitizer.h"

constinit thread_local uint3 threadIdx{};
constinit thread_local uint3 blockIdx{};
constinit thread_local dim3 blockDim{};
constinit thread_local dim3 gridDim{};

namespace cuda_on_cpu {

constexpr unsigned most_threads = 1024;

static char launch_begins, launch_ends;

void before_launch() { release(&launch_begins); }
void after_launch() { acquire(&launch_ends); }

Executor& Executor::of_this_thread() {
    // A pointer, since an object would need a check at each use whether its constructor has run.
    static constinit thread_local Executor* known = nullptr;
    if (known) return *known;
    static thread_local Executor executor;
    return *(known = &executor);
}

std::string run_blocks(const Launch& launch, Blocks which) {
    return Executor::of_this_thread().run(launch, which);
}

static bool is_among(std::uint64_t block, Blocks which) {
    Blocks half = std::popcount(block) % 2 == 0 ? Blocks::even_ones : Blocks::odd_ones;
    return which == Blocks::all || which == half;
}

std::string Executor::run(const Launch& launch, Blocks which) {
    const dim3 &grid = launch.grid, &block = launch.block;
    launch_ = &launch;
    threads_ = block.x * block.y * block.z;
    gridDim = grid;
    blockDim = block;
    of_thread_.resize(threads_);
    ready_.resize(most_threads);
    idle_.reserve(most_threads);
    // Allocated before any of them runs. The race checker would take memory that one thread allocates
    // and another frees for a race.
    while (checks_races && workers_.size() < threads_) add_worker();
    warps_.resize((threads_ + 31) / 32);
    failure_.clear();
    std::uint64_t blocks = std::uint64_t(grid.x) * grid.y * grid.z;
    for (std::uint64_t i = 0; i < blocks && failure_.empty(); ++i) {
        if (!is_among(i, which)) continue;
        blockIdx = {unsigned(i % grid.x), unsigned(i / grid.x % grid.y),
                    unsigned(i / grid.x / grid.y)};
        run_block();
    }
    return failure_;
}

void Executor::run_block() {
    begun_ = ended_ = at_barrier_ = 0;
    ready_count_ = 0;
    for (Warp& warp : warps_) warp.waiting = 0;
    host_.switch_to(begin()->fiber);
    ++blocks_.count;
    if (failure_.empty()) return;
    // The contexts of threads that did not end cannot be reused.
    idle_.clear();
    workers_.clear();
}

void Executor::add_worker() {
    workers_.push_back(std::make_unique<Worker>(&Executor::work));
    idle_.push_back(workers_.back().get());
}

Worker* Executor::begin() {
    if (idle_.empty()) add_worker();
    // The race checker needs a context for each thread, and the same one in each block.
    Worker* worker = checks_races ? workers_[begun_].get() : idle_.back();
    idle_.pop_back();
    worker->thread = begun_++;
    return running_ = worker;
}

void Executor::work(Fiber&) {
    Executor& block = of_this_thread();
    Worker& worker = *block.running_;
    for (;;) {
        block.run_thread(worker);
        // Threads that never wait run one after the other in one context, without a switch.
        bool next = !checks_races && block.ready_count_ == 0 && block.begun_ < block.threads_;
        if (next) {
            worker.thread = block.begun_++;
        } else {
            block.idle_.push_back(&worker);
            block.leave(worker);
        }
    }
}

void Executor::run_thread(Worker& worker) {
    const dim3& block = launch_->block;
    unsigned thread = worker.thread;
    worker.index = {thread % block.x, thread / block.x % block.y, thread / block.x / block.y};
    of_thread_[thread] = &worker;
    threadIdx = worker.index;
    acquire(&launch_begins);
    acquire(blocks_.now());
    launch_->kernel->call(launch_->parameter);
    release(blocks_.next());
    release(&launch_ends);
    ++ended_;
}

Worker* Executor::choose() {
    if (ready_count_ > 0) return pop_ready();
    if (begun_ < threads_) return begin();
    if (ended_ < threads_) failure_ = stuck();
    return nullptr;
}

void Executor::leave(Worker& worker) {
    Worker* next = choose();
    running_ = next;
    worker.fiber.switch_to(next ? next->fiber : host_);
}

void Executor::suspend() {
    Worker& worker = *running_;
    leave(worker);
    threadIdx = worker.index;
}

void Executor::push_ready(Worker* worker) {
    ready_[(ready_first_ + ready_count_++) % most_threads] = worker;
}

Worker* Executor::pop_ready() {
    Worker* worker = ready_[ready_first_];
    ready_first_ = (ready_first_ + 1) % most_threads;
    --ready_count_;
    return worker;
}

void Executor::fail(const std::string& what) {
    failure_ = what;
    running_->fiber.switch_to(host_);
}

}  // namespace cuda_on_cpu

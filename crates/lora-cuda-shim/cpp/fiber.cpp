#include "fiber.h"

#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "sanitizer.h"

namespace cuda_on_cpu {

// The system provides only the pages that a kernel touches.
constexpr std::size_t stack_bytes = 256 * 1024;

// The context that starts; makecontext passes no pointers.
static thread_local Fiber* starting;

static std::size_t page() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

/// A stack above a page without access, so that an overflow ends the program.
static char* new_stack() {
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void* memory = mmap(nullptr, page() + stack_bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, page(), PROT_NONE) != 0) {
        std::perror("cuda-on-cpu: no memory for the stack of a kernel's thread");
        std::abort();
    }
    return static_cast<char*>(memory) + page();
}

Fiber::Fiber() : started_(true) {
#ifdef CUDA_ON_CPU_RACES
    known_ = __tsan_get_current_fiber();
#endif
#ifdef CUDA_ON_CPU_BOUNDS
    pthread_attr_t attributes;
    pthread_getattr_np(pthread_self(), &attributes);
    void* bottom;
    pthread_attr_getstack(&attributes, &bottom, &stack_bytes_);
    pthread_attr_destroy(&attributes);
    stack_ = static_cast<char*>(bottom);
#endif
}

Fiber::Fiber(void (*body)(Fiber&)) : body_(body), stack_(new_stack()), stack_bytes_(stack_bytes) {
    getcontext(&first_);
    first_.uc_stack.ss_sp = stack_;
    // Stacks whose tops have the same offset in a page would compete for a few sets of the cache.
    static thread_local std::size_t count = 0;
    first_.uc_stack.ss_size = stack_bytes_ - count++ % 64 * 192;
    first_.uc_link = nullptr;
    makecontext(&first_, &Fiber::enter, 0);
#ifdef CUDA_ON_CPU_RACES
    known_ = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
    if (!body_) return;
#ifdef CUDA_ON_CPU_RACES
    __tsan_destroy_fiber(known_);
#endif
    munmap(stack_ - page(), page() + stack_bytes);
}

void Fiber::enter() {
    Fiber* fiber = starting;
    fiber->arrived();
    fiber->body_(*fiber);
    std::abort();
}

// makecontext sets up a stack once; from then on setjmp and longjmp switch without a system call.
__attribute__((noinline)) void Fiber::switch_to(Fiber& other) {
    if (_setjmp(place_) == 0) {
        announce(other);
        if (other.started_) _longjmp(other.place_, 1);
        other.started_ = true;
        starting = &other;
        setcontext(&other.first_);
        std::abort();
    }
    arrived();
}

void Fiber::announce([[maybe_unused]] Fiber& other) {
#ifdef CUDA_ON_CPU_RACES
    constexpr unsigned no_sync = 1;
    __tsan_switch_to_fiber(other.known_, no_sync);
#endif
#ifdef CUDA_ON_CPU_BOUNDS
    __sanitizer_start_switch_fiber(&known_, other.stack_, other.stack_bytes_);
#endif
}

void Fiber::arrived() {
#ifdef CUDA_ON_CPU_BOUNDS
    __sanitizer_finish_switch_fiber(known_, nullptr, nullptr);
#endif
}

}  // namespace cuda_on_cpu

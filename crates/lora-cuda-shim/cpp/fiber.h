// User-level contexts of one host thread. When a kernel's thread waits, another one continues.
#pragma once

#include <setjmp.h>
#include <ucontext.h>

#include <cstddef>

namespace cuda_on_cpu {

class Fiber {
public:
    /// The calling thread's own context.
    Fiber();
    /// A context that runs `body` on a stack of its own when first switched to. The body must not
    /// return.
    explicit Fiber(void (*body)(Fiber&));
    ~Fiber();
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;

    /// Leaves this context, which must be the running one, for the other; returns when something
    /// switches back.
    void switch_to(Fiber& other);

private:
    static void enter();
    void announce(Fiber& other);
    void arrived();

    jmp_buf place_;
    ucontext_t first_;
    void (*body_)(Fiber&) = nullptr;
    char* stack_ = nullptr;
    std::size_t stack_bytes_ = 0;
    bool started_ = false;
    /// The sanitizer's handle for this context.
    void* known_ = nullptr;
};

}  // namespace cuda_on_cpu

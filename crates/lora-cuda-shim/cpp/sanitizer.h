// Calls by which the executor informs the sanitizer of its build. They do nothing without a sanitizer.
//
// The race checker treats each thread of a block as a thread of its own, and knows no order between
// them but what is stated here. The executor is compiled without instrumentation, so that the checker
// ignores its data.
#pragma once

#include <cstddef>

#ifdef CUDA_ON_CPU_RACES
extern "C" {
void* __tsan_get_current_fiber();
void* __tsan_create_fiber(unsigned flags);
void __tsan_destroy_fiber(void* fiber);
void __tsan_switch_to_fiber(void* fiber, unsigned flags);
void __tsan_acquire(void* address);
void __tsan_release(void* address);
}
#endif
#ifdef CUDA_ON_CPU_BOUNDS
extern "C" {
void __sanitizer_start_switch_fiber(void** save, const void* bottom, std::size_t size);
void __sanitizer_finish_switch_fiber(void* save, const void** bottom, std::size_t* size);
}
#endif

namespace cuda_on_cpu {

#ifdef CUDA_ON_CPU_RACES
constexpr bool checks_races = true;
/// Everything that this thread has done so far happens before what other threads do after they acquire
/// the address.
inline void release(void* address) { __tsan_release(address); }
inline void acquire(void* address) { __tsan_acquire(address); }
#else
constexpr bool checks_races = false;
inline void release(void*) {}
inline void acquire(void*) {}
#endif

}  // namespace cuda_on_cpu

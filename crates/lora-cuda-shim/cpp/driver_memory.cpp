// The driver's interface: memory, copies and fills. A call returns when its work is done, unless the
// stream is being captured.

#include <cstdlib>

#include "machine.h"
#include "operation.h"

using namespace cuda_on_cpu;

/// The checks with which every call that uses the device begins.
static Result ready() {
    if (!current) return invalid_context;
    return Machine::get().state();
}

static Result now(Operation operation) {
    TRY(ready());
    TRY(outside_captures());
    return perform(operation);
}

static Result later(Stream* stream, Operation operation) {
    TRY(ready());
    return submit(stream, std::move(operation));
}

static std::uint64_t address(const void* pointer) {
    return reinterpret_cast<std::uint64_t>(pointer);
}

API cuMemAlloc_v2(DevicePointer* pointer, std::size_t bytes) {
    TRY(ready());
    TRY(outside_captures());
    return Machine::get().allocate(current, bytes, pointer);
}

API cuMemFree_v2(DevicePointer pointer) {
    TRY(ready());
    TRY(outside_captures());
    return Machine::get().free(pointer);
}

API cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
    TRY(ready());
    *total = Machine::memory();
    std::size_t used = Machine::get().used(current);
    *free = *total > used ? *total - used : 0;
    return success;
}

API cuMemHostAlloc(void** pointer, std::size_t bytes, unsigned) {
    TRY(ready());
    *pointer = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
    return *pointer ? success : out_of_memory;
}

API cuMemFreeHost(void* pointer) {
    std::free(pointer);
    return success;
}

API cuMemHostGetFlags(unsigned* flags, void*) {
    *flags = 0;
    return success;
}

API cuMemcpyHtoD_v2(DevicePointer to, const void* from, std::size_t bytes) {
    return now(Copy{Copy::to_device, to, address(from), bytes});
}

API cuMemcpyDtoH_v2(void* to, DevicePointer from, std::size_t bytes) {
    return now(Copy{Copy::to_host, address(to), from, bytes});
}

API cuMemcpyDtoD_v2(DevicePointer to, DevicePointer from, std::size_t bytes) {
    return now(Copy{Copy::on_device, to, from, bytes});
}

API cuMemcpyHtoDAsync_v2(DevicePointer to, const void* from, std::size_t bytes, Stream* stream) {
    return later(stream, Copy{Copy::to_device, to, address(from), bytes});
}

API cuMemcpyDtoHAsync_v2(void* to, DevicePointer from, std::size_t bytes, Stream* stream) {
    return later(stream, Copy{Copy::to_host, address(to), from, bytes});
}

API cuMemcpyDtoDAsync_v2(DevicePointer to, DevicePointer from, std::size_t bytes, Stream* stream) {
    return later(stream, Copy{Copy::on_device, to, from, bytes});
}

API cuMemsetD8_v2(DevicePointer to, unsigned char value, std::size_t count) {
    return now(Fill{to, value, 1, count});
}

API cuMemsetD32_v2(DevicePointer to, unsigned value, std::size_t count) {
    return now(Fill{to, value, 4, count});
}

API cuMemsetD8Async(DevicePointer to, unsigned char value, std::size_t count, Stream* stream) {
    return later(stream, Fill{to, value, 1, count});
}

API cuMemsetD32Async(DevicePointer to, unsigned value, std::size_t count, Stream* stream) {
    return later(stream, Fill{to, value, 4, count});
}

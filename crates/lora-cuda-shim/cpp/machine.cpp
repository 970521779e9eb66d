#include "machine.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tape.h"

namespace cuda_on_cpu {

constinit thread_local Device* current = nullptr;

Machine& Machine::get() {
    // Never destroyed: host threads may call while the program ends.
    static Machine& machine = *new Machine;
    return machine;
}

static double variable(const char* name, double otherwise) {
    const char* text = std::getenv(name);
    return text && *text ? std::strtod(text, nullptr) : otherwise;
}

std::size_t Machine::memory() {
    return static_cast<std::size_t>(variable("CUDA_ON_CPU_MEMORY", 2147483648.0));
}
int Machine::devices() { return static_cast<int>(variable("CUDA_ON_CPU_DEVICES", 1)); }
int Machine::capability() {
    return static_cast<int>(std::lround(10 * variable("CUDA_ON_CPU_CAPABILITY", 9.0)));
}
int Machine::driver_version() { return static_cast<int>(variable("CUDA_ON_CPU_DRIVER", 13000)); }

Device* Machine::device(int ordinal) {
    if (ordinal < 0 || ordinal >= devices()) return nullptr;
    std::lock_guard lock(mutex_);
    Device& device = devices_[ordinal];
    device.ordinal = ordinal;
    return &device;
}

Result Machine::retain(int ordinal, Device** context) {
    Device* found = device(ordinal);
    if (!found) return invalid_device;
    std::lock_guard lock(mutex_);
    ++found->retained;
    *context = found;
    return success;
}

Result Machine::release(int ordinal) {
    Device* found = device(ordinal);
    if (!found) return invalid_device;
    std::lock_guard lock(mutex_);
    if (found->retained == 0) return invalid_context;
    if (--found->retained > 0) return success;
    // A new context begins without the old one's memory and error.
    for (auto next = allocations_.begin(); next != allocations_.end();) {
        auto allocation = next++;
        if (allocation->second.device == found) give_back(allocation);
    }
    broken_ = false;
    return success;
}

/// The memory of the device that an allocation takes.
static std::size_t rounded(std::size_t bytes) { return (bytes + 255) / 256 * 256; }

// Bytes behind every allocation, so that writes beyond it do no harm and are noticed.
constexpr std::size_t fence = 256;

static bool fence_is_whole(DevicePointer address, std::size_t bytes) {
    auto* memory = reinterpret_cast<const unsigned char*>(address);
    auto untouched = [](unsigned char byte) { return byte == 0xff; };
    return std::all_of(memory + bytes, memory + rounded(bytes) + fence, untouched);
}

Result Machine::allocate(Device* device, std::size_t bytes, DevicePointer* address) {
    if (bytes == 0) return invalid_value;
    std::lock_guard lock(mutex_);
    if (bytes > Machine::memory() || device->used + rounded(bytes) > Machine::memory()) {
        return out_of_memory;
    }
    void* memory = std::aligned_alloc(256, rounded(bytes) + fence);
    if (!memory) return out_of_memory;
    // NaN as floats, so that reads of unwritten memory show.
    std::memset(memory, 0xff, rounded(bytes) + fence);
    *address = reinterpret_cast<DevicePointer>(memory);
    device->used += rounded(bytes);
    allocations_[*address] = {bytes, device};
    tape::allocate(*address, bytes);
    return success;
}

Result Machine::free(DevicePointer address) {
    if (address == 0) return success;
    std::lock_guard lock(mutex_);
    auto found = allocations_.find(address);
    if (found == allocations_.end()) return invalid_value;
    bool whole = fence_is_whole(address, found->second.bytes);
    give_back(found);
    if (!whole) break_down("something wrote beyond the end of an allocation");
    return state();
}

void Machine::give_back(std::map<DevicePointer, Allocation>::iterator allocation) {
    auto [address, what] = *allocation;
    what.device->used -= rounded(what.bytes);
    allocations_.erase(allocation);
    tape::free(address);
    std::free(reinterpret_cast<void*>(address));
}

std::size_t Machine::used(const Device* device) {
    std::lock_guard lock(mutex_);
    return device->used;
}

bool Machine::holds(DevicePointer address, std::size_t bytes) {
    if (bytes == 0) return true;
    std::lock_guard lock(mutex_);
    auto next = allocations_.upper_bound(address);
    if (next == allocations_.begin()) return false;
    auto& [start, allocation] = *std::prev(next);
    std::size_t offset = address - start;
    return offset <= allocation.bytes && bytes <= allocation.bytes - offset;
}

void Machine::break_down(const std::string& why) {
    std::fprintf(stderr, "cuda-on-cpu: %s\n", why.c_str());
    broken_ = true;
}

}  // namespace cuda_on_cpu

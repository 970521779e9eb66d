// The devices of the stand-in driver and their memory.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "api.h"

namespace cuda_on_cpu {

/// A device, which is its own context.
struct Device {
    int ordinal = 0;
    int retained = 0;
    std::size_t used = 0;
};

struct Allocation {
    std::size_t bytes;
    Device* device;
};

class Machine {
public:
    static Machine& get();

    static std::size_t memory();
    static int devices();
    /// Compute capability, times ten.
    static int capability();
    static int driver_version();

    /// Null where there is no such device.
    Device* device(int ordinal);
    Result retain(int ordinal, Device** context);
    Result release(int ordinal);

    Result allocate(Device* device, std::size_t bytes, DevicePointer* address);
    Result free(DevicePointer address);
    std::size_t used(const Device* device);
    /// Whether one allocation holds all these bytes.
    bool holds(DevicePointer address, std::size_t bytes);

    /// Makes all calls that use the device return launch_failed, as after an error on a GPU.
    void break_down(const std::string& why);
    Result state() const { return broken_ ? launch_failed : success; }

private:
    void give_back(std::map<DevicePointer, Allocation>::iterator allocation);

    std::mutex mutex_;
    std::map<int, Device> devices_;
    std::map<DevicePointer, Allocation> allocations_;
    std::atomic<bool> broken_ = false;
};

/// The context of the calling thread, or null.
extern constinit thread_local Device* current;

}  // namespace cuda_on_cpu

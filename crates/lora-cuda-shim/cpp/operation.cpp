#include "operation.h"

#include <cstring>

#include "machine.h"
#include "tape.h"

namespace cuda_on_cpu {

static void* host(std::uint64_t address) { return reinterpret_cast<void*>(address); }

static Result run(const KernelLaunch& operation) {
    Launch launch{operation.kernel, operation.grid, operation.block, operation.parameter.data()};
    tape::launch(launch);
    std::string failure = run_blocks(launch, Blocks::all);
    // As on a GPU, the launch itself succeeds, and the call that waits for it returns the error.
    if (!failure.empty()) {
        Machine::get().break_down(std::string("kernel ") + launch.kernel->name + ": " + failure);
    }
    return success;
}

static Result run(const Copy& copy) {
    Machine& machine = Machine::get();
    if (copy.direction != Copy::to_host && !machine.holds(copy.to, copy.bytes)) {
        return invalid_value;
    }
    if (copy.direction != Copy::to_device && !machine.holds(copy.from, copy.bytes)) {
        return invalid_value;
    }
    if (copy.direction == Copy::to_device) {
        tape::copy_to_device(copy.to, host(copy.from), copy.bytes);
    } else if (copy.direction == Copy::on_device) {
        tape::copy_on_device(copy.to, copy.from, copy.bytes);
    }
    std::memmove(host(copy.to), host(copy.from), copy.bytes);
    return success;
}

static Result run(const Fill& fill) {
    if (!Machine::get().holds(fill.address, fill.width * fill.count)) return invalid_value;
    tape::set(fill.address, fill.value, fill.width, fill.count);
    char* to = static_cast<char*>(host(fill.address));
    for (std::size_t i = 0; i < fill.count; ++i) {
        std::memcpy(to + i * fill.width, &fill.value, fill.width);
    }
    return success;
}

Result perform(const Operation& operation) {
    TRY(Machine::get().state());
    return std::visit([](const auto& it) { return run(it); }, operation);
}

}  // namespace cuda_on_cpu

// The driver's interface: initialisation, devices, contexts and errors.

#include <cstring>

#include "machine.h"

using namespace cuda_on_cpu;

struct ErrorName {
    Result error;
    const char *name, *text;
};

static const ErrorName error_names[] = {
    {success, "CUDA_SUCCESS", "no error"},
    {invalid_value, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {out_of_memory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {not_initialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {no_device, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {invalid_device, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {invalid_image, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {invalid_context, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {invalid_handle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {not_found, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {not_ready, "CUDA_ERROR_NOT_READY", "device not ready"},
    {illegal_address, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {launch_failed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {capture_unsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED",
     "operation not permitted when stream is capturing"},
    {capture_invalidated, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED",
     "operation failed due to a previous error during capture"},
    {capture_unmatched, "CUDA_ERROR_STREAM_CAPTURE_UNMATCHED",
     "capture was not ended in the same stream as it began"},
    {capture_isolation, "CUDA_ERROR_STREAM_CAPTURE_ISOLATION",
     "dependency created on uncaptured work in another stream"},
    {captured_event, "CUDA_ERROR_CAPTURED_EVENT",
     "operation not permitted on an event last recorded in a capturing stream"},
};

static const ErrorName* find_error(int error) {
    for (const ErrorName& known : error_names) {
        if (known.error == error) return &known;
    }
    return nullptr;
}

API cuGetErrorName(int error, const char** name) {
    const ErrorName* known = find_error(error);
    *name = known ? known->name : nullptr;
    return known ? success : invalid_value;
}

API cuGetErrorString(int error, const char** text) {
    const ErrorName* known = find_error(error);
    *text = known ? known->text : nullptr;
    return known ? success : invalid_value;
}

API cuInit(unsigned flags) {
    if (flags != 0) return invalid_value;
    return Machine::devices() > 0 ? success : no_device;
}

API cuDriverGetVersion(int* version) {
    *version = Machine::driver_version();
    return success;
}

API cuDeviceGetCount(int* count) {
    *count = Machine::devices();
    return success;
}

API cuDeviceGet(int* device, int ordinal) {
    if (!Machine::get().device(ordinal)) return invalid_device;
    *device = ordinal;
    return success;
}

API cuDeviceGetName(char* name, int length, int device) {
    if (!Machine::get().device(device)) return invalid_device;
    if (length < 1) return invalid_value;
    std::strncpy(name, "CPU stand-in", static_cast<std::size_t>(length));
    name[length - 1] = '\0';
    return success;
}

API cuDeviceGetUuid_v2(unsigned char* uuid, int device) {
    if (!Machine::get().device(device)) return invalid_device;
    std::memset(uuid, 0, 16);
    uuid[15] = static_cast<unsigned char>(device);
    return success;
}

API cuDeviceTotalMem_v2(std::size_t* bytes, int device) {
    if (!Machine::get().device(device)) return invalid_device;
    *bytes = Machine::memory();
    return success;
}

API cuDeviceGetAttribute(int* value, int attribute, int device) {
    if (!Machine::get().device(device)) return invalid_device;
    switch (attribute) {
        case 1: *value = 1024; break;                            // threads of a block
        case 2: case 3: *value = 1024; break;                    // block.x, block.y
        case 4: *value = 64; break;                              // block.z
        case 5: *value = 2147483647; break;                      // grid.x
        case 6: case 7: *value = 65535; break;                   // grid.y, grid.z
        case 8: *value = 48 * 1024; break;                       // shared memory of a block
        case 10: *value = 32; break;                             // lanes of a warp
        case 12: case 82: *value = 65536; break;                 // registers
        case 13: *value = 1'000'000; break;                      // clock, kHz
        case 16: *value = 4; break;                              // multiprocessors
        case 31: case 41: case 78: *value = 1; break;            // concurrency, addressing, priority
        case 38: *value = 32 << 20; break;                       // second-level cache
        case 39: *value = 2048; break;                           // threads of a multiprocessor
        case 75: *value = Machine::capability() / 10; break;     // compute capability
        case 76: *value = Machine::capability() % 10; break;
        case 81: case 97: *value = 227 * 1024; break;            // shared memory, at most
        case 106: *value = 32; break;                            // blocks of a multiprocessor
        default: *value = 0;                                     // such as memory pools
    }
    return attribute > 0 ? success : invalid_value;
}

API cuDevicePrimaryCtxRetain(Device** context, int device) {
    return Machine::get().retain(device, context);
}

API cuDevicePrimaryCtxRelease_v2(int device) { return Machine::get().release(device); }

API cuCtxGetCurrent(Device** context) {
    *context = current;
    return success;
}

API cuCtxSetCurrent(Device* context) {
    current = context;
    return success;
}

API cuCtxGetDevice(int* device) {
    if (!current) return invalid_context;
    *device = current->ordinal;
    return success;
}

API cuCtxSetFlags(unsigned) { return current ? success : invalid_context; }

API cuCtxGetStreamPriorityRange(int* least, int* greatest) {
    *least = *greatest = 0;
    return success;
}

API cuProfilerStart() { return success; }
API cuProfilerStop() { return success; }

// What the parts of the stand-in driver's interface share.
#pragma once

#include <cstddef>
#include <cstdint>

/// The values of CUresult that are used here.
enum Result : int {
    success = 0,
    invalid_value = 1,
    out_of_memory = 2,
    not_initialized = 3,
    no_device = 100,
    invalid_device = 101,
    invalid_image = 200,
    invalid_context = 201,
    invalid_handle = 400,
    not_found = 500,
    not_ready = 600,
    illegal_address = 700,
    launch_failed = 719,
    capture_unsupported = 900,
    capture_invalidated = 901,
    capture_unmatched = 903,
    capture_isolation = 905,
    captured_event = 907,
};

using DevicePointer = std::uint64_t;

#define API extern "C" __attribute__((visibility("default"))) Result

/// Returns from the function if the result is an error.
#define TRY(expression) \
    do { \
        if (Result tried = (expression); tried != success) return tried; \
    } while (false)

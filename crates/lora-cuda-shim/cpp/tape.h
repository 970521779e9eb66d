// A record of what a program does with the device, for the replay.
//
// Each record is a letter and 64-bit words, of the machine's byte order:
//   A address bytes                allocate
//   F address                      free
//   H address bytes, data          copy to the device
//   D to from bytes                copy on the device
//   S address value width count    set `count` elements of `width` bytes
//   L grid[3] block[3] name parameter, the name, the parameter   launch (their sizes first)
#pragma once

#include <cstddef>
#include <cstdint>

#include "block.h"

namespace cuda_on_cpu::tape {

// Each of these does nothing unless CUDA_ON_CPU_TAPE names a file.
void allocate(std::uint64_t address, std::size_t bytes);
void free(std::uint64_t address);
void copy_to_device(std::uint64_t address, const void* data, std::size_t bytes);
void copy_on_device(std::uint64_t to, std::uint64_t from, std::size_t bytes);
void set(std::uint64_t address, unsigned value, std::size_t width, std::size_t count);
void launch(const Launch& launch);

}  // namespace cuda_on_cpu::tape

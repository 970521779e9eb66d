#include "tape.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <mutex>
#include <string>

namespace cuda_on_cpu::tape {

struct Piece {
    const void* data;
    std::size_t bytes;
};

/// Writes one record in a single piece, whatever other threads write.
static void write(char letter, std::initializer_list<std::uint64_t> words,
                  std::initializer_list<Piece> pieces = {}) {
    static std::mutex mutex;
    static std::string open_path;
    static std::FILE* file = nullptr;

    const char* path = std::getenv("CUDA_ON_CPU_TAPE");
    if (!path || !*path) return;
    std::lock_guard lock(mutex);
    if (open_path != path) {
        if (file) std::fclose(file);
        file = std::fopen(path, "ab");
        open_path = path;
    }
    if (!file) {
        std::fprintf(stderr, "cuda-on-cpu: cannot write the tape %s\n", path);
        std::abort();
    }
    std::fwrite(&letter, 1, 1, file);
    for (std::uint64_t word : words) std::fwrite(&word, sizeof word, 1, file);
    for (const Piece& piece : pieces) std::fwrite(piece.data, 1, piece.bytes, file);
    std::fflush(file);
}

void allocate(std::uint64_t address, std::size_t bytes) { write('A', {address, bytes}); }
void free(std::uint64_t address) { write('F', {address}); }

void copy_to_device(std::uint64_t address, const void* data, std::size_t bytes) {
    write('H', {address, bytes}, {{data, bytes}});
}

void copy_on_device(std::uint64_t to, std::uint64_t from, std::size_t bytes) {
    write('D', {to, from, bytes});
}

void set(std::uint64_t address, unsigned value, std::size_t width, std::size_t count) {
    write('S', {address, value, width, count});
}

void launch(const Launch& launch) {
    const Kernel& kernel = *launch.kernel;
    const dim3 &grid = launch.grid, &block = launch.block;
    std::size_t length = std::strlen(kernel.name);
    write('L', {grid.x, grid.y, grid.z, block.x, block.y, block.z, length, kernel.bytes},
          {{kernel.name, length}, {launch.parameter, kernel.bytes}});
}

}  // namespace cuda_on_cpu::tape

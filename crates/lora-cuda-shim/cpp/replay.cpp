// Executes a tape with the same kernels under a sanitizer: `replay TAPE`.
//
// Under the race checker one host thread runs half of a launch's blocks, and then another thread runs
// the other half. The sanitizer does not see that order, so it also finds conflicts between blocks.
// Each host thread has shared memory of its own, which causes no conflict.

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "block.h"
#include "sanitizer.h"

using namespace cuda_on_cpu;

[[noreturn]] static void stop(const std::string& why) {
    std::fprintf(stderr, "cuda-on-cpu: %s\n", why.c_str());
    std::_Exit(3);
}

/// A host thread that runs half of the blocks of each launch.
class Half {
public:
    explicit Half(Blocks blocks) : blocks_(blocks), thread_([this] { work(); }) {}
    ~Half() {
        give(nullptr);
        thread_.join();
    }
    std::string run(const Launch& launch) {
        give(&launch);
        turn_.wait(true);
        return failure_;
    }

private:
    void give(const Launch* launch) {
        launch_ = launch;
        turn_ = true;
        turn_.notify_all();
    }
    void work() {
        for (;;) {
            turn_.wait(false);
            if (!launch_) return;
            failure_ = run_blocks(*launch_, blocks_);
            turn_ = false;
            turn_.notify_all();
        }
    }

    Blocks blocks_;
    const Launch* launch_ = nullptr;
    std::string failure_;
    std::atomic<bool> turn_ = false;
    std::thread thread_;
};

static std::string run(const Launch& launch) {
    if (!checks_races) return run_blocks(launch, Blocks::all);
    static Half even(Blocks::even_ones), odd(Blocks::odd_ones);
    before_launch();
    std::string failure = even.run(launch);
    if (failure.empty()) failure = odd.run(launch);
    after_launch();
    return failure;
}

class Replay {
public:
    explicit Replay(const char* path) : tape_(path, std::ios::binary) {
        if (!tape_) stop(std::string("cannot read ") + path);
    }

    void all() {
        for (char letter; tape_.get(letter);) one(letter);
    }

private:
    struct Memory {
        std::size_t bytes;
        char* own;
    };

    std::uint64_t word() {
        std::uint64_t word = 0;
        read(&word, sizeof word);
        return word;
    }
    void read(void* to, std::size_t bytes) {
        if (!tape_.read(static_cast<char*>(to), static_cast<std::streamsize>(bytes))) {
            stop("the tape ends within a record");
        }
    }

    /// The address in this process for an address of the recording, or null.
    char* find(std::uint64_t address) {
        auto next = memory_.upper_bound(address);
        if (next == memory_.begin()) return nullptr;
        auto& [start, memory] = *std::prev(next);
        return address - start < memory.bytes ? memory.own + (address - start) : nullptr;
    }
    char* here(std::uint64_t address) {
        char* found = find(address);
        if (!found) stop("the tape uses memory that it did not allocate");
        return found;
    }

    void one(char letter) {
        switch (letter) {
            case 'A': return allocate();
            case 'F': return free();
            case 'H': return copy_to_device();
            case 'D': return copy_on_device();
            case 'S': return set();
            case 'L': return launch();
            default: stop("the tape holds an unknown record");
        }
    }

    void allocate() {
        std::uint64_t address = word(), bytes = word();
        // Exactly the size of the allocation, so that the sanitizer sees accesses beyond it. Aligned as
        // on a GPU.
        void* own = nullptr;
        if (posix_memalign(&own, 256, bytes) != 0) stop("out of memory");
        std::memset(own, 0xff, bytes);
        memory_[address] = {bytes, static_cast<char*>(own)};
    }
    void free() {
        std::uint64_t address = word();
        std::free(here(address));
        memory_.erase(address);
    }
    void copy_to_device() {
        std::uint64_t address = word(), bytes = word();
        if (bytes > 0) read(here(address), bytes);
    }
    void copy_on_device() {
        std::uint64_t to = word(), from = word(), bytes = word();
        if (bytes > 0) std::memmove(here(to), here(from), bytes);
    }
    void set() {
        std::uint64_t address = word(), value = word(), width = word(), count = word();
        for (std::uint64_t i = 0; i < count; ++i) {
            std::memcpy(here(address) + i * width, &value, width);
        }
    }

    void launch() {
        auto number = [this] { return static_cast<unsigned>(word()); };
        dim3 grid, block;
        for (unsigned* size : {&grid.x, &grid.y, &grid.z, &block.x, &block.y, &block.z}) {
            *size = number();
        }
        std::string name(word(), ' ');
        std::size_t bytes = word();
        read(name.data(), name.size());
        std::vector<double2> parameter((bytes + sizeof(double2) - 1) / sizeof(double2));
        read(parameter.data(), bytes);
        relocate(parameter);

        const Kernel* kernel = find_kernel(name);
        if (!kernel || kernel->bytes != bytes) stop("no such kernel: " + name);
        std::string failure = run(Launch{kernel, grid, block, parameter.data()});
        if (!failure.empty()) stop("kernel " + name + ": " + failure);
    }
    void relocate(std::vector<double2>& parameter) {
        char* words = reinterpret_cast<char*>(parameter.data());
        for (std::size_t i = 0; i < parameter.size() * 2; ++i) {
            std::uint64_t address;
            std::memcpy(&address, words + 8 * i, sizeof address);
            if (char* own = find(address)) std::memcpy(words + 8 * i, &own, sizeof own);
        }
    }

    std::ifstream tape_;
    std::map<std::uint64_t, Memory> memory_;
};

int main(int count, char** arguments) {
    if (count != 2) stop("one argument is wanted: the tape");
    if (const char* text = std::getenv("CUDA_ON_CPU_DROP"); text && *text) {
        std::string site = text;
        std::size_t colon = site.rfind(':');
        if (colon == std::string::npos) stop("CUDA_ON_CPU_DROP is not FILE:LINE");
        drop_barrier(site.substr(0, colon), std::atoi(site.c_str() + colon + 1));
    }
    Replay(arguments[1]).all();
}

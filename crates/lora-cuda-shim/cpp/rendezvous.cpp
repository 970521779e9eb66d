// The points where threads of a block wait for each other: barriers and the collectives of a warp.

#include <cstring>
#include <string>

#include "executor.h"
#include "sanitizer.h"

namespace cuda_on_cpu {

static std::string dropped_file;
static int dropped_line = 0;

void drop_barrier(const std::string& file, int line) {
    dropped_file = file;
    dropped_line = line;
}

static std::string_view name_of(const char* path) {
    const char* slash = std::strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static std::string place(const char* file, int line) {
    return std::string(name_of(file)) + ":" + std::to_string(line);
}

void barrier(const char* file, int line) {
    if (line == dropped_line && name_of(file) == dropped_file) return;
    Executor::of_this_thread().barrier(file, line);
}

std::uint64_t collective(Collective kind, unsigned mask, std::uint64_t value, unsigned source) {
    return Executor::of_this_thread().collective(kind, mask, value, source);
}

unsigned lane() { return Executor::of_this_thread().lane(); }

void Executor::barrier(const char* file, int line) {
    void* rendezvous = barriers_.now();
    if (at_barrier_ == 0) {
        file_ = file;
        line_ = line;
    } else if (line != line_ || (file != file_ && std::strcmp(file, file_) != 0)) {
        fail("barrier divergence: threads of one block wait at " + place(file_, line_) + " and at "
             + place(file, line));
    }
    release(rendezvous);
    if (++at_barrier_ < threads_) {
        suspend();
    } else {
        at_barrier_ = 0;
        ++barriers_.count;
        for (Worker* worker : of_thread_) {
            if (worker != running_) push_ready(worker);
        }
    }
    acquire(rendezvous);
}

unsigned Executor::existing_lanes(unsigned warp) const {
    unsigned lanes = threads_ - warp * 32;
    return lanes >= 32 ? ~0u : (1u << lanes) - 1;
}

// Only __syncwarp orders memory. A shuffle on a GPU guarantees nothing but its values.
std::uint64_t Executor::collective(Collective kind, unsigned mask, std::uint64_t value,
                                   unsigned source) {
    Worker& own = *running_;
    unsigned number = own.thread / 32;
    Warp& warp = warps_[number];
    void* rendezvous = warp.turns.now();
    if (!(mask >> lane() & 1)) fail("a lane calls a warp function whose mask leaves it out");
    own.kind = kind;
    own.mask = mask;
    own.value = value;
    own.source = source;
    if (kind == Collective::sync) release(rendezvous);
    warp.waiting |= 1u << lane();
    unsigned lanes = mask & existing_lanes(number);
    if ((warp.waiting & lanes) == lanes) {
        complete(number, lanes);
    } else {
        suspend();
    }
    if (kind == Collective::sync) acquire(rendezvous);
    return own.result;
}

void Executor::complete(unsigned number, unsigned lanes) {
    Worker** warp = &of_thread_[number * 32];
    unsigned ballot = 0;
    for (unsigned lane = 0; lane < 32; ++lane) {
        if (!(lanes >> lane & 1)) continue;
        if (warp[lane]->mask != running_->mask || warp[lane]->kind != running_->kind) {
            fail("the lanes of a warp call different warp functions, or with different masks");
        }
        ballot |= unsigned(warp[lane]->value != 0) << lane;
    }
    for (unsigned lane = 0; lane < 32; ++lane) {
        if (!(lanes >> lane & 1)) continue;
        Worker& worker = *warp[lane];
        if (worker.kind == Collective::ballot) {
            worker.result = ballot;
        } else if (worker.kind == Collective::shuffle) {
            if (!(lanes >> worker.source & 1)) fail("a shuffle reads from a lane not in its mask");
            worker.result = warp[worker.source]->value;
        }
        if (&worker != running_) push_ready(&worker);
    }
    warps_[number].waiting &= ~lanes;
    ++warps_[number].turns.count;
}

std::string Executor::stuck() const {
    unsigned in_warps = threads_ - ended_ - at_barrier_;
    std::string text = at_barrier_ > 0 ? "barrier divergence" : "lanes missing";
    text += ": of " + std::to_string(threads_) + " threads, " + std::to_string(ended_) + " ended";
    if (at_barrier_ > 0) {
        text += ", " + std::to_string(at_barrier_) + " wait at " + place(file_, line_);
    }
    if (in_warps > 0) {
        text += ", " + std::to_string(in_warps) + " wait for lanes of their warp";
    }
    return text;
}

}  // namespace cuda_on_cpu

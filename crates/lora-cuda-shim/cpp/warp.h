// The warp's functions, for values of four or eight bytes.
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "block.h"

namespace cuda_on_cpu {

template <class T>
T shuffle(unsigned mask, T value, unsigned source) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8);
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    auto bits = collective(Collective::shuffle, mask, std::bit_cast<Bits>(value), source);
    return std::bit_cast<T>(static_cast<Bits>(bits));
}

/// The last lane of the segment of `width` lanes that this lane is in.
inline unsigned last_lane(int width) { return lane() | static_cast<unsigned>(width - 1); }

}  // namespace cuda_on_cpu

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
    unsigned within = static_cast<unsigned>(width - 1);
    unsigned from = (cuda_on_cpu::lane() & ~within) | (static_cast<unsigned>(source) & within);
    return cuda_on_cpu::shuffle(mask, value, from);
}

template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32) {
    unsigned own = cuda_on_cpu::lane(), from = own ^ static_cast<unsigned>(lanes);
    return cuda_on_cpu::shuffle(mask, value, from > cuda_on_cpu::last_lane(width) ? own : from);
}

template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned delta, int width = 32) {
    unsigned own = cuda_on_cpu::lane(), from = own + delta;
    return cuda_on_cpu::shuffle(mask, value, from > cuda_on_cpu::last_lane(width) ? own : from);
}

template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned delta, int width = 32) {
    unsigned own = cuda_on_cpu::lane(), first = own & ~static_cast<unsigned>(width - 1);
    return cuda_on_cpu::shuffle(mask, value, own < first + delta ? own : own - delta);
}

inline unsigned __ballot_sync(unsigned mask, int predicate) {
    using cuda_on_cpu::Collective;
    return static_cast<unsigned>(
        cuda_on_cpu::collective(Collective::ballot, mask, predicate != 0, 0));
}

inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, !predicate) == 0; }

inline void __syncwarp(unsigned mask = 0xffffffffu) {
    cuda_on_cpu::collective(cuda_on_cpu::Collective::sync, mask, 0, 0);
}

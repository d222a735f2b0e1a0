// How ids are laid out in the nodes of an IdAllocator: which part of which node an id falls into.
#ifndef MEMTRACK_CORE_ID_BITS_H_
#define MEMTRACK_CORE_ID_BITS_H_

#include <climits>
#include <cstdint>

namespace memtrack::id_bits {

inline constexpr uint64_t kAll = ~uint64_t{0};
inline constexpr uint64_t kIds = uint64_t{INT_MAX} + 1;

// A part of a node at this level covers 2^part_bits ids: a word in a leaf, a child above.
constexpr uint32_t part_bits(uint32_t level) { return 6 * (level + 1); }
constexpr uint32_t node_bits(uint32_t level) { return part_bits(level + 1); }
constexpr uint32_t part_of(uint64_t id, uint32_t level) { return (id >> part_bits(level)) & 63; }
constexpr uint64_t bit(uint64_t n) { return uint64_t{1} << (n & 63); }
constexpr uint64_t from_bit(uint64_t n) { return kAll << (n & 63); }

// The lowest set bit. Not std::countr_zero, which spends an instruction on words without one.
inline uint64_t lowest(uint64_t word) { return static_cast<uint64_t>(__builtin_ctzll(word)); }

// The parts of a root at this level that only ids above INT_MAX would use: they count as full.
constexpr uint64_t unusable(uint32_t level) {
  return node_bits(level) <= 31 ? 0 : kAll << (kIds >> part_bits(level));
}

// Is id beyond what a root at this level covers?
constexpr bool beyond(uint64_t id, uint32_t level) { return (id >> node_bits(level)) != 0; }

// The first id of a part of the node at this level that covers id.
constexpr uint64_t part_start(uint64_t id, uint32_t level, uint64_t part) {
  return (id >> node_bits(level) << node_bits(level)) | part << part_bits(level);
}

// The first id behind the 2^bits ids that id is among.
constexpr uint64_t behind(uint64_t id, uint32_t bits) { return ((id >> bits) + 1) << bits; }

}  // namespace memtrack::id_bits

#endif  // MEMTRACK_CORE_ID_BITS_H_

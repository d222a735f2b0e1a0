// HolderSet: which leaders hold one buffer, in 16 bytes. Nearly every buffer has at most kInline holders, of the first
// 65,536 leaders, and is done with that; else they spill into a HolderSpill, so that a buffer held by hundreds costs no
// more to change than one held by two. Four sets share a cache line: a process that ends takes itself out of all it held,
// and waits for little else.
//
// Thread safety: the buffer's lock.
//
// Invariants: (1) a leader appears at most once; (2) not spilled: inline_[0, size_) are the leaders, in no order; (3) once
// spilled, it stays so until at most kUnspill holders are left, all of which fit.
#ifndef MEMTRACK_CORE_HOLDER_SET_H_
#define MEMTRACK_CORE_HOLDER_SET_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/holder_spill.h"

namespace memtrack {

class alignas(16) HolderSet {
 public:
  static constexpr uint32_t kInline = 7;

  // REQUIRES: not a member.
  void insert(uint32_t leader) {
    if (size_ < kInline && leader <= kMaxInline) [[likely]] {
      inline_[size_++] = static_cast<uint16_t>(leader);
    } else {
      insert_spilled(leader);
    }
  }

  // REQUIRES: a member.
  void erase(uint32_t leader) {
    if (spilled()) [[unlikely]] {
      erase_spilled(leader);
      return;
    }
    // The last takes the place, in all members that are the leader. Without a branch: which one it is nobody could
    // predict; and all at once: the whole set is one register.
    constexpr Lanes kMembers = {0, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff};
    constexpr Lanes kOneLess = {1, 0, 0, 0, 0, 0, 0, 0};
    const uint16_t last = inline_[size_ - 1];
    Lanes set;
    std::memcpy(&set, this, sizeof set);
    const Lanes gone = (set == static_cast<uint16_t>(leader)) & kMembers;
    set = ((set & ~gone) | (gone & last)) - kOneLess;
    std::memcpy(static_cast<void*>(this), &set, sizeof set);
  }

  bool contains(uint32_t leader) const {
    bool found = false;
    for_each([&](uint32_t member) { found |= member == leader; });
    return found;
  }

  template <class F>
  void for_each(F&& f) const {
    if (spilled()) {
      spill().members.for_each(f);
      return;
    }
    for (uint32_t i = 0; i < size_; i++) f(uint32_t{inline_[i]});
  }

  uint32_t size() const { return spilled() ? spill().size : size_; }

  // Forgets all and returns the memory.
  void clear();

  size_t spilled_bytes() const { return spilled() ? spill().members.bytes() : 0; }

 private:
  static constexpr uint32_t kUnspill = 3;
  static constexpr uint32_t kMaxInline = 0xffff;
  static constexpr uint16_t kSpilled = 0xffff;

  // size_ and inline_ as a vector.
  using Lanes __attribute__((vector_size(16))) = uint16_t;

  // What takes the place of inline_, from its second word on.
  struct Spill {
    uint32_t size;
    HolderSpill members;
  };

  bool spilled() const { return size_ == kSpilled; }
  Spill spill() const {
    Spill spill;
    std::memcpy(&spill.size, inline_ + 1, sizeof spill.size);
    std::memcpy(static_cast<void*>(&spill.members), inline_ + 3, sizeof spill.members);
    return spill;
  }
  void keep(const Spill& spill) {
    std::memcpy(inline_ + 1, &spill.size, sizeof spill.size);
    std::memcpy(inline_ + 3, &spill.members, sizeof spill.members);
  }
  void insert_spilled(uint32_t leader);
  void erase_spilled(uint32_t leader);

  uint16_t size_ = 0;  // or kSpilled
  uint16_t inline_[kInline] = {};
};

static_assert(sizeof(HolderSet) == 16);

}  // namespace memtrack

#endif  // MEMTRACK_CORE_HOLDER_SET_H_

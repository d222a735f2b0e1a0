// HolderSet: which leaders hold one buffer, in 16 bytes. Nine buffers of ten have at most kInline holders and are done
// with that; more spill into a HolderSpill, so that a buffer held by hundreds costs no more to change than one held by
// two. Four sets share a cache line: a process that ends takes itself out of all it held, and waits for little else.
//
// Thread safety: the buffer's lock.
//
// Invariants: (1) a leader appears at most once; (2) spilled iff size > kInline was reached since it last fell to
// kUnspill; (3) not spilled: inline_[0, size) are the leaders, in no order.
#ifndef MEMTRACK_CORE_HOLDER_SET_H_
#define MEMTRACK_CORE_HOLDER_SET_H_

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "core/holder_spill.h"

namespace memtrack {

class alignas(16) HolderSet {
 public:
  static constexpr uint32_t kInline = 3;

  // REQUIRES: not a member.
  void insert(uint32_t leader) {
    if (size_ < kInline) [[likely]] {
      inline_[size_++] = leader;
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
    // The last takes the place. Without a branch: which of them it is cannot be predicted.
    const uint32_t last = inline_[--size_];
    for (uint32_t& member : inline_) member = member == leader ? last : member;
  }

  bool contains(uint32_t leader) const {
    bool found = false;
    for_each([&](uint32_t member) { found |= member == leader; });
    return found;
  }

  template <class F>
  void for_each(F&& f) const {
    if (spilled()) {
      spill().for_each(f);
      return;
    }
    for (uint32_t i = 0; i < size_; i++) f(inline_[i]);
  }

  uint32_t size() const { return size_ & ~kSpilled; }

  // Forgets all and returns the memory.
  void clear();

  size_t spilled_bytes() const { return spilled() ? spill().bytes() : 0; }

 private:
  static constexpr uint32_t kUnspill = 1;
  static constexpr uint32_t kSpilled = 0x80000000u;

  bool spilled() const { return (size_ & kSpilled) != 0; }
  HolderSpill spill() const {
    HolderSpill spill;
    std::memcpy(static_cast<void*>(&spill), inline_ + 1, sizeof spill);
    return spill;
  }
  void keep(const HolderSpill& spill) { std::memcpy(inline_ + 1, &spill, sizeof spill); }
  void insert_spilled(uint32_t leader);
  void erase_spilled(uint32_t leader);

  uint32_t size_ = 0;              // with kSpilled
  uint32_t inline_[kInline] = {};  // or a HolderSpill in the last eight bytes
};

static_assert(sizeof(HolderSet) == 16);

}  // namespace memtrack

#endif  // MEMTRACK_CORE_HOLDER_SET_H_

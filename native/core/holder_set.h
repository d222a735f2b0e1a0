// HolderSet: which leaders hold one buffer. Up to kInline of them live in the buffer's own cache line; more spill
// into a hash, so that a buffer held by hundreds costs no more to change than one held by two.
//
// Thread safety: the buffer's lock.
//
// Invariants: (1) a leader appears at most once; (2) spilled iff size > kInline was reached since it last fell to
// kInline / 2; (3) not spilled: members_[0, size) are the leaders, in no order.
#ifndef MEMTRACK_CORE_HOLDER_SET_H_
#define MEMTRACK_CORE_HOLDER_SET_H_

#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace memtrack {

class HolderSet {
 public:
  static constexpr uint32_t kInline = 7;

  // REQUIRES: not a member.
  void insert(uint32_t leader) {
    if (!spilled() && size_ < kInline) {
      inline_[size_++] = leader;
      return;
    }
    insert_spilled(leader);
  }

  // REQUIRES: a member.
  void erase(uint32_t leader) {
    if (spilled()) [[unlikely]] {
      erase_spilled(leader);
      return;
    }
    for (uint32_t i = 0; i < size_; i++) {
      if (inline_[i] == leader) {
        inline_[i] = inline_[--size_];
        return;
      }
    }
  }

  bool contains(uint32_t leader) const {
    bool found = false;
    for_each([&](uint32_t member) { found |= member == leader; });
    return found;
  }

  template <class F>
  void for_each(F&& f) const {
    if (!spilled()) {
      for (uint32_t i = 0; i < size_; i++) f(inline_[i]);
      return;
    }
    const Spill* spill = this->spill();
    for (uint32_t i = 0; i <= spill->mask; i++) {
      if (spill->slots[i] != 0) f(spill->slots[i] - 1);
    }
  }

  uint32_t size() const { return size_ & ~kSpilled; }

  // Forgets all and returns the memory.
  void clear() {
    if (spilled()) std::free(spill());
    size_ = 0;
  }

  size_t spilled_bytes() const {
    return spilled() ? sizeof(Spill) + (spill()->mask + size_t{1}) * sizeof(uint32_t) : 0;
  }

 private:
  struct Spill {
    uint32_t mask;
    uint32_t slots[];  // leader + 1; 0: free
  };
  static constexpr uint32_t kSpilled = 0x80000000u;

  bool spilled() const { return (size_ & kSpilled) != 0; }
  Spill* spill() const {
    Spill* spill;
    std::memcpy(&spill, inline_, sizeof spill);
    return spill;
  }
  static uint32_t home(uint32_t leader, uint32_t mask) {
    return (leader * 0x9E3779B1u >> 7) & mask;
  }
  static void put(Spill* spill, uint32_t leader);
  void resize_spill(uint32_t slots);
  void insert_spilled(uint32_t leader);
  void erase_spilled(uint32_t leader);

  uint32_t size_ = 0;              // with kSpilled
  uint32_t inline_[kInline] = {};  // or a Spill* in the first eight bytes
};

static_assert(sizeof(HolderSet) == 32);

}  // namespace memtrack

#endif  // MEMTRACK_CORE_HOLDER_SET_H_

#include "core/holder_set.h"

namespace memtrack {

void HolderSet::put(Spill* spill, uint32_t leader) {
  uint32_t i = home(leader, spill->mask);
  while (spill->slots[i] != 0) i = (i + 1) & spill->mask;
  spill->slots[i] = leader + 1;
}

// Moves all members into a spill of `slots` slots, a power of two above their number.
void HolderSet::resize_spill(uint32_t slots) {
  auto* grown = static_cast<Spill*>(std::calloc(1, sizeof(Spill) + slots * sizeof(uint32_t)));
  if (grown == nullptr) std::abort();
  grown->mask = slots - 1;
  for_each([&](uint32_t leader) { put(grown, leader); });
  if (spilled()) std::free(spill());
  std::memcpy(inline_, &grown, sizeof grown);
  size_ |= kSpilled;
}

void HolderSet::insert_spilled(uint32_t leader) {
  if (!spilled()) {
    resize_spill(16);
  } else if (size() * 4 >= (spill()->mask + 1) * 3) {
    resize_spill((spill()->mask + 1) * 2);
  }
  put(spill(), leader);
  size_++;
}

// Closes the gap by moving back whoever was displaced over it, so that no tombstones are needed.
void HolderSet::erase_spilled(uint32_t leader) {
  Spill* spill = this->spill();
  const uint32_t mask = spill->mask;
  uint32_t gap = home(leader, mask);
  while (spill->slots[gap] != leader + 1) gap = (gap + 1) & mask;
  for (uint32_t i = (gap + 1) & mask; spill->slots[i] != 0; i = (i + 1) & mask) {
    const uint32_t wanted = home(spill->slots[i] - 1, mask);
    if (((i - wanted) & mask) >= ((i - gap) & mask)) {
      spill->slots[gap] = spill->slots[i];
      gap = i;
    }
  }
  spill->slots[gap] = 0;
  size_--;
  if (size() > kInline / 2) return;
  uint32_t kept[kInline];
  uint32_t n = 0;
  for_each([&](uint32_t member) { kept[n++] = member; });
  std::free(spill);
  std::memcpy(inline_, kept, n * sizeof(uint32_t));
  size_ = n;
}

}  // namespace memtrack

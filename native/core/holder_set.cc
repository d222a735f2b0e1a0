#include "core/holder_set.h"

namespace memtrack {

void HolderSet::clear() {
  if (spilled()) spill().release();
  size_ = 0;
}

void HolderSet::insert_spilled(uint32_t leader) {
  HolderSpill spill;
  if (spilled()) {
    spill = this->spill();
  } else {
    spill.allocate(kInline + 1);
    for (uint32_t i = 0; i < kInline; i++) spill.insert(inline_[i], i);
    size_ |= kSpilled;
  }
  spill.insert(leader, size());
  keep(spill);
  size_++;
}

void HolderSet::erase_spilled(uint32_t leader) {
  HolderSpill spill = this->spill();
  spill.erase(leader);
  size_--;
  if (size() > kUnspill) return;
  uint32_t n = 0;
  spill.for_each([&](uint32_t member) { inline_[n++] = member; });
  spill.release();
  size_ = n;
}

}  // namespace memtrack

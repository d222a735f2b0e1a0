#include "core/holder_set.h"

namespace memtrack {

void HolderSet::clear() {
  if (spilled()) spill().members.release();
  size_ = 0;
}

void HolderSet::insert_spilled(uint32_t leader) {
  Spill spill;
  if (spilled()) {
    spill = this->spill();
  } else {
    spill.members.allocate(kInline + 1);
    for (spill.size = 0; spill.size < size_; spill.size++) {
      spill.members.insert(inline_[spill.size], spill.size);
    }
    size_ = kSpilled;
  }
  spill.members.insert(leader, spill.size);
  spill.size++;
  keep(spill);
}

void HolderSet::erase_spilled(uint32_t leader) {
  Spill spill = this->spill();
  spill.members.erase(leader);
  spill.size--;
  keep(spill);
  if (spill.size > kUnspill) return;
  bool fit = true;
  spill.members.for_each([&](uint32_t member) { fit &= member <= kMaxInline; });
  if (!fit) return;
  size_ = 0;
  spill.members.for_each(
      [&](uint32_t member) { inline_[size_++] = static_cast<uint16_t>(member); });
  spill.members.release();
}

}  // namespace memtrack

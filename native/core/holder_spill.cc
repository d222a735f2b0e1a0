#include "core/holder_spill.h"

#include <bit>
#include <cstdlib>
#include <cstring>

namespace memtrack {

void HolderSpill::allocate(uint32_t members) {
  const uint32_t n = std::bit_ceil((members + kPerBucket - 1) / kPerBucket);
  buckets_ = static_cast<Bucket*>(std::aligned_alloc(alignof(Bucket), n * sizeof(Bucket)));
  if (buckets_ == nullptr) std::abort();
  std::memset(static_cast<void*>(buckets_), 0, n * sizeof(Bucket));
  buckets_->mask = n - 1;
}

void HolderSpill::release() {
  std::free(buckets_);
  buckets_ = nullptr;
}

// The leader's own bucket has no free slot.
void HolderSpill::insert_slowly(uint32_t leader, uint32_t size) {
  const uint32_t room = (buckets_->mask + 1) * kPerBucket;
  if (size == room || buckets_->used >= room / 4 * 3) {
    // Twice what is needed; if it is mostly kGone that fills the buckets, that may be what there is.
    HolderSpill larger;
    larger.allocate(2 * size);
    for_each([&](uint32_t member) { larger.insert(member, size); });
    release();
    *this = larger;
  }
  for (uint32_t b = home_of(leader);; b++) {
    Bucket& bucket = buckets_[b & buckets_->mask];
    const unsigned unused = slots(bucket, kFree);
    const unsigned open = unused | slots(bucket, kGone);
    if (open == 0) continue;
    const int slot = __builtin_ctz(unused != 0 ? unused : open);
    bucket.leaders[slot] = leader + 1;
    buckets_->used += unused != 0 ? 1 : 0;
    return;
  }
}

}  // namespace memtrack

// HolderSpill: the holders of a buffer that has too many for its HolderSet. A hash in buckets of one cache line, so that
// up to kPerBucket holders are one line and one comparison.
//
// A plain handle of 8 bytes: copies name the same memory. Of no use before `allocate`. Thread safety: the buffer's lock.
//
// Invariants: (1) a leader appears at most once; (2) a bucket that has a free slot never had none since it was
// allocated, so probing may stop there: what leaves a full bucket leaves kGone behind; (3) used counts the slots that
// are not free.
#ifndef MEMTRACK_CORE_HOLDER_SPILL_H_
#define MEMTRACK_CORE_HOLDER_SPILL_H_

#include <cstddef>
#include <cstdint>

#include "core/match_words.h"

namespace memtrack {

class HolderSpill {
 public:
  static constexpr uint32_t kPerBucket = 14;

  // REQUIRES: not a member; `size` members now. The handle may name other memory afterwards.
  void insert(uint32_t leader, uint32_t size) {
    Bucket& home = buckets_[home_of(leader)];
    if (const unsigned unused = slots(home, kFree)) [[likely]] {
      home.leaders[__builtin_ctz(unused)] = leader + 1;
      buckets_->used++;
      return;
    }
    insert_slowly(leader, size);
  }

  // REQUIRES: a member.
  void erase(uint32_t leader) {
    for (uint32_t b = home_of(leader);; b++) {
      Bucket& bucket = buckets_[b & mask()];
      const unsigned hit = slots(bucket, leader + 1);
      if (hit == 0) continue;
      const bool was_full = slots(bucket, kFree) == 0;
      bucket.leaders[__builtin_ctz(hit)] = was_full ? kGone : kFree;
      buckets_->used -= was_full ? 0 : 1;
      return;
    }
  }

  template <class F>
  void for_each(F&& f) const {
    for (uint32_t b = 0; b <= mask(); b++) {
      for (const uint32_t word : buckets_[b].leaders) {
        if (word != kFree && word != kGone) f(word - 1);
      }
    }
  }

  // Memory for so many members; none yet. Aborts when the machine is out of memory.
  void allocate(uint32_t members);
  void release();
  size_t bytes() const { return (mask() + size_t{1}) * sizeof(Bucket); }

 private:
  struct alignas(64) Bucket {
    uint32_t leaders[kPerBucket];  // leader + 1, kFree, kGone
    uint32_t mask;  // of the first bucket: how many there are, less one; a power of two
    uint32_t used;  // of the first bucket
  };
  static constexpr uint32_t kFree = 0;
  static constexpr uint32_t kGone = 0xffffffffu;

  // REQUIRES: allocated. Said in code, for the analyzer and the sanitizer.
  uint32_t mask() const {
    if (buckets_ == nullptr) __builtin_unreachable();
    return buckets_->mask;
  }
  uint32_t home_of(uint32_t leader) const { return (leader * 0x9E3779B1u >> 7) & mask(); }
  // Bit i: slot i has this word.
  static unsigned slots(const Bucket& bucket, uint32_t word) {
    static_assert(kPerBucket > 8 && kPerBucket <= 16 && sizeof(Bucket) == 64);
    const unsigned both = match_words(bucket.leaders, word) | match_words(bucket.leaders + 8, word)
                                                                  << 8;
    return both & ((1u << kPerBucket) - 1);
  }
  void insert_slowly(uint32_t leader, uint32_t size);

  Bucket* buckets_ = nullptr;
};

static_assert(sizeof(HolderSpill) == 8);

}  // namespace memtrack

#endif  // MEMTRACK_CORE_HOLDER_SPILL_H_

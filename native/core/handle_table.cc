#include "core/handle_table.h"

#include <bit>
#include <cstdlib>
#include <cstring>

namespace memtrack {

HandleTable::Bucket* HandleTable::allocate(uint32_t n) {
  // calloc leaves the pages of a large array to the kernel until they are touched: a step pays for its own.
  void* raw = nullptr;
  const size_t bytes = static_cast<size_t>(n) * sizeof(Bucket);
  if (n >= kStepwise) {
    // Over-allocate to align by hand; the true start is kept in the word before.
    auto* base = static_cast<char*>(std::calloc(1, bytes + 2 * sizeof(Bucket)));
    if (base == nullptr) std::abort();
    const auto aligned =
        (reinterpret_cast<uintptr_t>(base) + 2 * sizeof(Bucket) - 1) & ~(sizeof(Bucket) - 1);
    raw = reinterpret_cast<void*>(aligned);
    reinterpret_cast<void**>(raw)[-1] = base;
    return static_cast<Bucket*>(raw);
  }
  raw = std::aligned_alloc(sizeof(Bucket), bytes);
  if (raw == nullptr) std::abort();
  std::memset(raw, 0, bytes);
  return static_cast<Bucket*>(raw);
}

namespace {
template <class Bucket>
void release(Bucket* buckets, uint32_t mask, uint32_t stepwise) {
  if (buckets == nullptr) return;
  std::free(mask + 1 >= stepwise ? reinterpret_cast<void**>(buckets)[-1]
                                 : static_cast<void*>(buckets));
}
}  // namespace

uint32_t* HandleTable::add_slowly(uint32_t id) {
  if (buckets_ == nullptr || used_ >= full_at(mask_ + 1)) [[unlikely]]
    make_room();
  if (old_ != nullptr) [[unlikely]] {
    step();
    if (old_ != nullptr) {
      if (uint32_t* count = probe(old_, old_mask_, old_shift_, id)) return count;
    }
  }
  return place(id);
}

// Finds `id` or takes the first slot that can hold it.
uint32_t* HandleTable::place(uint32_t id) {
  uint32_t* reusable = nullptr;
  for (uint32_t b = bucket_of(id, mask_, shift_);; b++) {
    Bucket& bucket = buckets_[b & mask_];
    if (const unsigned hit = match(bucket, id + 1)) {
      uint32_t* count = &bucket.counts[__builtin_ctz(hit)];
      if (*count != 0) return count;
      live_++;
      return count;
    }
    const unsigned unused = match(bucket, 0);
    if (unused != 0) {
      live_++;
      if (reusable == nullptr) {
        const int slot = __builtin_ctz(unused);
        bucket.ids[slot] = id + 1;
        used_++;
        return &bucket.counts[slot];
      }
      // `reusable` was abandoned by another id in a full bucket on the way.
      auto* owner =
          reinterpret_cast<Bucket*>(reinterpret_cast<uintptr_t>(reusable) & ~(sizeof(Bucket) - 1));
      owner->ids[reusable - owner->counts] = id + 1;
      return reusable;
    }
    if (reusable == nullptr) {
      for (uint32_t& count : bucket.counts) {
        if (count == 0) {
          reusable = &count;
          break;
        }
      }
    }
  }
}

// Doubles, or purges abandoned slots where these are what fills the table.
void HandleTable::make_room() {
  if (buckets_ == nullptr) {
    buckets_ = allocate(1);
    mask_ = 0;
    shift_ = 32;
    return;
  }
  while (old_ != nullptr) step();
  const uint32_t n = mask_ + 1;
  const uint32_t grown = live_ > n * 7 / 2 ? n * 2 : n;
  old_ = buckets_;
  old_mask_ = mask_;
  old_shift_ = shift_;
  old_next_ = 0;
  buckets_ = allocate(grown);
  mask_ = grown - 1;
  shift_ = 32 - static_cast<unsigned>(std::countr_zero(grown));
  used_ = 0;
  if (n < kStepwise) {
    while (old_ != nullptr) step();
  }
}

// Moves the next few buckets of old_; frees it after the last.
void HandleTable::step() {
  for (uint32_t i = 0; i < kStep; i++) {
    Bucket& bucket = old_[old_next_];
    for (unsigned slot = 0; slot < 8; slot++) {
      if (bucket.counts[slot] == 0) continue;
      *place(bucket.ids[slot] - 1) = bucket.counts[slot];
      live_--;  // place counted it as new
      bucket.counts[slot] = 0;
    }
    if (++old_next_ > old_mask_) {
      release(old_, old_mask_, kStepwise);
      old_ = nullptr;
      return;
    }
  }
}

void HandleTable::copy_from(const HandleTable& other) {
  if (other.live_ == 0) return;
  if (other.old_ == nullptr) {
    clear();
    buckets_ = allocate(other.mask_ + 1);
    mask_ = other.mask_;
    shift_ = other.shift_;
    live_ = other.live_;
    used_ = other.used_;
    std::memcpy(static_cast<void*>(buckets_), other.buckets_,
                (static_cast<size_t>(mask_) + 1) * sizeof(Bucket));
    return;
  }
  other.for_each([this](uint32_t id, uint32_t count) { *add(id) = count; });
}

void HandleTable::clear() {
  release(buckets_, mask_, kStepwise);
  release(old_, old_mask_, kStepwise);
  buckets_ = old_ = nullptr;
  mask_ = live_ = used_ = old_mask_ = old_next_ = 0;
  shift_ = old_shift_ = 32;
}

size_t HandleTable::bytes() const {
  const size_t n =
      (buckets_ == nullptr ? 0 : mask_ + size_t{1}) + (old_ == nullptr ? 0 : old_mask_ + size_t{1});
  return n * sizeof(Bucket);
}

}  // namespace memtrack

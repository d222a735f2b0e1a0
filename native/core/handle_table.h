// HandleTable: how often one files table, mm or leader refers to each buffer: buffer id -> count. The membership half
// of a handle tree; order is the tree's business.
//
// A hash in buckets of one cache line: eight ids, eight counts. A count of 0 means absent, whatever the id says: a
// slot whose bucket was once full keeps its id so that probing goes on past it. Growth beyond kStepwise buckets moves a
// few buckets at each change, so that no single install pays for a million.
//
// Thread safety: writers need the owner's lock exclusively, readers shared.
//
// Invariants: (1) an id has at most one slot with a count; (2) live_ is the number of such slots; (3) a bucket that
// has a free slot never had none since it was allocated, so probing may stop there; (4) while old_ is set, an id is in
// one of the two arrays, never in both.
#ifndef MEMTRACK_CORE_HANDLE_TABLE_H_
#define MEMTRACK_CORE_HANDLE_TABLE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "core/match_words.h"

namespace memtrack {

class HandleTable {
 public:
  HandleTable() = default;
  HandleTable(const HandleTable&) = delete;
  HandleTable& operator=(const HandleTable&) = delete;
  ~HandleTable() { clear(); }

  // The count of `id`, or null if it is absent. Valid until the next change.
  uint32_t* find(uint32_t id) const {
    if (buckets_ != nullptr) {
      if (uint32_t* count = probe(buckets_, mask_, shift_, id)) return count;
      if (old_ != nullptr) [[unlikely]]
        return probe(old_, old_mask_, old_shift_, id);
    }
    return nullptr;
  }

  // The count of `id`; a new one is 0, and the caller sets it before anything else happens.
  uint32_t* add(uint32_t id) {
    if (buckets_ != nullptr && old_ == nullptr && used_ < full_at(mask_ + 1)) [[likely]] {
      // Nearly always the id's own bucket has it, or room for it.
      Bucket& bucket = buckets_[bucket_of(id, mask_, shift_)];
      const unsigned unused = match(bucket, 0);
      if (const unsigned hit = match(bucket, id + 1)) {
        uint32_t* count = &bucket.counts[__builtin_ctz(hit)];
        live_ += *count == 0;
        return count;
      }
      if (unused != 0) {
        const int slot = __builtin_ctz(unused);
        bucket.ids[slot] = id + 1;
        used_++;
        live_++;
        return &bucket.counts[slot];
      }
    }
    return add_slowly(id);
  }

  // The entry behind `count` leaves. REQUIRES: from find or add, not changed since.
  void drop(uint32_t* count) {
    *count = 0;
    live_--;
    if (old_ != nullptr) [[unlikely]] {
      step();
      return;
    }
    auto* bucket =
        reinterpret_cast<Bucket*>(reinterpret_cast<uintptr_t>(count) & ~(sizeof(Bucket) - 1));
    if (match(*bucket, 0) != 0) [[likely]] {
      bucket->ids[count - bucket->counts] = 0;
      used_--;
    }
  }

  // Calls f(id, count) for each entry, in no order.
  template <class F>
  void for_each(F&& f) const {
    for (const auto& [buckets, n] :
         {std::pair(buckets_, size(buckets_, mask_)), std::pair(old_, size(old_, old_mask_))}) {
      for (uint32_t b = 0; b < n; b++) {
        for (unsigned i = 0; i < 8; i++) {
          if (buckets[b].counts[i] != 0) f(buckets[b].ids[i] - 1, buckets[b].counts[i]);
        }
      }
    }
  }

  // Calls f(id, locate(id)) for each entry, in no order. locate gives a pointer some entries earlier, and what is there
  // is fetched for writing meanwhile: for a caller that would else wait at each entry.
  template <class L, class F>
  void for_each_located(L&& locate, F&& f) const {
    walk(buckets_, size(buckets_, mask_), locate, f);
    walk(old_, size(old_, old_mask_), locate, f);
  }

  // Becomes a copy of `other`. REQUIRES: empty.
  void copy_from(const HandleTable& other);

  // Forgets everything and returns the memory.
  void clear();

  void prefetch(uint32_t id) const {
    if (buckets_ != nullptr) __builtin_prefetch(&buckets_[bucket_of(id, mask_, shift_)]);
  }

  uint32_t size() const { return live_; }
  bool empty() const { return live_ == 0; }
  size_t bytes() const;

 private:
  struct alignas(64) Bucket {
    uint32_t ids[8];  // id + 1; 0: free
    uint32_t counts[8];
  };

  static constexpr uint32_t kGather = 4;       // buckets gathered at a time by a walk
  static constexpr uint32_t kStepwise = 4096;  // buckets; above it growth goes step by step
  static constexpr uint32_t kStep = 4;         // buckets moved at each change

  // Entries of kGather buckets in a row. No branch for each slot: nobody could predict it.
  template <class Found>
  struct Gathered {
    uint32_t n = 0;
    uint32_t ids[8 * kGather];
    Found found[8 * kGather];

    template <class L>
    void take(const Bucket* buckets, uint32_t count, L&& locate) {
      uint32_t taken = 0;
      for (const Bucket* bucket = buckets; bucket != buckets + count; bucket++) {
        for (unsigned i = 0; i < 8; i++) {
          ids[taken] = bucket->ids[i] - 1;
          taken += bucket->counts[i] != 0;
        }
      }
      n = taken;
      for (uint32_t i = 0; i < taken; i++) {
        found[i] = locate(ids[i]);
        __builtin_prefetch(found[i], 1);
      }
    }
    template <class F>
    void tell(F&& f) const {
      for (uint32_t i = 0; i < n; i++) f(ids[i], found[i]);
    }
  };

  // Ids are dense, and what a process holds was often allocated together. So a block of 64 ids is hashed as one (Fibonacci
  // hashing spreads consecutive blocks evenly) and within it two ids share a bucket: a walk over the buckets then visits
  // the holders of a whole block, which lie together, before it goes on.
  static uint32_t bucket_of(uint32_t id, uint32_t mask, unsigned shift) {
    const auto block =
        static_cast<uint32_t>(static_cast<uint64_t>((id >> 6) * 0x9E3779B1u) >> shift);
    return (block ^ (id >> 1 & 31)) & mask;
  }

  // Bit i: slot i of the bucket has this word.
  static unsigned match(const Bucket& bucket, uint32_t word) {
    return match_words(bucket.ids, word);
  }

  static uint32_t* probe(Bucket* buckets, uint32_t mask, unsigned shift, uint32_t id) {
    for (uint32_t b = bucket_of(id, mask, shift);; b++) {
      Bucket& bucket = buckets[b & mask];
      if (const unsigned hit = match(bucket, id + 1)) {
        uint32_t* count = &bucket.counts[__builtin_ctz(hit)];
        return *count != 0 ? count : nullptr;
      }
      if (match(bucket, 0) != 0) return nullptr;
    }
  }

  // Those of the next few buckets are gathered before the gathered ones are told: many fetches under way at a time.
  template <class L, class F>
  static void walk(const Bucket* buckets, uint32_t n, L&& locate, F&& f) {
    Gathered<decltype(locate(0u))> gathered[2];
    uint32_t turn = 0;
    for (uint32_t b = 0; b < n; b += kGather, turn ^= 1) {
      gathered[turn].take(buckets + b, std::min(kGather, n - b), locate);
      gathered[turn ^ 1].tell(f);
    }
    gathered[turn ^ 1].tell(f);
  }

  // Full when seven of eight slots are used: beyond that probes lengthen quickly.
  static constexpr uint32_t full_at(uint32_t buckets) { return buckets * 7; }

  static uint32_t size(const Bucket* buckets, uint32_t mask) {
    return buckets == nullptr ? 0 : mask + 1;
  }
  static Bucket* allocate(uint32_t n);
  uint32_t* add_slowly(uint32_t id);
  void make_room();
  void step();
  uint32_t* place(uint32_t id);

  Bucket* buckets_ = nullptr;
  uint32_t mask_ = 0;
  unsigned shift_ = 32;
  uint32_t live_ = 0;
  uint32_t used_ = 0;  // slots of buckets_ that are not free
  Bucket* old_ = nullptr;
  uint32_t old_mask_ = 0;
  unsigned old_shift_ = 32;
  uint32_t old_next_ = 0;  // first bucket of old_ not yet moved
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_HANDLE_TABLE_H_

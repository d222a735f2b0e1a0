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

#include <cstddef>
#include <cstdint>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

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
      Bucket& bucket = buckets_[bucket_of(id, shift_)];
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

  // Calls f(id, count) for each entry, in no order. `ahead(id)` is called some entries earlier: to prefetch.
  template <class F, class P>
  void for_each(F&& f, P&& ahead) const {
    walk(buckets_, buckets_ == nullptr ? 0 : mask_ + 1, f, ahead);
    if (old_ != nullptr) walk(old_, old_mask_ + 1, f, ahead);
  }
  template <class F>
  void for_each(F&& f) const {
    for_each(f, [](uint32_t) {});
  }

  // Becomes a copy of `other`. REQUIRES: empty.
  void copy_from(const HandleTable& other);

  // Forgets everything and returns the memory.
  void clear();

  void prefetch(uint32_t id) const {
    if (buckets_ != nullptr) __builtin_prefetch(&buckets_[bucket_of(id, shift_)]);
  }

  uint32_t size() const { return live_; }
  bool empty() const { return live_ == 0; }
  size_t bytes() const;

 private:
  struct alignas(64) Bucket {
    uint32_t ids[8];  // id + 1; 0: free
    uint32_t counts[8];
  };

  static constexpr uint32_t kStepwise = 4096;  // buckets; above it growth goes step by step
  static constexpr uint32_t kStep = 4;         // buckets moved at each change

  // Fibonacci hashing: consecutive ids, the common case, spread evenly.
  static uint32_t bucket_of(uint32_t id, unsigned shift) {
    return static_cast<uint32_t>((static_cast<uint64_t>(id * 0x9E3779B1u)) >> shift);
  }

  // Bit i: slot i of the bucket has this word.
  static unsigned match(const Bucket& bucket, uint32_t word) {
#if defined(__SSE2__)
    const __m128i wanted = _mm_set1_epi32(static_cast<int>(word));
    const auto* ids = reinterpret_cast<const __m128i*>(bucket.ids);
    const __m128i low = _mm_cmpeq_epi32(_mm_load_si128(ids), wanted);
    const __m128i high = _mm_cmpeq_epi32(_mm_load_si128(ids + 1), wanted);
    const __m128i both = _mm_packs_epi32(low, high);
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_packs_epi16(both, _mm_setzero_si128())));
#else
    unsigned bits = 0;
    for (unsigned i = 0; i < 8; i++) bits |= static_cast<unsigned>(bucket.ids[i] == word) << i;
    return bits;
#endif
  }

  static uint32_t* probe(Bucket* buckets, uint32_t mask, unsigned shift, uint32_t id) {
    for (uint32_t b = bucket_of(id, shift);; b++) {
      Bucket& bucket = buckets[b & mask];
      if (const unsigned hit = match(bucket, id + 1)) {
        uint32_t* count = &bucket.counts[__builtin_ctz(hit)];
        return *count != 0 ? count : nullptr;
      }
      if (match(bucket, 0) != 0) return nullptr;
    }
  }

  template <class F, class P>
  static void walk(const Bucket* buckets, uint32_t n, F&& f, P&& ahead) {
    constexpr uint32_t kAhead = 2;
    for (uint32_t b = 0; b < n; b++) {
      if (b + kAhead < n) {
        const Bucket& next = buckets[b + kAhead];
        for (unsigned i = 0; i < 8; i++) {
          if (next.counts[i] != 0) ahead(next.ids[i] - 1);
        }
      }
      const Bucket& bucket = buckets[b];
      for (unsigned i = 0; i < 8; i++) {
        if (bucket.counts[i] != 0) f(bucket.ids[i] - 1, bucket.counts[i]);
      }
    }
  }

  // Full when seven of eight slots are used: beyond that probes lengthen quickly.
  static constexpr uint32_t full_at(uint32_t buckets) { return buckets * 7; }

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

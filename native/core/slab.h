// Slab: a cache of equally sized objects addressed by 32-bit indices.
//
// Objects live in pages of about 64 KiB that never move: a reference stays good until its slot is
// freed. Freed slots are reused last first. A limit on live slots makes "out of memory" something a
// test can ask for.
//
// Invariants:
//   (1) a slot is live or on the free list or behind the high-water mark, never two of these;
//   (2) live() <= limit, unless the limit was lowered below what was live then;
//   (3) pages only grow in number until reset().
//
// Thread safety: every call that changes it needs the caller's lock exclusively. operator[] of a live slot needs no
// lock, also while another thread allocates: the directory of pages is replaced, never changed under a reader.
//
//   Slab<Handle> handles;
//   uint32_t i = handles.alloc();  // a Handle{}; kNoSlot: -ENOMEM
//   handles[i].count = 1;
//   handles.free(i);
#ifndef MEMTRACK_CORE_SLAB_H_
#define MEMTRACK_CORE_SLAB_H_

#include <atomic>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <vector>

namespace memtrack {

inline constexpr uint32_t kNoSlot = 0xffffffffu;

// The pages under a Slab: raw memory, and the directory that finds it.
class SlabPages {
 public:
  static constexpr size_t kPageBytes = size_t{64} * 1024;

  SlabPages(size_t page_bytes, size_t alignment) : page_bytes_(page_bytes), alignment_(alignment) {}
  ~SlabPages();
  SlabPages(const SlabPages&) = delete;
  SlabPages& operator=(const SlabPages&) = delete;

  void* page(size_t n) const { return pages_.load(std::memory_order_acquire)[n]; }
  size_t size() const { return size_; }
  // False if there is no memory; nothing changed.
  bool add();
  void clear();
  // Pages and directories.
  size_t bytes() const { return size_ * page_bytes_ + 2 * capacity_ * sizeof(void*); }

 private:
  const size_t page_bytes_;
  const size_t alignment_;
  std::atomic<void**> pages_{nullptr};
  std::vector<void**> outgrown_;  // directories that a reader may still look into
  size_t size_ = 0;
  size_t capacity_ = 0;  // of pages_
};

template <class T>
class Slab {
  static_assert(std::is_trivially_destructible_v<T>, "slots are dropped without a destructor");

 public:
  Slab() : pages_(kSlotsPerPage * sizeof(Slot), alignof(Slot)) {}

  // A slot holding T{}, or kNoSlot when the limit is reached or there is no memory.
  [[nodiscard]] uint32_t alloc() {
    if (live_ >= limit_) return kNoSlot;
    uint32_t i = free_;
    if (i != kNoSlot) {
      free_ = slot(i).next_free;
    } else {
      if (used_ == pages_.size() * kSlotsPerPage && !(used_ < kMaxSlots && pages_.add())) {
        return kNoSlot;
      }
      i = static_cast<uint32_t>(used_++);
    }
    ++live_;
#ifndef NDEBUG
    is_live_.resize(used_);
    is_live_[i] = true;
#endif
    ::new (&slot(i).value) T{};
    return i;
  }

  // REQUIRES: i is live (asserted in debug builds).
  void free(uint32_t i) {
#ifndef NDEBUG
    assert(i < used_ && is_live_[i] && "Slab: free of a slot that is not live");
    is_live_[i] = false;
#endif
    slot(i).next_free = free_;
    free_ = i;
    --live_;
  }

  T& operator[](uint32_t i) { return slot(i).value; }
  const T& operator[](uint32_t i) const { return slot(i).value; }

  size_t live() const { return live_; }

  // How many slots may be live at once; lowering it below live() frees nothing.
  size_t limit() const { return limit_; }
  void set_limit(size_t limit) { limit_ = limit; }

  // Memory held, in bytes: pages are kept for reuse until reset().
  size_t bytes() const { return pages_.bytes(); }

  // Frees every slot and gives the pages back. The limit stays.
  void reset() {
    pages_.clear();
    free_ = kNoSlot;
    used_ = 0;
    live_ = 0;
#ifndef NDEBUG
    is_live_.clear();
#endif
  }

 private:
  union Slot {
    Slot() {}
    T value;
    uint32_t next_free;
  };
  static constexpr size_t kSlotsPerPage =
      sizeof(Slot) >= SlabPages::kPageBytes ? 1
                                            : std::bit_floor(SlabPages::kPageBytes / sizeof(Slot));
  static constexpr uint32_t kShift = std::countr_zero(kSlotsPerPage);
  // An index below 2^31 - 1 leaves room for a bit beside it (RbNode::parent_color).
  static constexpr size_t kMaxSlots = 0x7fffffff / kSlotsPerPage * kSlotsPerPage;

  Slot& slot(uint32_t i) const {
    return static_cast<Slot*>(pages_.page(i >> kShift))[i & (kSlotsPerPage - 1)];
  }

  SlabPages pages_;
  uint32_t free_ = kNoSlot;  // head of the list of freed slots
  size_t used_ = 0;          // slots ever handed out: the high-water mark
  size_t live_ = 0;
  size_t limit_ = SIZE_MAX;
#ifndef NDEBUG
  std::vector<bool> is_live_;
#endif
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_SLAB_H_

// PagedTable: an array of T that grows by pages and never moves, indexed by a key or an id.
//
// Entries start zeroed (T must be valid as zero bytes, and trivially destructible). Two levels: a directory of
// directories of pages, so that one entry near 2^32 costs three small allocations and not an array.
//
// Thread safety: `find` may run beside `ensure`; `ensure` needs the caller's lock. Entries are the caller's business.
#ifndef MEMTRACK_CORE_PAGED_TABLE_H_
#define MEMTRACK_CORE_PAGED_TABLE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

namespace memtrack {

template <class T, unsigned kPageBits = 12>
class PagedTable {
 public:
  PagedTable() = default;
  PagedTable(const PagedTable&) = delete;
  PagedTable& operator=(const PagedTable&) = delete;
  ~PagedTable() {
    for (auto& middle : top_) {
      Middle* pages = middle.load(std::memory_order_relaxed);
      if (pages == nullptr) continue;
      for (auto& page : pages->page) std::free(page.load(std::memory_order_relaxed));
      delete pages;
    }
  }

  // The entry of `index`, or null if its page was never ensured.
  T* find(uint32_t index) const {
    const Middle* pages = top_[index >> (kPageBits + kMiddleBits)].load(std::memory_order_acquire);
    if (pages == nullptr) [[unlikely]]
      return nullptr;
    T* page = pages->page[(index >> kPageBits) & (kMiddle - 1)].load(std::memory_order_acquire);
    return page == nullptr ? nullptr : page + (index & (kPage - 1));
  }

  // The entry of `index`, making its page. Aborts when the machine is out of memory.
  T& ensure(uint32_t index) {
    if (T* entry = find(index)) return *entry;
    auto& middle = top_[index >> (kPageBits + kMiddleBits)];
    Middle* pages = middle.load(std::memory_order_relaxed);
    if (pages == nullptr) {
      pages = new Middle();
      middle.store(pages, std::memory_order_release);
    }
    auto* page = static_cast<T*>(std::aligned_alloc(kAlign, kPage * sizeof(T)));
    if (page == nullptr) std::abort();
    for (size_t i = 0; i < kPage; i++) new (page + i) T();
    pages->page[(index >> kPageBits) & (kMiddle - 1)].store(page, std::memory_order_release);
    page_count_++;
    return page[index & (kPage - 1)];
  }

  // Calls f(index, entry) for every entry of every page, ascending.
  template <class F>
  void for_each(F&& f) const {
    for (uint32_t t = 0; t < kTop; t++) {
      const Middle* pages = top_[t].load(std::memory_order_acquire);
      if (pages == nullptr) continue;
      for (uint32_t m = 0; m < kMiddle; m++) {
        T* page = pages->page[m].load(std::memory_order_acquire);
        if (page == nullptr) continue;
        const uint32_t base = ((t << kMiddleBits) | m) << kPageBits;
        for (uint32_t i = 0; i < kPage; i++) f(base | i, page[i]);
      }
    }
  }

  size_t bytes() const { return page_count_ * kPage * sizeof(T); }

 private:
  static constexpr unsigned kMiddleBits = 10;
  static constexpr uint32_t kPage = 1u << kPageBits;
  static constexpr uint32_t kMiddle = 1u << kMiddleBits;
  static constexpr uint32_t kTop = 1u << (32 - kPageBits - kMiddleBits);
  static constexpr size_t kAlign = alignof(T) < 64 ? 64 : alignof(T);

  struct Middle {
    std::atomic<T*> page[kMiddle] = {};
  };
  std::atomic<Middle*> top_[kTop] = {};
  size_t page_count_ = 0;
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_PAGED_TABLE_H_

// PagedTable: an array of T that grows by pages and never moves, indexed by a key or an id.
//
// Pages are made when first needed, and the directory that finds them is memory that the kernel gives only where it is
// touched: an entry near 2^32 costs two pages and not an array.
//
// Thread safety: `find` may run beside `ensure`; `ensure` needs the caller's lock. Entries are the caller's business.
#ifndef MEMTRACK_CORE_PAGED_TABLE_H_
#define MEMTRACK_CORE_PAGED_TABLE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <type_traits>

namespace memtrack {

template <class T, unsigned kPageBits = 12>
class PagedTable {
  static_assert(std::is_trivially_destructible_v<T>, "pages are dropped without destructors");

 public:
  PagedTable()
      : directory_(static_cast<Entry*>(std::calloc(size_t{1} << (32 - kPageBits), sizeof(Entry)))) {
    if (directory_ == nullptr) std::abort();
  }
  PagedTable(const PagedTable&) = delete;
  PagedTable& operator=(const PagedTable&) = delete;
  ~PagedTable() {
    for (uint32_t p = 0; p < pages_end_; p++)
      std::free(directory_[p].load(std::memory_order_relaxed));
    std::free(directory_);
  }

  // The entry of `index`, or null if its page was never ensured.
  T* find(uint32_t index) const {
    T* page = directory_[index >> kPageBits].load(std::memory_order_acquire);
    return page == nullptr ? nullptr : page + (index & (kPage - 1));
  }

  // The same. REQUIRES: its page was ensured.
  T& at(uint32_t index) const {
    return directory_[index >> kPageBits].load(std::memory_order_acquire)[index & (kPage - 1)];
  }

  void prefetch(uint32_t index) const {
    if (const T* entry = find(index)) __builtin_prefetch(entry);
  }

  // The entry of `index`, making its page. Aborts when the machine is out of memory.
  T& ensure(uint32_t index) {
    if (T* entry = find(index)) return *entry;
    auto* page = static_cast<T*>(std::aligned_alloc(kAlign, kPage * sizeof(T)));
    if (page == nullptr) std::abort();
    for (size_t i = 0; i < kPage; i++) new (page + i) T();
    const uint32_t number = index >> kPageBits;
    directory_[number].store(page, std::memory_order_release);
    page_count_.fetch_add(1, std::memory_order_relaxed);
    if (number >= pages_end_) pages_end_.store(number + 1, std::memory_order_release);
    return page[index & (kPage - 1)];
  }

  // Calls f(index, entry) for every entry of every page, ascending.
  template <class F>
  void for_each(F&& f) const {
    const uint32_t end = pages_end_.load(std::memory_order_acquire);
    for (uint32_t p = 0; p < end; p++) {
      T* page = directory_[p].load(std::memory_order_acquire);
      if (page == nullptr) continue;
      for (uint32_t i = 0; i < kPage; i++) f(p << kPageBits | i, page[i]);
    }
  }

  size_t bytes() const { return page_count_.load(std::memory_order_relaxed) * kPage * sizeof(T); }

 private:
  using Entry = std::atomic<T*>;
  static constexpr uint32_t kPage = 1u << kPageBits;
  static constexpr size_t kAlign = alignof(T) < 64 ? 64 : alignof(T);

  Entry* const directory_;
  std::atomic<uint32_t> pages_end_{0};  // no page from here on
  std::atomic<size_t> page_count_{0};
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_PAGED_TABLE_H_

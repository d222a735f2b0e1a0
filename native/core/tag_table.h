// TagTable: tag strings by number, so that a tag crosses the boundary once. Number 0 is no tag (NULL).
//
// Thread safety: `intern` takes a lock; `text` of a number that was handed out needs none.
#ifndef MEMTRACK_CORE_TAG_TABLE_H_
#define MEMTRACK_CORE_TAG_TABLE_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/mutex.h"
#include "core/paged_table.h"

namespace memtrack {

class TagTable {
 public:
  // The number of `text`; the same text gets the same number.
  uint32_t intern(std::string_view text) {
    const MutexGuard guard(mu_);
    if (const auto known = numbers_.find(text); known != numbers_.end()) return known->second;
    const std::string& kept = texts_.emplace_back(text);
    const auto number = static_cast<uint32_t>(texts_.size());
    by_number_.ensure(number).store(&kept, std::memory_order_release);
    numbers_.emplace(kept, number);
    size_.store(number, std::memory_order_release);
    return number;
  }

  bool known(uint32_t number) const { return number <= size_.load(std::memory_order_acquire); }

  // REQUIRES: known(number), number != 0.
  std::string_view text(uint32_t number) const {
    return *by_number_.find(number)->load(std::memory_order_acquire);
  }

 private:
  Mutex mu_;
  std::deque<std::string> texts_ MEMTRACK_GUARDED_BY(mu_);
  std::unordered_map<std::string_view, uint32_t> numbers_ MEMTRACK_GUARDED_BY(mu_);
  PagedTable<std::atomic<const std::string*>, 8> by_number_;
  std::atomic<uint32_t> size_{0};
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_TAG_TABLE_H_

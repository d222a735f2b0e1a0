// Quota: how many objects of a kind may live, so that -ENOMEM can be had wherever it can happen. Without a limit
// nothing is counted: a shared counter in every install would cost more than the install.
//
// Thread safety: safe from any thread.
#ifndef MEMTRACK_CORE_QUOTA_H_
#define MEMTRACK_CORE_QUOTA_H_

#include <atomic>
#include <cstdint>

namespace memtrack {

class Quota {
 public:
  static constexpr uint64_t kUnlimited = ~uint64_t{0};

  explicit Quota(uint64_t limit) : limit_(limit) {}

  bool limited() const { return limit_ != kUnlimited; }

  // Takes n; false, and nothing taken, if that is more than is left.
  bool take(uint64_t n = 1) {
    if (!limited()) return true;
    uint64_t used = used_.load(std::memory_order_relaxed);
    do {
      if (n > limit_ - used) return false;
    } while (!used_.compare_exchange_weak(used, used + n, std::memory_order_relaxed));
    return true;
  }
  void give_back(uint64_t n = 1) {
    if (limited()) used_.fetch_sub(n, std::memory_order_relaxed);
  }

 private:
  const uint64_t limit_;
  std::atomic<uint64_t> used_{0};
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_QUOTA_H_

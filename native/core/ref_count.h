// Reference counts that saturate instead of wrapping, as the kernel's refcount_t since 5.5.
//
// A count is an int32_t. 0 is dead, 1 .. INT_MAX are references. What would take it below 0, past
// INT_MAX or back from 0 instead makes it kRefcountSaturated, half-way into the negative numbers,
// from where no realistic number of operations leads back: the object is leaked, never freed early.
// Each such case adds to its counter in RefcountWarnings (the kernel warns once); no input is
// undefined.
//
// Two forms with the same rules: free functions on a plain int32_t that some lock guards, and
// RefCount, an atomic one for use without a lock.
//
// Thread safety: RefCount and RefcountWarnings, every method from any thread. The free functions
// need the lock of the count exclusively.
//
//   RefcountWarnings warnings;
//   int32_t users = 1;
//   refcount_inc(users, warnings);
//   if (refcount_dec_and_test(users, warnings)) { /* the last user is gone */ }
#ifndef MEMTRACK_CORE_REF_COUNT_H_
#define MEMTRACK_CORE_REF_COUNT_H_

#include <atomic>
#include <climits>
#include <cstdint>

namespace memtrack {

inline constexpr int32_t kRefcountSaturated = INT_MIN / 2;
inline constexpr int32_t kRefcountMax = INT_MAX;

// How often each case was met. Beside each the kernel's warning, which begins "refcount_t: ".
struct RefcountWarnings {
  std::atomic<uint64_t> add_not_zero_overflow{0};  // "saturated; leaking memory."
  std::atomic<uint64_t> add_overflow{0};           // "saturated; leaking memory."
  std::atomic<uint64_t> add_on_zero{0};            // "addition on 0; use-after-free."
  std::atomic<uint64_t> sub_underflow{0};          // "underflow; use-after-free."
  std::atomic<uint64_t> dec_hit_zero{0};           // "decrement hit 0; leaking memory."

  uint64_t total() const {
    return add_not_zero_overflow + add_overflow + add_on_zero + sub_underflow + dec_hit_zero;
  }
};

namespace refcount_internal {

// The sum or difference modulo 2^32.
inline int32_t wrapping_add(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}
inline int32_t wrapping_sub(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) - static_cast<uint32_t>(b));
}

// Each rule says what an operation meets when it finds `old`: nullptr, or the counter of what is
// wrong, and then the count saturates. A negative n is out of contract in the kernel; here it
// saturates too.
using Case = std::atomic<uint64_t> RefcountWarnings::*;

inline Case add_not_zero_case(int32_t old, int32_t n) {
  return old < 0 || n < 0 || wrapping_add(old, n) < 0 ? &RefcountWarnings::add_not_zero_overflow
                                                      : nullptr;
}
inline Case add_case(int32_t old, int32_t n) {
  if (old == 0) return &RefcountWarnings::add_on_zero;
  return old < 0 || n < 0 || wrapping_add(old, n) < 0 ? &RefcountWarnings::add_overflow : nullptr;
}
inline Case sub_case(int32_t old, int32_t n) {
  return old <= 0 || n < 0 || old < n ? &RefcountWarnings::sub_underflow : nullptr;
}
inline Case dec_case(int32_t old) { return old <= 1 ? &RefcountWarnings::dec_hit_zero : nullptr; }

inline void warn(RefcountWarnings& warnings, Case which) {
  (warnings.*which).fetch_add(1, std::memory_order_relaxed);
}

// Stores what the rule says; true unless it saturated.
inline bool settle(int32_t& count, int32_t next, Case wrong, RefcountWarnings& warnings) {
  count = wrong == nullptr ? next : kRefcountSaturated;
  if (wrong != nullptr) [[unlikely]] {
    warn(warnings, wrong);
  }
  return wrong == nullptr;
}

}  // namespace refcount_internal

// Adds n references unless the count is 0; false if it is (refcount_add_not_zero).
[[nodiscard]] inline bool refcount_add_not_zero(int32_t& count, int32_t n,
                                                RefcountWarnings& warnings) {
  using namespace refcount_internal;
  if (count == 0) return false;
  settle(count, wrapping_add(count, n), add_not_zero_case(count, n), warnings);
  return true;
}
[[nodiscard]] inline bool refcount_inc_not_zero(int32_t& count, RefcountWarnings& warnings) {
  return refcount_add_not_zero(count, 1, warnings);
}

// Adds n references; the count must not be 0 (refcount_add).
inline void refcount_add(int32_t& count, int32_t n, RefcountWarnings& warnings) {
  using namespace refcount_internal;
  settle(count, wrapping_add(count, n), add_case(count, n), warnings);
}
inline void refcount_inc(int32_t& count, RefcountWarnings& warnings) {
  refcount_add(count, 1, warnings);
}

// Drops n references; true iff the count is now exactly 0 (refcount_sub_and_test).
[[nodiscard]] inline bool refcount_sub_and_test(int32_t& count, int32_t n,
                                                RefcountWarnings& warnings) {
  using namespace refcount_internal;
  return settle(count, wrapping_sub(count, n), sub_case(count, n), warnings) && count == 0;
}
[[nodiscard]] inline bool refcount_dec_and_test(int32_t& count, RefcountWarnings& warnings) {
  return refcount_sub_and_test(count, 1, warnings);
}

// Drops one reference that is not the last (refcount_dec).
inline void refcount_dec(int32_t& count, RefcountWarnings& warnings) {
  using namespace refcount_internal;
  settle(count, wrapping_sub(count, 1), dec_case(count), warnings);
}

class RefCount {
 public:
  explicit RefCount(int32_t count) : count_(count) {}
  RefCount(const RefCount&) = delete;
  RefCount& operator=(const RefCount&) = delete;

  int32_t read() const { return count_.load(std::memory_order_relaxed); }
  void set(int32_t count) { count_.store(count, std::memory_order_relaxed); }

  [[nodiscard]] bool add_not_zero(int32_t n, RefcountWarnings& warnings) {
    using namespace refcount_internal;
    int32_t old = read();
    do {
      if (old == 0) return false;
    } while (!count_.compare_exchange_weak(old, wrapping_add(old, n), std::memory_order_relaxed));
    settle(add_not_zero_case(old, n), warnings);
    return true;
  }
  [[nodiscard]] bool inc_not_zero(RefcountWarnings& warnings) { return add_not_zero(1, warnings); }

  void add(int32_t n, RefcountWarnings& warnings) {
    const int32_t old = count_.fetch_add(n, std::memory_order_relaxed);
    settle(refcount_internal::add_case(old, n), warnings);
  }
  void inc(RefcountWarnings& warnings) { add(1, warnings); }

  // True means that every use before any other drop happened before this call returns.
  [[nodiscard]] bool sub_and_test(int32_t n, RefcountWarnings& warnings) {
    const int32_t old = count_.fetch_sub(n, std::memory_order_acq_rel);
    return settle(refcount_internal::sub_case(old, n), warnings) && old == n;
  }
  [[nodiscard]] bool dec_and_test(RefcountWarnings& warnings) { return sub_and_test(1, warnings); }

  void dec(RefcountWarnings& warnings) {
    const int32_t old = count_.fetch_sub(1, std::memory_order_release);
    settle(refcount_internal::dec_case(old), warnings);
  }

 private:
  // The count has changed already (fetch_add wraps, which is defined); what is wrong is put right
  // after.
  bool settle(refcount_internal::Case wrong, RefcountWarnings& warnings) {
    if (wrong == nullptr) return true;
    set(kRefcountSaturated);
    refcount_internal::warn(warnings, wrong);
    return false;
  }

  std::atomic<int32_t> count_;
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_REF_COUNT_H_

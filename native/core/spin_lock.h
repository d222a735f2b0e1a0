// SpinLock: one byte, for critical sections of a few instructions. After a short spin the waiter
// yields its processor, so that a holder that was preempted can go on. Not fair and not recursive;
// where a wait can be long or fairness matters, use RwLock.
//
// Thread safety: every method from any thread; unlock only by the thread that locked.
//
//   SpinLock lock;
//   int count MEMTRACK_GUARDED_BY(lock);
//   SpinGuard guard(lock);
#ifndef MEMTRACK_CORE_SPIN_LOCK_H_
#define MEMTRACK_CORE_SPIN_LOCK_H_

#include <atomic>

#include "core/thread_annotations.h"

namespace memtrack {

class MEMTRACK_CAPABILITY("spin lock") SpinLock {
 public:
  SpinLock() = default;
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;

  void lock() MEMTRACK_ACQUIRE() {
    if (held_.exchange(true, std::memory_order_acquire)) lock_contended();
  }
  bool try_lock() MEMTRACK_TRY_ACQUIRE(true) {
    return !held_.load(std::memory_order_relaxed) &&
           !held_.exchange(true, std::memory_order_acquire);
  }
  void unlock() MEMTRACK_RELEASE() { held_.store(false, std::memory_order_release); }

 private:
  void lock_contended();

  std::atomic<bool> held_{false};
};

class MEMTRACK_SCOPED_CAPABILITY SpinGuard {
 public:
  explicit SpinGuard(SpinLock& lock) MEMTRACK_ACQUIRE(lock) : lock_(lock) { lock_.lock(); }
  ~SpinGuard() MEMTRACK_RELEASE() { lock_.unlock(); }
  SpinGuard(const SpinGuard&) = delete;
  SpinGuard& operator=(const SpinGuard&) = delete;

 private:
  SpinLock& lock_;
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_SPIN_LOCK_H_

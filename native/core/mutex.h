// Mutex: std::mutex with the annotations that the thread-safety analysis needs.
//
// Thread safety: it is one.
#ifndef MEMTRACK_CORE_MUTEX_H_
#define MEMTRACK_CORE_MUTEX_H_

#include <mutex>

#include "core/thread_annotations.h"

namespace memtrack {

class MEMTRACK_CAPABILITY("mutex") Mutex {
 public:
  void lock() MEMTRACK_ACQUIRE() { mu_.lock(); }
  void unlock() MEMTRACK_RELEASE() { mu_.unlock(); }

 private:
  std::mutex mu_;
};

class MEMTRACK_SCOPED_CAPABILITY MutexGuard {
 public:
  explicit MutexGuard(Mutex& mutex) MEMTRACK_ACQUIRE(mutex) : mutex_(mutex) { mutex_.lock(); }
  ~MutexGuard() MEMTRACK_RELEASE() { mutex_.unlock(); }
  MutexGuard(const MutexGuard&) = delete;
  MutexGuard& operator=(const MutexGuard&) = delete;

 private:
  Mutex& mutex_;
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_MUTEX_H_

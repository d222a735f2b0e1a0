// Pool: objects that keep their address for the life of the tracker and are used again after they are freed, so that
// a thread that looked one up without a lock can still take its lock and see that it has changed.
//
// Thread safety: alloc and free need the caller's lock.
#ifndef MEMTRACK_CORE_POOL_H_
#define MEMTRACK_CORE_POOL_H_

#include <cstddef>
#include <deque>
#include <vector>

namespace memtrack {

template <class T>
class Pool {
 public:
  // An object in the state its last user left it in (made by T() the first time).
  T* alloc() {
    if (free_.empty()) return &objects_.emplace_back();
    T* object = free_.back();
    free_.pop_back();
    return object;
  }
  void free(T* object) { free_.push_back(object); }

  size_t live() const { return objects_.size() - free_.size(); }
  size_t bytes() const { return objects_.size() * sizeof(T) + free_.capacity() * sizeof(T*); }

 private:
  std::deque<T> objects_;
  std::vector<T*> free_;
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_POOL_H_

// Task, ThreadGroup, Leader: who holds. Keys, not pids, name them: a pid may come back.
//
// Thread safety: objects keep their address (Pool). Atomic fields may be read without a lock, to find the lock; all
// else needs the lock of the group's sharing set.
#ifndef MEMTRACK_CORE_TASK_H_
#define MEMTRACK_CORE_TASK_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "core/holding.h"
#include "core/rw_lock.h"

namespace memtrack {

// The groups that share, transitively, a files table or an mm; and the lock over everything they hold.
struct SharingSet {
  RwLock lock;
  uint32_t groups = 0;
};

// A holder of buffers, as rows and holder lists name it. In `intended` a group has one for life; in `posted` it is a
// task's own tree, so that exec by another thread brings a new one and may leave an old one behind.
struct Leader {
  uint32_t slot = 0;  // its number in holder lists
  std::atomic<uint32_t> key{
      0};  // of the leading task; holders() reads it under a buffer's lock only
  uint32_t pid = 0;
  ThreadGroup* group = nullptr;
  Holding own;     // posted
  VmaLists lists;  // posted: what is linked to the handles of `own`
};

struct alignas(64) Task {
  std::atomic<uint32_t> key{0};
  std::atomic<ThreadGroup*> group{nullptr};
  Holding* holding = nullptr;  // where install and uninstall go
  Files* files = nullptr;
  Mm* mm = nullptr;
  uint32_t pid = 0;
  bool alive = false;
};

// Stands in the index for a task that has ended: its key is taken for ever.
inline Task* ended_task() { return reinterpret_cast<Task*>(uintptr_t{1}); }

// Linux: signal_struct and the tasks that share it.
struct ThreadGroup {
  std::atomic<SharingSet*> set{nullptr};
  Leader* leader = nullptr;
  ThreadGroup* parent =
      nullptr;  // posted: whose tree install_fork copies; never followed in intended
  uint32_t pid = 0;
  std::vector<Task*> tasks;        // alive
  std::vector<Holding*> holdings;  // what the tasks use, each once: files tables and the mm
};

// Holds the lock of a group's sharing set for a scope, where the tracker is shared at all.
class SetGuard {
 public:
  SetGuard(bool shared, ThreadGroup* group)
      : set_(shared && group != nullptr ? group->set.load(std::memory_order_relaxed) : nullptr) {
    if (set_ != nullptr) set_->lock.lock();
  }
  ~SetGuard() {
    if (set_ != nullptr) set_->lock.unlock();
  }
  SetGuard(const SetGuard&) = delete;
  SetGuard& operator=(const SetGuard&) = delete;

 private:
  SharingSet* set_;
};

}  // namespace memtrack

#endif  // MEMTRACK_CORE_TASK_H_

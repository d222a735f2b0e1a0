// Tasks: thread ids as a recording prints them, to task keys that are never reused. A tid is free again
// after its thread's end; the same number later is another task.
//
// Thread safety: none. A Task reference is valid until its task is ended.
#ifndef MEMTRACK_DECODE_STRACE_TASKS_H_
#define MEMTRACK_DECODE_STRACE_TASKS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "decode/record_queue.h"
#include "decode/strace/calls.h"

namespace memtrack::strace {

// The first half of a call that has not returned.
struct PendingCall {
  Call call = Call::kOther;  // kOther: none
  RecordQueue::HoldId hold = RecordQueue::kNoHold;
  uint64_t time = 0;
  std::string text;  // from the name on, without " <unfinished ...>"
};

struct Task {
  uint32_t key = 0;
  uint32_t tid = 0;        // 0: the recording does not print it
  uint32_t tgid = 0;       // 0: not known
  uint32_t group = 0;      // key of the task that stands for the group, as far as known
  bool announced = false;  // kTask was put
  bool spoke = false;      // a line of its own was seen
  bool cloned = false;     // kClone was put, or will be
  bool exited = false;     // kTaskExit was put
  bool threaded = false;   // its group has, or had, more threads
  bool replaced = false;   // another thread of its group executed a program
  uint64_t announced_at = RecordQueue::kGone;
  uint32_t comm = 0;  // string: latest comm
  PendingCall pending;
};

class Tasks {
 public:
  Tasks();

  // The live task with this tid; nullptr if there is none.
  Task* find(uint32_t tid);
  // A new task; REQUIRES: no live task has this tid.
  Task& add(uint32_t tid);
  // The thread is gone: its tid is free.
  void end(Task& task);
  // The task goes on under another tid; REQUIRES: no live task has that tid.
  void rename(Task& task, uint32_t tid);

  size_t live() const { return live_; }
  // The only live task; nullptr if there are none or several.
  Task* only();

  template <typename Visit>
  void each(Visit visit) {
    for (auto& task : tasks_) {
      if (task->key != 0) visit(*task);
    }
  }

 private:
  static constexpr uint32_t kNone = 0xffffffff;

  struct Slot {
    uint32_t tid;  // REQUIRES for a used slot: index != kNone
    uint32_t index;
  };

  size_t slot_of(uint32_t tid) const;  // where tid is or would be
  void unlink(uint32_t tid);
  void link(uint32_t tid, uint32_t index);

  std::vector<std::unique_ptr<Task>> tasks_;  // key 0: free
  std::vector<uint32_t> free_;
  std::vector<Slot> slots_;  // open addressing; a power of two
  size_t live_ = 0;
  uint32_t next_key_ = 1;
  uint32_t latest_ = kNone;  // index of the task found last
};

}  // namespace memtrack::strace

#endif  // MEMTRACK_DECODE_STRACE_TASKS_H_

// TaskTable: live tasks by the thread id that a recording prints. A tid is free again after its thread's end; the
// same number later is another task, with another key.
//
// Task must have `uint32_t key, tid` and be made by Task{}.
//
// Thread safety: none. A Task reference is valid until its task is ended.
#ifndef MEMTRACK_DECODE_TASK_TABLE_H_
#define MEMTRACK_DECODE_TASK_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace memtrack {

template <typename Task>
class TaskTable {
 public:
  TaskTable() : slots_(64, Slot{0, kNone}) {}

  // The live task with this tid; nullptr if there is none.
  Task* find(uint32_t tid) {
    const uint32_t index = slots_[slot_of(tid)].index;
    return index == kNone ? nullptr : &tasks_[index];
  }

  // A new task; REQUIRES: no live task has this tid.
  Task& add(uint32_t tid) {
    uint32_t index;
    if (free_.empty()) {
      index = static_cast<uint32_t>(tasks_.size());
      tasks_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    Task& task = tasks_[index];
    task = Task{};
    task.key = next_key_++;
    task.tid = tid;
    live_++;
    link(tid, index);
    return task;
  }

  // The thread is gone: its tid is free.
  void end(Task& task) {
    const size_t slot = slot_of(task.tid);
    free_.push_back(slots_[slot].index);
    unlink(slot);
    task.key = 0;
    live_--;
  }

  // The task goes on under another tid; REQUIRES: no live task has that tid.
  void rename(Task& task, uint32_t tid) {
    const size_t slot = slot_of(task.tid);
    const uint32_t index = slots_[slot].index;
    unlink(slot);
    task.tid = tid;
    link(tid, index);
  }

  size_t live() const { return live_; }

 private:
  static constexpr uint32_t kNone = 0xffffffff;

  struct Slot {
    uint32_t tid;
    uint32_t index;  // kNone: free
  };

  static size_t hash_of(uint32_t tid) {
    return static_cast<size_t>((tid * uint64_t{0x9e3779b97f4a7c15}) >> 32);
  }

  size_t slot_of(uint32_t tid) const {  // where tid is or would be
    const size_t mask = slots_.size() - 1;
    size_t at = hash_of(tid) & mask;
    while (slots_[at].index != kNone && slots_[at].tid != tid) at = (at + 1) & mask;
    return at;
  }

  void link(uint32_t tid, uint32_t index) {
    if ((live_ + 1) * 2 > slots_.size()) {
      std::vector<Slot> old(slots_.size() * 2, Slot{0, kNone});
      old.swap(slots_);
      for (const Slot& slot : old) {
        if (slot.index != kNone) slots_[slot_of(slot.tid)] = slot;
      }
    }
    slots_[slot_of(tid)] = {tid, index};
  }

  // Backward shift: what follows in the same run moves up, so that no grave is needed.
  void unlink(size_t hole) {
    const size_t mask = slots_.size() - 1;
    slots_[hole].index = kNone;
    for (size_t at = (hole + 1) & mask; slots_[at].index != kNone; at = (at + 1) & mask) {
      const size_t home = hash_of(slots_[at].tid) & mask;
      if (((at - home) & mask) >= ((at - hole) & mask)) {
        slots_[hole] = slots_[at];
        slots_[at].index = kNone;
        hole = at;
      }
    }
  }

  std::deque<Task> tasks_;  // key 0: free; a deque, so that references stay
  std::vector<uint32_t> free_;
  std::vector<Slot> slots_;  // open addressing; a power of two
  size_t live_ = 0;
  uint32_t next_key_ = 1;
};

}  // namespace memtrack

#endif  // MEMTRACK_DECODE_TASK_TABLE_H_

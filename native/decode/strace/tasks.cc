#include "decode/strace/tasks.h"

#include <utility>

namespace memtrack::strace {
namespace {

constexpr size_t kKeptText = 4096;  // a longer buffer is not kept for the next task

size_t hash_of(uint32_t tid) { return static_cast<size_t>((tid * 0x9e3779b97f4a7c15ull) >> 32); }

}  // namespace

Tasks::Tasks() : slots_(64, Slot{0, kNone}) {}

size_t Tasks::slot_of(uint32_t tid) const {
  const size_t mask = slots_.size() - 1;
  size_t at = hash_of(tid) & mask;
  while (slots_[at].index != kNone && slots_[at].tid != tid) at = (at + 1) & mask;
  return at;
}

Task* Tasks::find(uint32_t tid) {
  if (latest_ != kNone && tasks_[latest_]->tid == tid && tasks_[latest_]->key != 0) {
    return tasks_[latest_].get();
  }
  const Slot& slot = slots_[slot_of(tid)];
  if (slot.index == kNone) return nullptr;
  latest_ = slot.index;
  return tasks_[slot.index].get();
}

Task& Tasks::add(uint32_t tid) {
  uint32_t index;
  if (free_.empty()) {
    index = static_cast<uint32_t>(tasks_.size());
    tasks_.push_back(std::make_unique<Task>());
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Task& task = *tasks_[index];
  std::string text = std::move(task.pending.text);
  task = Task{};
  text.clear();
  task.pending.text = std::move(text);
  task.key = task.group = next_key_++;
  task.tid = tid;
  live_++;
  link(tid, index);
  return task;
}

void Tasks::end(Task& task) {
  const Slot& slot = slots_[slot_of(task.tid)];
  const uint32_t index = slot.index;
  unlink(task.tid);
  task.key = 0;
  task.pending.call = Call::kOther;
  if (task.pending.text.capacity() > kKeptText) task.pending.text = std::string();
  free_.push_back(index);
  live_--;
}

void Tasks::rename(Task& task, uint32_t tid) {
  const uint32_t index = slots_[slot_of(task.tid)].index;
  unlink(task.tid);
  task.tid = tid;
  link(tid, index);
}

Task* Tasks::only() {
  if (live_ != 1) return nullptr;
  for (auto& task : tasks_) {
    if (task->key != 0) return task.get();
  }
  return nullptr;
}

void Tasks::link(uint32_t tid, uint32_t index) {
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
void Tasks::unlink(uint32_t tid) {
  const size_t mask = slots_.size() - 1;
  size_t hole = slot_of(tid);
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

}  // namespace memtrack::strace

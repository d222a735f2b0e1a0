// VMAs of tracked buffers. In `intended` a VMA is a reference; in `posted` it annotates a handle, if there is one.
#include "core/tracker.h"

namespace memtrack {

uint32_t Tracker::alloc_vma(const Vma& vma) {
  const MutexGuard guard(vmas_mu_);
  const uint32_t slot = vmas_.alloc();
  if (slot == kNoSlot) return kNoSlot;
  vmas_[slot] = vma;
  vmas_[slot].serial = next_serial_++;
  return slot;
}

void Tracker::free_vma(uint32_t slot) {
  const MutexGuard guard(vmas_mu_);
  vmas_[slot].serial = 0;
  vmas_.free(slot);
}

// Enters the VMA into the task's mm and into the list it is shown in. False, and nothing changed: its buffer was
// removed meanwhile. REQUIRES: room for a handle was taken.
bool Tracker::link_vma(Task* task, uint32_t slot) {
  const Vma& vma = vmas_[slot];
  Mm& mm = *task->mm;
  const VmaLists::Entry entry = {.vma = slot, .serial = vma.serial};
  ThreadGroup* group = task->group.load(std::memory_order_relaxed);
  if (options_.posted) {
    mm.by_start.emplace(vma.start, slot);
    Leader& leader = *group->leader;
    // A removed buffer has no key any more: its VMAs enter no list, and not that of a new buffer with its id.
    const bool same = buffers_.at(vma.buffer).key.load(std::memory_order_relaxed) == vma.key;
    if (same && leader.own.tree.count(vma.buffer) != 0) {
      leader.lists.add(vma.buffer, entry);
    } else {
      counters_.count(Counter::vm_open_without_handle);
    }
    return true;
  }
  const bool was_empty = mm.tree.empty();
  if (mm.tree.get(vma.buffer) == HandleTree::Got::kFirst && !gained(mm, vma.buffer, vma.key)) {
    mm.tree.put(vma.buffer);
    return false;
  }
  mm.by_start.emplace(vma.start, slot);
  mm.lists.add(vma.buffer, entry);
  if (was_empty) {
    for (const Holding::Use& use : mm.uses) refresh_sole(use.group);
  }
  return true;
}

Status Tracker::vm_open(Task* task, const Record& record, const Tail& tail) {
  if (task == nullptr || !task->alive) {
    counters_.count(Counter::unknown_task);
    return kEsrch;
  }
  const uint32_t id = buffers_.id_of(record.buffer);
  if (id == BufferTable::kNoId ||
      (options_.shared && buffers_.at(id).key.load(std::memory_order_acquire) != record.buffer)) {
    counters_.count(Counter::unknown_buffer);
    return kEnoent;
  }
  if (record.size >= tail.p) {
    counters_.count(Counter::invalid_argument);
    return kEinval;
  }
  if (task->mm->by_start.contains(record.size)) {
    counters_.count(Counter::vm_open_overlap);
    return kEexist;
  }
  const bool needs_handle = !options_.posted && task->mm->tree.count(id) == 0;
  if (needs_handle && !handles_.take()) {
    counters_.count(Counter::vm_open_enomem);
    return kEnomem;
  }
  const uint32_t slot = alloc_vma({.start = record.size,
                                   .end = tail.p,
                                   .offset = tail.q,
                                   .flags = record.aux,
                                   .buffer = id,
                                   .key = record.buffer,
                                   .serial = 0});
  if (slot == kNoSlot) {
    if (needs_handle) handles_.give_back();
    counters_.count(Counter::vm_open_enomem);
    return kEnomem;
  }
  if (link_vma(task, slot)) return kOk;
  if (needs_handle) handles_.give_back();
  free_vma(slot);
  counters_.count(Counter::unknown_buffer);
  return kEnoent;
}

// Takes the VMA out of the task's mm and out of its list.
void Tracker::close_vma(Task* task, std::map<uint64_t, uint32_t>::iterator at) {
  const uint32_t slot = at->second;
  const Vma vma = vmas_[slot];
  Mm& mm = *task->mm;
  mm.by_start.erase(at);
  const VmaLists::Entry entry = {.vma = slot, .serial = vma.serial};
  if (options_.posted) {
    task->group.load(std::memory_order_relaxed)->leader->lists.remove(vma.buffer, entry);
  } else {
    mm.lists.remove(vma.buffer, entry);
    if (mm.tree.put(vma.buffer) == HandleTree::Dropped::kLast) {
      handles_.give_back();
      lost(mm, vma.buffer);
      if (mm.tree.empty()) {
        for (const Holding::Use& use : mm.uses) refresh_sole(use.group);
      }
    }
  }
  free_vma(slot);
}

Status Tracker::vm_close(Task* task, uint32_t buffer, uint64_t start) {
  if (task == nullptr || !task->alive) {
    counters_.count(Counter::unknown_task);
    return kEsrch;
  }
  const uint32_t id = buffers_.id_of(buffer);
  const auto at = task->mm->by_start.find(start);
  if (id == BufferTable::kNoId) {
    counters_.count(Counter::unknown_buffer);
    return kEnoent;
  }
  if (at == task->mm->by_start.end() || vmas_[at->second].key != buffer) {
    counters_.count(Counter::vm_close_without_vma);
    return kEnoent;
  }
  close_vma(task, at);
  return kOk;
}

Status Tracker::vm_adjust(Task* task, const Record& record, const Tail& tail) {
  if (task == nullptr || !task->alive) {
    counters_.count(Counter::unknown_task);
    return kEsrch;
  }
  const uint32_t id = buffers_.id_of(record.buffer);
  if (id == BufferTable::kNoId) {
    counters_.count(Counter::unknown_buffer);
    return kEnoent;
  }
  auto& by_start = task->mm->by_start;
  const auto at = by_start.find(record.size);
  if (at == by_start.end() || vmas_[at->second].key != record.buffer) {
    counters_.count(Counter::vm_close_without_vma);
    return kEnoent;
  }
  const uint64_t start = tail.r | static_cast<uint64_t>(tail.s) << 32;
  if (start >= tail.p) {
    counters_.count(Counter::invalid_argument);
    return kEinval;
  }
  const uint32_t slot = at->second;
  if (start != record.size) {
    if (by_start.contains(start)) {
      counters_.count(Counter::vm_open_overlap);
      return kEexist;
    }
    by_start.erase(at);
    by_start.emplace(start, slot);
  }
  const MutexGuard guard(vmas_mu_);  // posted: a list of another sharing set may show it
  Vma& vma = vmas_[slot];
  vma.start = start;
  vma.end = tail.p;
  vma.offset = tail.q;
  vma.flags = record.aux;
  return kOk;
}

// Linux: dup_mmap(): every VMA but those of MADV_DONTFORK, ascending. REQUIRES: room was taken for all of them.
void Tracker::copy_vmas(const Mm& from, Task* child) {
  for (const auto& [start, slot] : from.by_start) {
    const Vma vma = vmas_[slot];
    if ((vma.flags & kVmDontCopy) != 0) continue;
    link_vma(child, alloc_vma(vma));
  }
}

}  // namespace memtrack

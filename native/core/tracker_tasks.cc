// Tasks: spawn, fork, exec, exit, unshare. Every function here runs under structure_mu_; what processes hold is
// changed under their sharing set's lock besides.
#include <algorithm>

#include "core/tracker.h"

namespace memtrack {

// Whether a task may be started under this key.
Status Tracker::may_start(uint32_t key) {
  if (key == 0) {
    counters_.count(Counter::invalid_argument);
    return kEinval;
  }
  if (tasks_.ensure(key).load(std::memory_order_relaxed) != nullptr) {
    counters_.count(Counter::task_exists);
    return kEexist;
  }
  used(next_task_, key);
  return kOk;
}

Leader* Tracker::new_leader(ThreadGroup* group, uint32_t key, uint32_t pid) {
  Leader* leader = leaders_.alloc();
  if (free_slots_.empty()) {
    leader->slot = next_slot_++;
  } else {
    leader->slot = free_slots_.back();
    free_slots_.pop_back();
  }
  leader->key = key;
  leader->pid = pid;
  leader->group = group;
  leader->own.tree.set_eager(options_.eager);
  leader->own.sole = options_.posted ? leader->slot : Holding::kNobody;
  leaders_by_slot_.ensure(leader->slot).store(leader, std::memory_order_release);
  return leader;
}

ThreadGroup* Tracker::new_group(SharingSet* set, ThreadGroup* parent, uint32_t key, uint32_t pid) {
  ThreadGroup* group = groups_.alloc();
  group->parent = parent;
  group->pid = pid;
  group->leader = new_leader(group, key, pid);
  set->groups++;
  group->set.store(set, std::memory_order_release);
  return group;
}

// A task of the group, alive, not yet found by its key.
Task* Tracker::start(uint32_t key, uint32_t pid, ThreadGroup* group) {
  Task* task = task_pool_.alloc();
  task->key.store(key, std::memory_order_relaxed);
  task->pid = pid;
  task->alive = true;
  group->tasks.push_back(task);
  task->group.store(group, std::memory_order_release);
  return task;
}

// Linux: do_exit() -> exit_mm(), exit_files(). The task is gone; its group too if it was the last.
void Tracker::end(Task* task, bool notified) {
  ThreadGroup* group = task->group.load(std::memory_order_relaxed);
  if (options_.posted && notified) empty_tree(group);
  leave_mm(task);
  leave_files(task);
  task->alive = false;
  group->tasks.erase(std::find(group->tasks.begin(), group->tasks.end(), task));
  if (options_.posted) return;  // a dead task's tree can still be installed into
  tasks_.find(task->key.load(std::memory_order_relaxed))
      ->store(ended_task(), std::memory_order_release);
  task->key.store(0, std::memory_order_relaxed);
  task->holding = nullptr;
  task_pool_.free(task);
  refresh_sole(group);
}

void Tracker::release_group(ThreadGroup* group) {
  Leader* leader = group->leader;
  leaders_by_slot_.find(leader->slot)->store(nullptr, std::memory_order_release);
  free_slots_.push_back(leader->slot);
  leaders_.free(leader);
  SharingSet* set = group->set.load(std::memory_order_relaxed);
  if (--set->groups == 0) sets_.free(set);
  group->leader = nullptr;
  groups_.free(group);
}

Status Tracker::spawn(uint32_t key, uint32_t pid) {
  const MutexGuard structure(structure_mu_);
  if (const Status status = may_start(key); status != kOk) return status;
  ThreadGroup* group = new_group(sets_.alloc(), nullptr, key, pid);
  Task* task = start(key, pid, group);
  task->mm = mms_.alloc();
  task->mm->is_mm = true;
  use(task, task->mm);
  copy_files(task, Files());
  task->holding = options_.posted ? &group->leader->own : task->files;
  refresh_sole(group);
  tasks_.find(key)->store(task, std::memory_order_release);
  return kOk;
}

// Linux: copy_process() -> copy_files(), copy_mm().
Status Tracker::fork(const Record& record) {
  const MutexGuard structure(structure_mu_);
  const bool share_files = (record.flags & kShareFiles) != 0;
  const bool share_mm = (record.flags & kShareMm) != 0;
  const bool thread = (record.flags & kShareThread) != 0;
  Task* parent = find_task(record.task);
  if (parent == nullptr || !parent->alive) {
    counters_.count(Counter::unknown_task);
    return kEsrch;
  }
  if (const Status status = may_start(record.aux); status != kOk) return status;
  if (thread && !share_mm) {
    counters_.count(Counter::invalid_argument);
    return kEinval;
  }
  ThreadGroup* parent_group = parent->group.load(std::memory_order_relaxed);
  const SetGuard guard(options_.shared, parent_group);

  uint64_t handles = share_files || options_.posted ? 0 : parent->files->tree.size();
  uint64_t vmas = 0;
  if (!share_mm) {
    std::vector<uint32_t> buffers;
    for (const auto& [start, slot] : parent->mm->by_start) {
      if ((vmas_[slot].flags & kVmDontCopy) != 0) continue;
      vmas++;
      buffers.push_back(vmas_[slot].buffer);
    }
    std::sort(buffers.begin(), buffers.end());
    if (!options_.posted) {
      handles +=
          static_cast<uint64_t>(std::unique(buffers.begin(), buffers.end()) - buffers.begin());
    }
  }
  bool room = handles_.take(handles);
  if (room && vmas != 0) {
    const MutexGuard vmas_guard(vmas_mu_);
    room = vmas <= vmas_.limit() - std::min(vmas_.limit(), vmas_.live());
    if (!room) handles_.give_back(handles);
  }
  if (!room) {
    counters_.count(Counter::fork_enomem);
    return kEnomem;
  }

  const auto pid = static_cast<uint32_t>(record.size);
  SharingSet* set = parent_group->set.load(std::memory_order_relaxed);
  ThreadGroup* group = thread ? parent_group
                              : new_group(share_files || share_mm ? set : sets_.alloc(),
                                          parent_group, record.aux, pid);
  Task* child = start(record.aux, pid, group);
  if (share_files) {
    child->files = parent->files;
    use(child, child->files);
  } else {
    copy_files(child, *parent->files);
  }
  if (options_.posted && !share_files && !thread) install_fork(parent_group, group);
  child->mm = share_mm ? parent->mm : mms_.alloc();
  child->mm->is_mm = true;
  use(child, child->mm);
  child->holding = options_.posted ? &group->leader->own : child->files;
  for (const Holding* holding :
       {static_cast<const Holding*>(child->files), static_cast<const Holding*>(child->mm)}) {
    for (const Holding::Use& use : holding->uses) refresh_sole(use.group);
  }
  if (!share_mm) copy_vmas(*parent->mm, child);
  tasks_.find(record.aux)->store(child, std::memory_order_release);
  return kOk;
}

Status Tracker::exit(uint32_t key, uint16_t flags) {
  const MutexGuard structure(structure_mu_);
  Task* task = find_task(key);
  if (task == nullptr || !task->alive) {
    counters_.count(Counter::unknown_task);
    return kEsrch;
  }
  ThreadGroup* group = task->group.load(std::memory_order_relaxed);
  bool last;
  {
    const SetGuard guard(options_.shared, group);
    std::vector<Task*> ending = (flags & kGroup) != 0 ? group->tasks : std::vector<Task*>{task};
    std::sort(ending.begin(), ending.end(), [](const Task* a, const Task* b) {
      return a->key.load(std::memory_order_relaxed) < b->key.load(std::memory_order_relaxed);
    });
    for (Task* each : ending) end(each, (flags & kUnnotified) == 0);
    last = group->tasks.empty();
  }
  if (last && !options_.posted) release_group(group);
  return kOk;
}

// Linux: unshare_files().
Status Tracker::unshare(uint32_t key) {
  const MutexGuard structure(structure_mu_);
  Task* task = find_task(key);
  if (task == nullptr || !task->alive) {
    counters_.count(Counter::unknown_task);
    return kEsrch;
  }
  ThreadGroup* group = task->group.load(std::memory_order_relaxed);
  if (task->files->tasks() == 1) return kOk;
  const SetGuard guard(options_.shared, group);
  if (!options_.posted && !handles_.take(task->files->tree.size())) {
    counters_.count(Counter::fork_enomem);
    return kEnomem;
  }
  own_files(task);
  return kOk;
}

// Linux: do_execveat_common() -> unshare_files(), de_thread(), exec_mmap().
Status Tracker::exec(uint32_t key, uint16_t flags) {
  const MutexGuard structure(structure_mu_);
  Task* task = find_task(key);
  if (task == nullptr || !task->alive) {
    counters_.count(Counter::unknown_task);
    return kEsrch;
  }
  ThreadGroup* group = task->group.load(std::memory_order_relaxed);
  const SetGuard guard(options_.shared, group);
  uint32_t own_tasks = 0;
  for (const Holding::Use& use : task->files->uses) own_tasks += use.group == group ? use.tasks : 0;
  const bool used_by_others = task->files->tasks() > (options_.posted ? 1 : own_tasks);
  if (used_by_others) {
    if (!options_.posted && !handles_.take(task->files->tree.size())) {
      counters_.count(Counter::fork_enomem);
      return kEnomem;
    }
    own_files(task);
  }
  std::vector<Task*> others;
  for (Task* each : group->tasks) {
    if (each != task) others.push_back(each);
  }
  std::sort(others.begin(), others.end(), [](const Task* a, const Task* b) {
    return a->key.load(std::memory_order_relaxed) < b->key.load(std::memory_order_relaxed);
  });
  for (Task* other : others) end(other, (flags & kUnnotified) == 0);
  if (options_.posted) {
    if (group->leader->key != key) group->leader = new_leader(group, key, group->pid);
    task->holding = &group->leader->own;
  } else {
    group->leader->key = key;
  }
  task->pid = group->pid;
  leave_mm(task);
  task->mm = mms_.alloc();
  task->mm->is_mm = true;
  use(task, task->mm);
  refresh_sole(group);
  leave_sharing_set(group);
  return kOk;
}

}  // namespace memtrack

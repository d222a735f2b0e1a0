// Who uses which files table and mm, and what that means for who holds what. Under structure_mu_ and the lock of the
// sharing set concerned.
#include <algorithm>

#include "core/tracker.h"

namespace memtrack {

// Calls change(holders) for each buffer in `holding` of which wanted(id). What is captured is captured by value, and the
// lock is looked at once: this is all that the end of a process costs.
template <class W, class C>
void Tracker::change_holders(const Holding& holding, W&& wanted, C&& change) {
  const auto locate = [table = &buffers_](uint32_t id) { return &table->holders(id); };
  if (!options_.shared) {
    holding.tree.for_each_located(locate, [=](uint32_t id, HolderSet* holders) {
      if (wanted(id)) change(holders);
    });
    return;
  }
  holding.tree.for_each_located(locate, [&](uint32_t id, HolderSet* holders) {
    if (!wanted(id)) return;
    const SpinGuard guard(buffers_.at(id).lock);
    change(holders);
  });
}

// The task uses the files table or mm: its group refers to what is in it.
void Tracker::use(Task* task, Holding* holding) {
  ThreadGroup* group = task->group.load(std::memory_order_relaxed);
  for (Holding::Use& use : holding->uses) {
    if (use.group == group) {
      use.tasks++;
      return;
    }
  }
  if (!options_.posted) {
    // A new process has nothing else yet: the usual fork.
    const bool alone = group->holdings.empty();
    change_holders(
        *holding, [=, this](uint32_t id) { return alone || !held_elsewhere(*group, *holding, id); },
        [slot = group->leader->slot](HolderSet* holders) { holders->insert(slot); });
  }
  holding->uses.push_back({.group = group, .tasks = 1});
  group->holdings.push_back(holding);
}

// The task uses it no more. True if nobody does.
bool Tracker::stop_using(Task* task, Holding* holding) {
  ThreadGroup* group = task->group.load(std::memory_order_relaxed);
  const auto use =
      std::find_if(holding->uses.begin(), holding->uses.end(),
                   [&](const Holding::Use& candidate) { return candidate.group == group; });
  if (--use->tasks != 0) return false;
  if (!options_.posted) {
    const bool sole = holding->sole != Holding::kNobody;
    change_holders(
        *holding, [=, this](uint32_t id) { return sole || !held_elsewhere(*group, *holding, id); },
        [slot = group->leader->slot](HolderSet* holders) { holders->erase(slot); });
  }
  holding->uses.erase(use);
  group->holdings.erase(std::find(group->holdings.begin(), group->holdings.end(), holding));
  return holding->uses.empty();
}

// After uses changed, or an mm became empty or ceased to be.
void Tracker::refresh_sole(ThreadGroup* group) {
  if (options_.posted) return;
  for (Holding* holding : group->holdings) {
    bool sole = holding->uses.size() == 1;
    for (const Holding* other : group->holdings) {
      // Another files table may fill at any time; an mm calls here when it does.
      if (other != holding && (!other->is_mm || !other->tree.empty())) sole = false;
    }
    holding->sole = sole && !holding->is_mm ? group->leader->slot : Holding::kNobody;
  }
  for (Holding* holding : group->holdings) {
    if (holding->uses.size() > 1) holding->sole = Holding::kNobody;
  }
}

void Tracker::leave_mm(Task* task) {
  Mm* mm = task->mm;
  task->mm = nullptr;
  if (options_.posted && mm->tasks() == 1) {
    task->mm = mm;
    while (!mm->by_start.empty()) close_vma(task, mm->by_start.begin());
    task->mm = nullptr;
  }
  const uint32_t pairs = mm->tree.size();
  if (!stop_using(task, mm)) {
    for (const Holding::Use& use : mm->uses) refresh_sole(use.group);
    return;
  }
  if (!mm->by_start.empty()) {
    const MutexGuard guard(vmas_mu_);
    for (const auto& [start, slot] : mm->by_start) {
      vmas_[slot].serial = 0;
      vmas_.free(slot);
    }
  }
  handles_.give_back(pairs);
  mm->by_start.clear();
  mm->lists.clear();
  mm->tree.clear();
  mms_.free(mm);
}

void Tracker::leave_files(Task* task) {
  Files* files = task->files;
  task->files = nullptr;
  if (!stop_using(task, files)) {
    for (const Holding::Use& use : files->uses) refresh_sole(use.group);
    return;
  }
  handles_.give_back(files->tree.size());
  files->tree.clear();
  files->sole = Holding::kNobody;
  files_.free(files);
}

// Gives the task a table of its own with the same counts. REQUIRES: room was taken; the task has left its table.
void Tracker::copy_files(Task* task, const Files& from) {
  Files* files = files_.alloc();
  files->tree.set_eager(options_.eager);
  files->tree.copy_from(from.tree);
  task->files = files;
  use(task, files);
}

// Replaces a table that others use by a copy. REQUIRES: room was taken.
void Tracker::own_files(Task* task) {
  ThreadGroup* group = task->group.load(std::memory_order_relaxed);
  if (options_.posted && group->parent != nullptr) {
    const bool same_set = group->parent->set.load(std::memory_order_relaxed) ==
                          group->set.load(std::memory_order_relaxed);
    const SetGuard guard(options_.shared && !same_set, group->parent);
    install_fork(group->parent, group);
  }
  Files& shared = *task->files;
  copy_files(task, shared);  // before leaving, so that what both hold is never lost in between
  task->holding = options_.posted ? task->holding : task->files;
  Files* own = task->files;
  task->files = &shared;
  leave_files(task);
  task->files = own;
  refresh_sole(group);
}

// A group that shares nothing any more gets a lock of its own. REQUIRES: the set's lock.
void Tracker::leave_sharing_set(ThreadGroup* group) {
  SharingSet* set = group->set.load(std::memory_order_relaxed);
  if (set->groups == 1) return;
  for (const Holding* holding : group->holdings) {
    if (holding->uses.size() > 1) return;
  }
  set->groups--;
  SharingSet* own = sets_.alloc();
  own->groups = 1;
  group->set.store(own, std::memory_order_release);
}

}  // namespace memtrack

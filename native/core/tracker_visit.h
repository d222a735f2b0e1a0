// Tracker's visits: rows in order, under the locks of what is shown. Part of tracker.h.
//
// Order may first have to be made (HandleTree::link), which changes the tree: a visit that finds it unmade takes the
// lock exclusively, else shared.
#ifndef MEMTRACK_CORE_TRACKER_VISIT_H_
#define MEMTRACK_CORE_TRACKER_VISIT_H_

#include <algorithm>

#include "core/tracker.h"

namespace memtrack {

template <class F>
void Tracker::for_each_buffer(F&& f) const {
  buffers_.for_each([&](uint32_t id, const Buffer&) {
    const BufferRow found = row(id);
    if (found.key != 0 || options_.posted) f(found);
  });
}

// Newest first.
template <class V>
void Tracker::visit_vmas(const VmaLists& lists, uint32_t id, V&& f_vma) {
  const std::vector<VmaLists::Entry>* entries = lists.of(id);
  if (entries == nullptr) return;
  for (size_t i = entries->size(); i-- > 0;) f_vma(vmas_[(*entries)[i].vma]);
}

// posted: the VMAs of a list that are still in an mm, newest first. That mm may be another sharing set's by now, so
// they are copied under the slots' lock.
inline std::vector<Vma> Tracker::live_vmas(const VmaLists& lists, uint32_t id) {
  std::vector<Vma> live;
  const std::vector<VmaLists::Entry>* entries = lists.of(id);
  if (entries == nullptr) return live;
  const MutexGuard guard(vmas_mu_);
  for (size_t i = entries->size(); i-- > 0;) {
    const Vma& vma = vmas_[(*entries)[i].vma];
    if (vma.serial == (*entries)[i].serial) {
      live.push_back(vma);
    } else {
      counters_.count(Counter::posted_stale_vma);
    }
  }
  return live;
}

// The counts behind one row. REQUIRES: the leader's lock.
inline Tracker::HandleRow Tracker::handle_row(const Leader& leader, uint32_t id) {
  if (options_.posted)
    return {id, leader.own.tree.count(id),
            static_cast<uint32_t>(live_vmas(leader.lists, id).size())};
  HandleRow row{id, 0, 0};
  for (const Holding* holding : leader.group->holdings) {
    (holding->is_mm ? row.vmas : row.fds) += holding->tree.count(id);
  }
  return row;
}

// Calls f_id(id) for each buffer the leader holds, ascending, and after each f_vma. REQUIRES: !needs_link(*leader).
template <class H, class V>
void Tracker::visit_locked(Leader* leader, H&& f_id, V&& f_vma) {
  const auto ahead = [this](uint32_t id) {
    __builtin_prefetch(&buffers_.at(id));
    __builtin_prefetch(&buffers_.holders(id));
  };
  if (options_.posted) {
    leader->own.tree.for_each_in_order(
        [&](uint32_t id) {
          f_id(id);
          for (const Vma& vma : live_vmas(leader->lists, id)) f_vma(vma);
        },
        ahead);
    return;
  }
  const Mm* mm = nullptr;
  const Holding* only = nullptr;
  size_t filled = 0;
  for (const Holding* holding : leader->group->holdings) {
    if (holding->tree.empty()) continue;
    if (holding->is_mm) mm = static_cast<const Mm*>(holding);
    filled++;
    only = holding;
  }
  if (filled == 0) return;
  if (filled == 1) {
    only->tree.for_each_in_order(
        [&](uint32_t id) {
          f_id(id);
          if (mm != nullptr) visit_vmas(mm->lists, id, f_vma);
        },
        ahead);
    return;
  }
  std::vector<uint32_t> ids;
  for (const Holding* holding : leader->group->holdings) {
    holding->tree.for_each_in_order([&](uint32_t id) { ids.push_back(id); });
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const uint32_t id : ids) {
    f_id(id);
    if (mm != nullptr) visit_vmas(mm->lists, id, f_vma);
  }
}

// REQUIRES: `leader` is the leader of a group in `set`, or cannot change (structure_mu_ is held).
template <class F>
void Tracker::visit_under_lock(Leader* leader, SharingSet* set, F&& visit) {
  if (!options_.shared) {
    link(leader);
    visit();
    return;
  }
  set->lock.lock_shared();
  if (!needs_link(*leader)) {
    visit();
    set->lock.unlock_shared();
    return;
  }
  set->lock.unlock_shared();
  set->lock.lock();
  link(leader);
  visit();
  set->lock.unlock();
}

template <class L, class H, class V>
void Tracker::for_each_leader(L&& f_leader, H&& f_handle, V&& f_vma) {
  const MutexGuard structure(structure_mu_);
  for (uint32_t slot = 0; slot < next_slot_; slot++) {
    Leader* leader = leaders_by_slot_.find(slot)->load(std::memory_order_relaxed);
    if (leader == nullptr) continue;
    visit_under_lock(leader, leader->group->set.load(std::memory_order_relaxed), [&] {
      f_leader(LeaderRow{leader->key, leader->pid});
      visit_locked(leader, [&](uint32_t id) { f_handle(handle_row(*leader, id)); }, f_vma);
    });
  }
}

// A leader that ended before other threads of its group: its file stays. REQUIRES: structure_mu_.
inline Leader* Tracker::zombie_leader(uint32_t key) {
  for (uint32_t slot = 0; slot < next_slot_; slot++) {
    Leader* leader = leaders_by_slot_.find(slot)->load(std::memory_order_relaxed);
    if (leader != nullptr && leader->key == key && !leader->group->tasks.empty()) return leader;
  }
  return nullptr;
}

template <class H, class V>
bool Tracker::visit_leader(uint32_t key, LeaderRow* row, H&& f_id, V&& f_vma) {
  // Tasks must not end or change their leader meanwhile; installs of other processes go on.
  const MutexGuard structure(structure_mu_);
  const Task* task = find_task(key);
  Leader* leader =
      task == nullptr ? zombie_leader(key) : task->group.load(std::memory_order_relaxed)->leader;
  if (leader == nullptr) return false;
  ThreadGroup* group = leader->group;
  *row = {leader->key, leader->pid};
  visit_under_lock(leader, group->set.load(std::memory_order_relaxed),
                   [&] { visit_locked(leader, f_id, f_vma); });
  return true;
}

}  // namespace memtrack

#endif  // MEMTRACK_CORE_TRACKER_VISIT_H_

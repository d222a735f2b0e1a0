// Install and uninstall, and what a first or last reference means for the buffer.
#include "core/tracker.h"

namespace memtrack {

// Where install and uninstall go. Only `posted` gets here with a dead task, whose group may have a new leader by now.
Holding& Tracker::holding_of(const Task& task) const {
  if (task.alive) [[likely]]
    return *task.holding;
  return task.group.load(std::memory_order_relaxed)->leader->own;
}

// Linux (2016 series): memtrack_buffer_install().
Status Tracker::install_locked(Task* task, uint32_t buffer) {
  const uint32_t id = buffers_.id_of(buffer);
  if (task == nullptr || (!task->alive && !options_.posted)) [[unlikely]] {
    counters_.count(Counter::unknown_task);
    return kEsrch;
  }
  if (id == BufferTable::kNoId ||
      (options_.shared && buffers_.at(id).key.load(std::memory_order_acquire) != buffer))
      [[unlikely]] {
    counters_.count(Counter::unknown_buffer);
    return kEnoent;
  }
  Holding& holding = holding_of(*task);
  if (handles_.limited() && holding.tree.count(id) == 0 && !handles_.take()) [[unlikely]] {
    counters_.count(Counter::install_enomem);
    return options_.posted ? kOk : kEnomem;
  }
  if (!task->alive) [[unlikely]]
    counters_.count(Counter::posted_install_into_dead_task);
  switch (holding.tree.get(id)) {
    case HandleTree::Got::kFirst:
      if (!gained(holding, id, buffer)) [[unlikely]] {
        holding.tree.put(id);
        handles_.give_back();
        counters_.count(Counter::unknown_buffer);
        return kEnoent;
      }
      break;
    case HandleTree::Got::kSaturated:
      counters_.count(Counter::handle_saturated);
      break;
    case HandleTree::Got::kMore:
      break;
  }
  return kOk;
}

// Linux (2016 series): memtrack_buffer_uninstall().
Status Tracker::uninstall_locked(Task* task, uint32_t buffer) {
  const uint32_t id = buffers_.id_of(buffer);
  if (task == nullptr || (!task->alive && !options_.posted)) [[unlikely]] {
    counters_.count(Counter::unknown_task);
    return kEsrch;
  }
  if (id == BufferTable::kNoId ||
      (options_.shared && buffers_.at(id).key.load(std::memory_order_acquire) != buffer))
      [[unlikely]] {
    counters_.count(Counter::unknown_buffer);
    return kEnoent;
  }
  Holding& holding = holding_of(*task);
  switch (holding.tree.put(id)) {
    case HandleTree::Dropped::kMore:
      return kOk;
    case HandleTree::Dropped::kLast:
      handles_.give_back();
      if (options_.posted) {
        forget_handle(task->group.load(std::memory_order_relaxed)->leader, id);
      } else {
        lost(holding, id);
      }
      return kOk;
    default:
      counters_.count(Counter::uninstall_without_handle);
      return options_.posted ? kOk : kEnoent;
  }
}

// `holding` has its first reference to the buffer: its leaders hold it now, if they did not in another way. False, and
// nothing changed: the id is not that of the buffer `key` any more. Once one leader holds it, it stays.
bool Tracker::gained(const Holding& holding, uint32_t id, uint32_t key) {
  if (holding.sole != Holding::kNobody) [[likely]]
    return add_holder(id, holding.sole, key);
  for (const Holding::Use& use : holding.uses) {
    if (!held_elsewhere(*use.group, holding, id) && !add_holder(id, use.group->leader->slot, key)) {
      return false;
    }
  }
  return true;
}

// `holding` has given up its last reference.
void Tracker::lost(const Holding& holding, uint32_t id) {
  if (holding.sole != Holding::kNobody) [[likely]] {
    remove_holder(id, holding.sole);
    return;
  }
  for (const Holding::Use& use : holding.uses) {
    if (!held_elsewhere(*use.group, holding, id)) remove_holder(id, use.group->leader->slot);
  }
}

bool Tracker::held_elsewhere(const ThreadGroup& group, const Holding& except, uint32_t id) const {
  for (const Holding* holding : group.holdings) {
    if (holding != &except && holding->tree.count(id) != 0) return true;
  }
  return false;
}

// Linux: nothing; "who holds this buffer" has no scan here.
int64_t Tracker::holders(uint32_t buffer, std::vector<uint32_t>* keys) const {
  const uint32_t id = buffers_.id_of(buffer);
  if (id == BufferTable::kNoId) return -1;
  Buffer& found = buffers_.at(id);
  keys->clear();
  lock(found);
  if (found.key.load(std::memory_order_relaxed) != buffer) {  // removed meanwhile
    unlock(found);
    return -1;
  }
  buffers_.holders(id).for_each([&](uint32_t slot) {
    keys->push_back(leaders_by_slot_.find(slot)->load(std::memory_order_acquire)->key);
  });
  unlock(found);
  return static_cast<int64_t>(keys->size());
}

}  // namespace memtrack

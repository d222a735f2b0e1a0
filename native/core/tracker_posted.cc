// What the 2016 series does as posted, where it differs from what its text promises. Undefined behaviour of the
// patches is a counter here.
#include "core/tracker.h"

namespace memtrack {

// One handle more in the leader's tree, without a say in how many there were.
void Tracker::install_into(Leader* leader, uint32_t id) {
  HandleTree& tree = leader->own.tree;
  if (handles_.limited() && tree.count(id) == 0 && !handles_.take()) {
    counters_.count(Counter::install_enomem);
    return;
  }
  if (tree.get(id) == HandleTree::Got::kFirst) add_holder(id, leader->slot);
}

// The handle of `id` is gone from the leader's tree: it is not among the buffer's holders any more, and its list of
// VMAs is lost.
void Tracker::forget_handle(Leader* leader, uint32_t id) {
  if (buffers_.at(id).dangling) counters_.count(Counter::posted_use_after_free);
  remove_holder(id, leader->slot);
  counters_.count(Counter::posted_vma_nodes_leaked, leader->lists.forget(id));
}

// 2016 series, patch 5: memtrack's install_fork(). One handle each, however many descriptors were copied.
void Tracker::install_fork(const ThreadGroup* parent, ThreadGroup* child) {
  if (parent == nullptr || parent->tasks.empty()) return;
  std::vector<uint32_t> ids;
  HandleTree& tree = parent->leader->own.tree;
  if (tree.needs_link()) tree.link();
  tree.for_each_in_order([&](uint32_t id) { ids.push_back(id); });
  for (const uint32_t id : ids) install_into(child->leader, id);
}

// 2016 series, patch 2: the PROFILE_TASK_EXIT notifier, which runs for any thread and empties its leader's tree.
void Tracker::empty_tree(ThreadGroup* group) {
  Leader* leader = group->leader;
  HandleTree& tree = leader->own.tree;
  if (tree.empty()) return;
  if (group->tasks.size() > 1) counters_.count(Counter::posted_exit_dropped_live_handles);
  tree.for_each([&](uint32_t id, uint32_t) { forget_handle(leader, id); });
  handles_.give_back(tree.size());
  tree.clear();
}

}  // namespace memtrack

// What order needs, and the check of every invariant that spans rooms.
#include <algorithm>
#include <unordered_map>

#include "core/tracker.h"

namespace memtrack {

bool Tracker::needs_link(const Leader& leader) const {
  if (options_.posted) return leader.own.tree.needs_link();
  return std::any_of(leader.group->holdings.begin(), leader.group->holdings.end(),
                     [](const Holding* holding) { return holding->tree.needs_link(); });
}

void Tracker::link(Leader* leader) {
  if (options_.posted) {
    if (leader->own.tree.needs_link()) leader->own.tree.link();
    return;
  }
  for (Holding* holding : leader->group->holdings) {
    if (holding->tree.needs_link()) holding->tree.link();
  }
}

// What `leader` holds, once each, or which invariant is broken.
const char* Tracker::check_leader(const Leader& leader, std::vector<uint32_t>* held) const {
  held->clear();
  const auto collect = [&](const Holding& holding) {
    holding.tree.for_each([&](uint32_t id, uint32_t) { held->push_back(id); });
    return holding.tree.check();
  };
  if (options_.posted) return collect(leader.own);
  const ThreadGroup& group = *leader.group;
  if (group.tasks.empty()) return "a group without a task";
  for (const Holding* holding : group.holdings) {
    if (const char* broken = collect(*holding)) return broken;
    if (holding->sole != Holding::kNobody && holding->sole != leader.slot)
      return "a table's sole leader is another's";
    if (holding->sole != Holding::kNobody && holding->uses.size() != 1)
      return "a table with a sole leader is shared";
    if (!holding->is_mm) continue;
    const auto* mm = static_cast<const Mm*>(holding);
    uint32_t vmas = 0;
    mm->tree.for_each([&](uint32_t, uint32_t count) { vmas += count; });
    if (vmas != mm->by_start.size() || vmas != mm->lists.entries())
      return "an mm's VMAs and counts differ";
  }
  std::sort(held->begin(), held->end());
  held->erase(std::unique(held->begin(), held->end()), held->end());
  return nullptr;
}

const char* Tracker::check() const {
  std::unordered_map<uint32_t, uint32_t> holders;  // per buffer id, counted from the holders' side
  std::vector<uint32_t> held;
  const char* broken = nullptr;
  leaders_by_slot_.for_each([&](uint32_t slot, const std::atomic<Leader*>& entry) {
    const Leader* leader = entry.load(std::memory_order_acquire);
    if (leader == nullptr || broken != nullptr) return;
    if (leader->slot != slot) broken = "a leader is not in its slot";
    if (const char* wrong = check_leader(*leader, &held)) broken = wrong;
    for (const uint32_t id : held) {
      holders[id]++;
      if (!buffers_.holders(id).contains(slot)) broken = "a holder is missing from its buffer";
    }
  });
  buffers_.for_each([&](uint32_t id, const Buffer& buffer) {
    const auto counted = holders.find(id);
    if (buffers_.holders(id).size() != (counted == holders.end() ? 0 : counted->second)) {
      broken = "userspace_handles is not the number of leaders that hold the buffer";
    }
    if (!buffer.dangling && buffers_.id_of(buffer.key.load(std::memory_order_relaxed)) != id) {
      broken = "a buffer's key does not lead to it";
    }
  });
  return broken;
}

}  // namespace memtrack

#include "core/handle_tree.h"

#include <algorithm>
#include <numeric>

namespace memtrack {

void HandleTree::changed(uint32_t id) {
  if (eager_) {
    linked_ = true;
    relink(id);
    return;
  }
  // Beyond an eighth of the handles, building anew is cheaper than relinking one by one.
  if (journal_.size() >= 16 + table_.size() / 8) {
    unlink_all();
    return;
  }
  journal_.push_back(id);
}

// Brings the node of `id` in step with the table.
void HandleTree::relink(uint32_t id) {
  packed_ = false;
  const uint32_t node = tree_.find(nodes_, id);
  const bool present = table_.find(id) != nullptr;
  if (present && node == kNilNode) {
    uint32_t i = static_cast<uint32_t>(nodes_.nodes.size());
    if (free_.empty()) {
      nodes_.nodes.push_back({});
    } else {
      i = free_.back();
      free_.pop_back();
    }
    nodes_.nodes[i].id = id;
    tree_.insert(nodes_, i);
  } else if (!present && node != kNilNode) {
    tree_.erase(nodes_, node);
    free_.push_back(node);
  }
}

void HandleTree::link() {
  if (!linked_) {
    rebuild();
    return;
  }
  for (const uint32_t id : journal_) relink(id);
  journal_.clear();
}

namespace {

// Least significant digit first, eight bits at a time, as many digits as the largest id has: ids are small.
void sort_ids(std::vector<uint32_t>& ids, std::vector<uint32_t>& scratch) {
  if (ids.size() < 64) {
    std::sort(ids.begin(), ids.end());
    return;
  }
  scratch.resize(ids.size());
  const uint32_t largest = *std::max_element(ids.begin(), ids.end());
  for (unsigned shift = 0; shift < 32 && (largest >> shift) != 0; shift += 8) {
    uint32_t start[257] = {};
    for (const uint32_t id : ids) start[((id >> shift) & 255) + 1]++;
    for (int d = 0; d < 256; d++) start[d + 1] += start[d];
    for (const uint32_t id : ids) scratch[start[(id >> shift) & 255]++] = id;
    ids.swap(scratch);
  }
}

}  // namespace

// A balanced tree from the sorted ids; node i holds the i-th.
void HandleTree::rebuild() {
  std::vector<uint32_t> ids;
  std::vector<uint32_t> scratch;
  ids.reserve(table_.size());
  table_.for_each([&](uint32_t id, uint32_t) { ids.push_back(id); });
  sort_ids(ids, scratch);
  nodes_.nodes.resize(ids.size());
  for (size_t i = 0; i < ids.size(); i++) nodes_.nodes[i].id = ids[i];
  std::iota(ids.begin(), ids.end(), 0);
  tree_.build_sorted(nodes_, ids);
  free_.clear();
  journal_.clear();
  linked_ = true;
  packed_ = true;
}

void HandleTree::unlink_all() {
  tree_ = {};
  nodes_.nodes.clear();
  free_.clear();
  journal_.clear();
  linked_ = false;
  packed_ = false;
}

void HandleTree::copy_from(const HandleTree& other) {
  table_.copy_from(other.table_);
  if (eager_) rebuild();
}

void HandleTree::clear() {
  table_.clear();
  tree_ = {};
  nodes_.nodes = {};
  free_ = {};
  journal_ = {};
  linked_ = false;
  packed_ = false;
}

size_t HandleTree::bytes() const {
  return table_.bytes() + nodes_.nodes.capacity() * sizeof(Node) +
         (free_.capacity() + journal_.capacity()) * sizeof(uint32_t);
}

const char* HandleTree::check() const {
  auto& nodes = const_cast<Nodes&>(nodes_);
  if (const char* broken = tree_.check(nodes)) return broken;
  uint32_t live = 0;
  const char* broken = nullptr;
  const bool in_step = linked_ && journal_.empty();
  table_.for_each([&](uint32_t id, uint32_t count) {
    live++;
    if (table_.find(id) == nullptr || *table_.find(id) != count)
      broken = "a handle is not where its hash says";
    if (in_step && tree_.find(nodes, id) == kNilNode) broken = "a handle is not linked";
  });
  if (broken != nullptr) return broken;
  if (live != table_.size()) return "the number of handles is wrong";
  if (in_step && tree_.size() != live) return "the tree has a node without a handle";
  return nullptr;
}

}  // namespace memtrack
